//! Certificates and revocation lists, field by field (RFC 5280).

use std::fmt::Write as _;

use casemate_attest::inspect::Field;
use der::{Decode as _, Encode as _, Tagged as _, asn1::ObjectIdentifier};
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints, KeyUsage, SubjectAltName,
    SubjectKeyIdentifier,
};

/// Object identifiers that evidence has, by name.
const NAMES: [(&str, &str); 22] = [
    ("1.2.840.10045.2.1", "EC public key"),
    ("1.2.840.10045.4.3.2", "ECDSA with SHA-256"),
    ("1.2.840.10045.4.3.3", "ECDSA with SHA-384"),
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.113549.1.1.11", "RSASSA-PKCS1-v1_5 with SHA-256"),
    ("1.2.840.113549.1.1.12", "RSASSA-PKCS1-v1_5 with SHA-384"),
    ("2.5.29.14", "subject key identifier"),
    ("2.5.29.15", "key usage"),
    ("2.5.29.17", "subject alternative name"),
    ("2.5.29.19", "basic constraints"),
    ("2.5.29.20", "CRL number"),
    ("2.5.29.31", "CRL distribution points"),
    ("2.5.29.35", "authority key identifier"),
    ("1.2.840.113741.1.13.1", "Intel SGX extensions"),
    ("1.3.6.1.4.1.3704.1.1", "AMD structure version"),
    ("1.3.6.1.4.1.3704.1.2", "AMD product name"),
    ("1.3.6.1.4.1.3704.1.3.1", "AMD boot loader version"),
    ("1.3.6.1.4.1.3704.1.3.2", "AMD TEE version"),
    ("1.3.6.1.4.1.3704.1.3.3", "AMD SNP firmware version"),
    ("1.3.6.1.4.1.3704.1.3.8", "AMD microcode version"),
    ("1.3.6.1.4.1.3704.1.4", "AMD hardware ID"),
];

/// Most entries of a list that are shown.
const ENTRIES_SHOWN: usize = 1000;

/// A certificate's fields.
pub(super) fn certificate(der: &[u8]) -> Result<Vec<Field>, der::Error> {
    let certificate = Certificate::from_der(der)?;
    let tbs = certificate.tbs_certificate();
    let key = tbs.subject_public_key_info();
    let mut fields = vec![
        Field::new("version", format!("{:?}", tbs.version()).to_lowercase()),
        Field::hex("serial number", tbs.serial_number().as_bytes()),
        Field::new("issuer", tbs.issuer().to_string()),
        Field::new("not before", tbs.validity().not_before.to_string()),
        Field::new("not after", tbs.validity().not_after.to_string()),
        Field::new("subject", tbs.subject().to_string()),
        oid("public key algorithm", &key.algorithm.oid),
        Field::hex("public key", key.subject_public_key.raw_bytes()),
    ];
    let extensions = tbs.extensions().into_iter().flatten().map(extension).collect();
    fields.push(Field::group("extensions", extensions));
    fields.push(oid("signature algorithm", &certificate.signature_algorithm().oid));
    fields.push(Field::hex("signature", certificate.signature().raw_bytes()));
    Ok(fields)
}

/// Certificates that came with something else.
pub(super) fn certificates(ders: &[Vec<u8>]) -> Vec<Field> {
    let shown = |der: &Vec<u8>| match certificate(der) {
        Ok(fields) => Field::group("certificate", fields),
        Err(error) => Field::hex("certificate", der).meaning(error.to_string()),
    };
    ders.iter().map(shown).collect()
}

/// A revocation list's fields.
pub(super) fn crl(der: &[u8]) -> Result<Vec<Field>, der::Error> {
    let list: CertificateList = CertificateList::from_der(der)?;
    let tbs = &list.tbs_cert_list;
    let revoked: Vec<_> = tbs.revoked_certificates.iter().flatten().collect();
    let entry = |it: &&x509_cert::crl::RevokedCert| {
        Field::hex("serial number", it.serial_number.as_bytes())
            .meaning(format!("revoked {}", it.revocation_date))
    };
    let mut entries: Vec<_> = revoked.iter().take(ENTRIES_SHOWN).map(entry).collect();
    if let Some(more) = revoked.len().checked_sub(ENTRIES_SHOWN).filter(|more| *more > 0) {
        entries.push(Field::new("further entries", more.to_string()));
    }
    let mut fields = vec![
        Field::new("issuer", tbs.issuer.to_string()),
        Field::new("this update", tbs.this_update.to_string()),
        Field::new("next update", tbs.next_update.map_or("(none)".to_owned(), |it| it.to_string())),
        Field { value: revoked.len().to_string(), ..Field::group("revoked certificates", entries) },
    ];
    let extensions = tbs.crl_extensions.iter().flatten().map(extension).collect();
    fields.push(Field::group("extensions", extensions));
    fields.push(oid("signature algorithm", &list.signature_algorithm.oid));
    fields.push(Field::hex("signature", list.signature.raw_bytes()));
    Ok(fields)
}

fn oid(name: &str, oid: &ObjectIdentifier) -> Field {
    let text = oid.to_string();
    let field = Field::new(name, text.as_str());
    match NAMES.iter().find(|(known, _)| *known == text) {
        Some((_, meaning)) => field.meaning(*meaning),
        None => field,
    }
}

fn extension(extension: &Extension) -> Field {
    let text = extension.extn_id.to_string();
    let known = NAMES.iter().find(|(known, _)| *known == text).map_or("extension", |(_, name)| name);
    let critical = if extension.critical { " (critical)" } else { "" };
    let name = format!("{known} {text}{critical}");
    let value = extension.extn_value.as_bytes();
    let field = Field::hex(name, value);
    match meaning(&text, value) {
        Some(meaning) => field.meaning(meaning),
        None => field,
    }
}

/// What an extension's value says, where that is short.
fn meaning(oid: &str, value: &[u8]) -> Option<String> {
    match oid {
        "2.5.29.19" => {
            let it = BasicConstraints::from_der(value).ok()?;
            let path =
                it.path_len_constraint.map(|it| format!(", at most {it} below it")).unwrap_or_default();
            Some(format!("{}{path}", if it.ca { "a CA" } else { "no CA" }))
        }
        "2.5.29.15" => {
            let usage = KeyUsage::from_der(value).ok()?;
            let names = [
                ("digitalSignature", usage.digital_signature()),
                ("nonRepudiation", usage.non_repudiation()),
                ("keyCertSign", usage.key_cert_sign()),
                ("cRLSign", usage.crl_sign()),
            ];
            Some(names.iter().filter(|it| it.1).map(|it| it.0).collect::<Vec<_>>().join(", "))
        }
        "2.5.29.14" => {
            Some(casemate_attest::inspect::hex(SubjectKeyIdentifier::from_der(value).ok()?.0.as_bytes()))
        }
        "2.5.29.35" => {
            let id = AuthorityKeyIdentifier::from_der(value).ok()?.key_identifier?;
            Some(casemate_attest::inspect::hex(id.as_bytes()))
        }
        "2.5.29.17" => {
            let names = SubjectAltName::from_der(value).ok()?;
            Some(format!("{} names", names.0.len()))
        }
        "2.5.29.31" => {
            let points = CrlDistributionPoints::from_der(value).ok()?;
            Some(format!("{} places", points.0.len()))
        }
        _ if oid.starts_with("1.3.6.1.4.1.3704.1.") => amd(value),
        "1.2.840.113741.1.13.1" => Some(intel(value)),
        _ => None,
    }
}

/// A value of AMD's: INTEGER, IA5String, or bare bytes.
fn amd(value: &[u8]) -> Option<String> {
    if let Ok(number) = u64::from_der(value) {
        return Some(number.to_string());
    }
    let text = der::asn1::Ia5StringRef::from_der(value).ok()?;
    Some(text.as_str().to_owned())
}

/// One of Intel's SGX extensions: an identifier and a value, which may be such a sequence itself.
#[derive(der::Sequence)]
struct Pair<'a> {
    id: ObjectIdentifier,
    value: der::AnyRef<'a>,
}

/// Below this every identifier of Intel's SGX extensions stands.
const INTEL_ARC: &str = "1.2.840.113741.1.13.1.";

/// Intel's extensions (Intel SGX PCK certificate specification, 1.3.5), by the end of their identifiers.
fn intel(value: &[u8]) -> String {
    let mut said = String::new();
    intel_pairs(value, &mut said, 0);
    said
}

fn intel_pairs(value: &[u8], said: &mut String, depth: u8) {
    let Ok(pairs) = Vec::<Pair<'_>>::from_der(value) else { return };
    for Pair { id, value } in &pairs {
        let id = id.to_string();
        let name = match id.strip_prefix(INTEL_ARC) {
            Some("1") => "PPID",
            Some("2") => "TCB",
            Some("3") => "PCE-ID",
            Some("4") => "FMSPC",
            Some("5") => "SGX type",
            Some("6") => "platform instance ID",
            Some("7") => "configuration",
            Some("2.17") => "PCESVN",
            Some("2.18") => "CPUSVN",
            Some(other) => other,
            None => id.as_str(),
        };
        match value.tag() {
            der::Tag::Sequence if depth == 0 => {
                if let Ok(inner) = value.to_der() {
                    intel_pairs(&inner, said, depth.saturating_add(1));
                }
            }
            // Writing to a String cannot fail.
            _ => {
                let comma = if said.is_empty() { "" } else { ", " };
                let _ = write!(said, "{comma}{name} {}", casemate_attest::inspect::hex(value.value()));
            }
        }
    }
}
