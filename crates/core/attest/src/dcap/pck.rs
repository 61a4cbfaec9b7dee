//! What Intel certified of a platform: the SGX extension of its PCK certificate, object identifier
//! 1.2.840.113741.1.13.1.
//!
//! Source: Intel SGX PCK Certificate and Certificate Revocation List Profile Specification, 1.3.5. What is
//! not known in it is ignored; what is needed and missing, twice there, or of another size is refused.

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Reader as _, Tag};
use thiserror::Error;

use super::PlatformFlags;
use crate::x509::Certificate;

const EXTENSION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113741.1.13.1");

/// Components of a TCB.
const COMPONENTS: usize = 16;

/// What a PCK certificate says of its platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pck {
    /// The platform (PPID).
    pub ppid: [u8; 16],
    /// The security version of each component of the platform.
    pub tcb_components: [u8; 16],
    /// The security version of the provisioning certification enclave (PCESVN).
    pub pce_svn: u16,
    /// The components' security versions as the processor reports them (CPUSVN).
    pub cpu_svn: [u8; 16],
    /// The provisioning certification enclave (PCE-ID).
    pub pce_id: [u8; 2],
    /// The family of platforms (FMSPC).
    pub fmspc: [u8; 6],
    /// How memory is protected: 0 standard, 1 scalable, 2 scalable with integrity.
    pub sgx_type: u8,
    /// Of a multi-package platform, this combination of packages.
    pub platform_instance_id: Option<[u8; 16]>,
    /// Of a multi-package platform, how it is configured.
    pub flags: PlatformFlags,
}

impl Pck {
    /// Reads the extension of a PCK certificate.
    ///
    /// # Errors
    ///
    /// Where there is none, or it is not as specified.
    pub fn of(certificate: &Certificate) -> Result<Self, PckError> {
        let content = certificate.extension(EXTENSION).ok_or(PckError::Missing { field: "SGX extension" })?;
        Fields::read(content).map_err(|error| PckError::Der { what: error.to_string() })?.finish()
    }
}

/// Why the extension is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PckError {
    /// Not strict DER of what it should be.
    #[error("it cannot be read: {what}")]
    Der {
        /// What is wrong with it.
        what: String,
    },
    /// A field that has to be there.
    #[error("it has no {field}")]
    Missing {
        /// Which.
        field: &'static str,
    },
}

#[derive(Default)]
struct Fields {
    ppid: Option<[u8; 16]>,
    components: [Option<u8>; COMPONENTS],
    pce_svn: Option<u16>,
    cpu_svn: Option<[u8; 16]>,
    pce_id: Option<[u8; 2]>,
    fmspc: Option<[u8; 6]>,
    sgx_type: Option<u8>,
    platform_instance_id: Option<[u8; 16]>,
    flags: PlatformFlags,
}

impl Fields {
    fn read(content: &[u8]) -> der::Result<Self> {
        let mut it = Self::default();
        each(AnyRef::from_der(content)?, &EXTENSION, &mut |arc, value| match arc {
            1 => once(&mut it.ppid, octets(value)?),
            2 => it.read_tcb(value),
            3 => once(&mut it.pce_id, octets(value)?),
            4 => once(&mut it.fmspc, octets(value)?),
            5 => once(&mut it.sgx_type, enumerated(value)?),
            6 => once(&mut it.platform_instance_id, octets(value)?),
            7 => it.read_configuration(value),
            _ => Ok(()),
        })?;
        Ok(it)
    }

    fn read_tcb(&mut self, value: AnyRef<'_>) -> der::Result<()> {
        let parent = EXTENSION.push_arc(2)?;
        each(value, &parent, &mut |arc, value| match arc {
            17 => once(&mut self.pce_svn, value.decode_as()?),
            18 => once(&mut self.cpu_svn, octets(value)?),
            _ => match usize::try_from(arc).ok().and_then(|nth| self.components.get_mut(nth.checked_sub(1)?))
            {
                Some(component) => once(component, value.decode_as()?),
                None => Ok(()),
            },
        })
    }

    fn read_configuration(&mut self, value: AnyRef<'_>) -> der::Result<()> {
        let parent = EXTENSION.push_arc(7)?;
        each(value, &parent, &mut |arc, value| match arc {
            1 => once(&mut self.flags.dynamic_platform, value.decode_as()?),
            2 => once(&mut self.flags.cached_keys, value.decode_as()?),
            3 => once(&mut self.flags.smt_enabled, value.decode_as()?),
            _ => Ok(()),
        })
    }

    fn finish(self) -> Result<Pck, PckError> {
        fn needed<T>(field: &'static str, value: Option<T>) -> Result<T, PckError> {
            value.ok_or(PckError::Missing { field })
        }
        let mut tcb_components = [0; COMPONENTS];
        for (component, found) in tcb_components.iter_mut().zip(self.components) {
            *component = needed("security version of every component", found)?;
        }
        Ok(Pck {
            ppid: needed("PPID", self.ppid)?,
            tcb_components,
            pce_svn: needed("PCESVN", self.pce_svn)?,
            cpu_svn: needed("CPUSVN", self.cpu_svn)?,
            pce_id: needed("PCE-ID", self.pce_id)?,
            fmspc: needed("FMSPC", self.fmspc)?,
            sgx_type: needed("SGX type", self.sgx_type)?,
            platform_instance_id: self.platform_instance_id,
            flags: self.flags,
        })
    }
}

/// Each pair of identifier and value in a sequence, the identifier by its last arc below `parent`. Others
/// are ignored.
fn each<'a>(
    sequence: AnyRef<'a>,
    parent: &ObjectIdentifier,
    read: &mut dyn FnMut(u32, AnyRef<'a>) -> der::Result<()>,
) -> der::Result<()> {
    sequence.sequence(|pairs| {
        while !pairs.is_finished() {
            let pair: AnyRef<'a> = pairs.decode()?;
            let (oid, value) = pair.sequence(|fields| {
                let oid: ObjectIdentifier = fields.decode()?;
                let value: AnyRef<'a> = fields.decode()?;
                Ok::<_, der::Error>((oid, value))
            })?;
            if oid.parent() == Some(*parent) {
                read(oid.arcs().last().unwrap_or_default(), value)?;
            }
        }
        Ok::<_, der::Error>(())
    })
}

/// Refuses the same field twice.
fn once<T>(field: &mut Option<T>, value: T) -> der::Result<()> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(der::ErrorKind::Failed.into()),
    }
}

fn octets<const LEN: usize>(value: AnyRef<'_>) -> der::Result<[u8; LEN]> {
    let octets: &OctetStringRef = value.decode_as()?;
    octets.as_bytes().try_into().map_err(|_| der::ErrorKind::Length { tag: Tag::OctetString }.into())
}

/// An ENUMERATED of one byte.
fn enumerated(value: AnyRef<'_>) -> der::Result<u8> {
    match (der::Tagged::tag(&value), value.value()) {
        (Tag::Enumerated, [byte]) => Ok(*byte),
        (tag, _) => {
            Err(der::ErrorKind::TagUnexpected { expected: Some(Tag::Enumerated), actual: tag }.into())
        }
    }
}
