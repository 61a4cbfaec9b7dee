//! Collateral for DCAP: responses of Intel's Provisioning Certification Service (PCS, API versions 3 and
//! 4), and the collection that quote verifiers exchange (`QuoteCollateralV3`).

use casemate_attest::SignedJson;
use serde_json::{Map, Value};

use super::span;
use crate::content::{Content, Unusable};
use crate::decode;

/// What is made of a signed document.
type Make = fn(SignedJson) -> Content;

/// A response with one signed member: `{"tcbInfo": …, "signature": "…"}` or `{"enclaveIdentity": …}`.
/// What is signed is the member's text as it stands there.
pub(super) fn response(text: &str, object: &Map<String, Value>) -> Result<Option<Vec<Content>>, Unusable> {
    for (name, make) in [("tcbInfo", Content::TcbInfo as Make), ("enclaveIdentity", Content::QeIdentity)] {
        if object.get(name).is_some_and(Value::is_object) {
            let json = span::member(text, name)
                .ok_or_else(|| Unusable::broken(format!("`{name}` is not found in its own text")))?;
            let signature = signature(object, "signature")?;
            return Ok(Some(vec![make(SignedJson { json: json.as_bytes().to_vec(), signature })]));
        }
    }
    Ok(None)
}

/// A collection: what is signed is text within text.
pub(super) fn collateral(object: &Map<String, Value>) -> Result<Option<Vec<Content>>, Unusable> {
    const SIGNED: [(&str, &str, Make); 2] = [
        ("tcb_info", "tcb_info_signature", Content::TcbInfo),
        ("qe_identity", "qe_identity_signature", Content::QeIdentity),
    ];
    const CHAINS: [&str; 4] = [
        "pck_crl_issuer_chain",
        "tcb_info_issuer_chain",
        "qe_identity_issuer_chain",
        "pck_certificate_chain",
    ];
    const LISTS: [&str; 2] = ["root_ca_crl", "pck_crl"];

    let names = SIGNED.iter().map(|it| it.0).chain(CHAINS).chain(LISTS);
    if names.filter(|name| object.contains_key(*name)).count() < 2 {
        return Ok(None);
    }
    let mut found = Vec::new();
    for (name, signature_name, make) in SIGNED {
        match object.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(json)) => {
                let signature = signature(object, signature_name)?;
                found.push(make(SignedJson { json: json.as_bytes().to_vec(), signature }));
            }
            Some(_) => {
                let what = format!("`{name}` has to be text, as its exact bytes are signed");
                return Err(Unusable::broken(what));
            }
        }
    }
    for name in CHAINS {
        if let Some(chain) = object.get(name).and_then(Value::as_str).filter(|it| !it.is_empty()) {
            found.extend(of_text(name, chain)?);
        }
    }
    for name in LISTS {
        match object.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(list)) if list.is_empty() => {}
            Some(Value::String(list)) => found.extend(of_text(name, list)?),
            Some(list) => {
                let der = super::bytes(list).ok_or_else(|| not_read(name))?;
                found.extend(crate::content::within(&der, 1).map_err(|_| not_read(name))?);
            }
        }
    }
    Ok(Some(found))
}

/// Certificates and lists as text: PEM, or DER in hex or base64.
fn of_text(name: &str, text: &str) -> Result<Vec<Content>, Unusable> {
    crate::content::within(text.as_bytes(), 2).map_err(|_| not_read(name))
}

fn not_read(name: &str) -> Unusable {
    Unusable::broken(format!("`{name}` is neither PEM nor DER in hex or base64"))
}

fn signature(object: &Map<String, Value>, name: &str) -> Result<[u8; 64], Unusable> {
    let bytes = match object.get(name) {
        Some(Value::String(digits)) => decode::bytes_of_hex(digits).or_else(|| decode::bytes_of_text(digits)),
        Some(value) => super::bytes(value),
        None => return Err(Unusable::broken(format!("`{name}` is missing"))),
    };
    bytes
        .and_then(|it| it.try_into().ok())
        .ok_or_else(|| Unusable::broken(format!("`{name}` is no ECDSA P-256 signature: 64 bytes in hex")))
}
