//! Google's extension of a vTPM key's certificate, 1.3.6.1.4.1.11129.2.1.21: which VM the vTPM is of.
//!
//! ```text
//! InstanceInfo ::= SEQUENCE {
//!   zone UTF8String, projectNumber INTEGER, projectID UTF8String, instanceID INTEGER,
//!   instanceName UTF8String, securityProperties [0] EXPLICIT SecurityProperties OPTIONAL }
//! SecurityProperties ::= SEQUENCE {
//!   securityVersion [0] EXPLICIT INTEGER OPTIONAL, isProduction [1] EXPLICIT BOOLEAN OPTIONAL, ... }
//! ```

use der::asn1::{AnyRef, PrintableStringRef, Utf8StringRef};
use der::oid::ObjectIdentifier;
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

use super::VtpmFault;
use crate::claims::GceBody;
use crate::x509::Certificate;

const OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.1.21");

/// Reads the extension. One that says that the VM is none of production is refused.
pub(crate) fn of(certificate: &Certificate) -> Result<GceBody, VtpmFault> {
    let (body, is_production) = stated(certificate)?;
    if is_production == Some(false) { Err(VtpmFault::NotProduction) } else { Ok(body) }
}

/// What the extension states, and whether it states that the VM is one of production.
pub(crate) fn stated(certificate: &Certificate) -> Result<(GceBody, Option<bool>), VtpmFault> {
    let content = certificate.extension(OID).ok_or(VtpmFault::InstanceInfo { what: "it is absent" })?;
    read(content).map_err(|_| VtpmFault::InstanceInfo { what: "it is not strict DER of it" })
}

fn read(content: &[u8]) -> der::Result<(GceBody, Option<bool>)> {
    let mut reader = SliceReader::new(content)?;
    let info = reader.sequence(|fields| {
        let body = GceBody {
            zone: text(fields)?,
            project_number: u64::decode(fields)?,
            project_id: text(fields)?,
            instance_id: u64::decode(fields)?,
            instance_name: text(fields)?,
        };
        let is_production = if fields.is_finished() { None } else { is_production(fields.decode()?)? };
        Ok::<_, der::Error>((body, is_production))
    })?;
    reader.finish()?;
    Ok(info)
}

/// Of the security properties only one decides anything; those after it are about disks and memory.
fn is_production(properties: AnyRef<'_>) -> der::Result<Option<bool>> {
    if tagged(&properties) != Some(TagNumber(0)) {
        return Err(properties.tag().value_error().into());
    }
    let mut reader = SliceReader::new(properties.value())?;
    let found = reader.sequence(|fields| {
        let mut found = None;
        while !fields.is_finished() {
            let field = AnyRef::decode(fields)?;
            if tagged(&field) == Some(TagNumber(1)) {
                found = Some(bool::from_der(field.value())?);
            }
        }
        Ok::<_, der::Error>(found)
    })?;
    reader.finish()?;
    Ok(found)
}

fn tagged(value: &AnyRef<'_>) -> Option<TagNumber> {
    match value.tag() {
        Tag::ContextSpecific { number, constructed: true } => Some(number),
        _ => None,
    }
}

/// Either kind of string that Go's encoder makes of one.
fn text<'a>(reader: &mut impl Reader<'a>) -> der::Result<String> {
    match Tag::peek(reader)? {
        Tag::PrintableString => Ok(PrintableStringRef::decode(reader)?.as_str().to_owned()),
        _ => Ok(Utf8StringRef::decode(reader)?.as_str().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a`, 1, `b`, 2, `c`, and after them `properties`.
    fn info(properties: &[u8]) -> Vec<u8> {
        let body = [&[12, 1, b'a', 2, 1, 1, 12, 1, b'b', 2, 1, 2, 19, 1, b'c'], properties].concat();
        [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat()
    }

    #[test]
    fn a_vm_is_named_with_and_without_security_properties() {
        let (body, is_production) = read(&info(&[])).unwrap();
        assert_eq!((body.zone.as_str(), body.project_number, body.project_id.as_str()), ("a", 1, "b"));
        assert_eq!((body.instance_id, body.instance_name.as_str(), is_production), (2, "c", None));
        for (byte, says) in [(0xff, true), (0, false)] {
            let properties = [0xa0, 12, 0x30, 10, 0xa0, 3, 2, 1, 0, 0xa1, 3, 1, 1, byte];
            assert_eq!(read(&info(&properties)).unwrap().1, Some(says));
        }
    }

    #[test]
    fn instance_information_cut_anywhere_is_refused() {
        let whole = info(&[0xa0, 7, 0x30, 5, 0xa1, 3, 1, 1, 0xff]);
        assert!(read(&whole).is_ok());
        for len in 0..whole.len() {
            assert!(read(&whole[..len]).is_err(), "{len}");
        }
        assert!(read(&[&whole[..], &[0]].concat()).is_err());
    }
}
