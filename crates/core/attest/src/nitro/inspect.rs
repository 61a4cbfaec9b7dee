//! A Nitro attestation document as people read it.

use super::NitroFault;
use super::document::Document;
use crate::cose::Sign1;
use crate::inspect::Field;
use crate::x509::Certificate;

/// Every field of a document, which is not verified.
///
/// # Errors
///
/// Where the bytes are not a document that is read here.
pub fn inspect(bytes: &[u8]) -> Result<Vec<Field>, NitroFault> {
    let signed = Sign1::parse(bytes).map_err(NitroFault::Cose)?;
    let document = Document::parse(&signed.payload)?;
    let registers = document.pcrs.iter().map(|(index, value)| {
        let field = Field::hex(format!("PCR{index}"), value.as_bytes());
        match register_name(*index) {
            Some(name) => field.meaning(name),
            None => field,
        }
    });
    let bundle = match &document.cabundle {
        None => Field::new("cabundle", "null"),
        Some(certificates) => {
            Field::group("cabundle", certificates.iter().map(|it| certificate("certificate", it)).collect())
        }
    };
    Ok(vec![
        Field::new("algorithm", signed.algorithm_name()),
        Field::new("module_id", document.module_id),
        Field::new("digest", "SHA384"),
        Field::new("timestamp", (document.timestamp.0 / 1_000_000).to_string())
            .meaning(document.timestamp.to_string()),
        Field::group("pcrs", registers.collect()),
        certificate("certificate", &document.certificate),
        bundle,
        optional("public_key", document.public_key.as_deref()),
        optional("user_data", document.user_data.as_deref()),
        optional("nonce", document.nonce.as_deref()),
    ])
}

const fn register_name(index: u8) -> Option<&'static str> {
    match index {
        0 => Some("enclave image"),
        1 => Some("kernel and boot ramdisk"),
        2 => Some("application"),
        3 => Some("IAM role of the instance"),
        4 => Some("instance"),
        8 => Some("signer of the enclave image"),
        _ => None,
    }
}

fn certificate(name: &str, der: &[u8]) -> Field {
    let field = Field::hex(name, der);
    let Ok(certificate) = Certificate::parse(der) else { return field.meaning("not a certificate") };
    let subject = certificate.common_name().unwrap_or("no common name");
    field.meaning(format!("{subject}, {} to {}", certificate.not_before(), certificate.not_after()))
}

fn optional(name: &str, bytes: Option<&[u8]>) -> Field {
    bytes.map_or_else(|| Field::new(name, "null"), |it| Field::hex(name, it))
}
