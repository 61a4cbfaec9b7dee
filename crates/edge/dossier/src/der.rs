//! Certificates and revocation lists in DER, told apart by what they parse as.

use casemate_attest::Evidence;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::{Certificate, crl::CertificateList};

use crate::binary;
use crate::content::Content;
use crate::decode;

/// DER's tag of a SEQUENCE.
const SEQUENCE: u8 = 0x30;
/// Most names of a certificate that are looked into.
const NAMES_MAX: usize = 256;
/// The longest label of a DNS name (RFC 1035, 2.3.4), which not every maker keeps to.
const LABEL_MAX: usize = 63;

/// What a DER file holds. `None` where it is neither certificate nor list.
pub(crate) fn recognise(bytes: &[u8]) -> Option<Vec<Content>> {
    if bytes.first() != Some(&SEQUENCE) {
        return None;
    }
    certificate(bytes).or_else(|| crl(bytes).map(|list| vec![list]))
}

/// A certificate, or the Nitro document in it: TLS certificates of enclaves carry it, in hex, as a
/// name of their subject.
pub(crate) fn certificate(bytes: &[u8]) -> Option<Vec<Content>> {
    let certificate = Certificate::from_der(bytes).ok()?;
    match embedded_document(&certificate) {
        Some(document) => Some(vec![Content::Evidence(Evidence::NitroDocument(document))]),
        None => Some(vec![Content::Certificate(bytes.to_vec())]),
    }
}

/// A revocation list.
pub(crate) fn crl(bytes: &[u8]) -> Option<Content> {
    let _: CertificateList = CertificateList::from_der(bytes).ok()?;
    Some(Content::Crl(bytes.to_vec()))
}

/// The document whose hex digits stand in front of the first dot of a DNS name. A name may be cut into
/// labels of 63 characters, which then are all digits.
fn embedded_document(certificate: &Certificate) -> Option<Vec<u8>> {
    let (_, names) = certificate.tbs_certificate().get_extension::<SubjectAltName>().ok()??;
    names.0.iter().take(NAMES_MAX).find_map(|name| {
        let GeneralName::DnsName(name) = name else { return None };
        let document = longest_hex(name.as_str())?;
        binary::is_nitro(&document).then_some(document)
    })
}

fn longest_hex(name: &str) -> Option<Vec<u8>> {
    let mut labels = name.split('.');
    let first = labels.next()?;
    if first.len() > LABEL_MAX {
        return decode::bytes_of_hex(first);
    }
    let rest = labels.take_while(|label| label.bytes().all(|byte| byte.is_ascii_hexdigit()));
    decode::bytes_of_hex(&std::iter::once(first).chain(rest).collect::<String>())
}
