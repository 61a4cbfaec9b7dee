//! Collateral as one file, for verifiers that have no network.
//!
//! JSON with members in this order, pieces sorted by their bytes and none twice, so that equal collateral
//! is equal bytes:
//!
//! ```json
//! {"format": "casemate-collateral", "version": 1,
//!  "tcbInfos": [{"json": "the signed text", "signature": "128 hex digits"}],
//!  "qeIdentities": [{"json": "the signed text", "signature": "128 hex digits"}],
//!  "crls": ["base64 of DER"], "certificates": ["base64 of DER"]}
//! ```
//!
//! The file is not signed: each piece is, by its issuer, and is verified when it is put in force
//! ([`Store::offer`](crate::Store::offer)). Refuses unknown members and versions, and what is too long.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64ct::{Base64, Encoding};
use casemate_attest::{Endorsements, SignedJson};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest bundle that is read. Everything Intel publishes takes a few MiB.
pub const MAX_LEN: usize = 64 * 1024 * 1024;

const FORMAT: &str = "casemate-collateral";
const VERSION: u32 = 1;

/// Why bytes are not a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BundleError {
    /// Longer than anything read.
    #[error("the bundle has {found} bytes, more than the {limit} that are read")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
        /// Bytes received.
        found: usize,
    },
    /// Not JSON of this form.
    #[error("the bundle cannot be read: {what}")]
    Json {
        /// What is wrong, and where.
        what: String,
    },
    /// Something else.
    #[error("the bundle is of format {format} version {version}; only {FORMAT} version {VERSION} is read")]
    Format {
        /// The format it states.
        format: String,
        /// The version it states.
        version: u32,
    },
    /// A piece that is not encoded as it should be.
    #[error("piece {index} of the bundle's {member} is not {expected}")]
    Encoding {
        /// Which list.
        member: &'static str,
        /// Its place in it, from 0.
        index: usize,
        /// What it should be.
        expected: &'static str,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    format: String,
    version: u32,
    tcb_infos: Vec<Signed>,
    qe_identities: Vec<Signed>,
    crls: Vec<String>,
    certificates: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    json: String,
    signature: String,
}

/// The DCAP collateral in `endorsements` as a bundle. Signed documents that are not UTF-8 are left out:
/// nobody's are.
#[must_use]
pub fn write(endorsements: &Endorsements) -> Vec<u8> {
    let document = Document {
        format: FORMAT.to_owned(),
        version: VERSION,
        tcb_infos: signed(&endorsements.tcb_infos),
        qe_identities: signed(&endorsements.qe_identities),
        crls: encoded(&endorsements.crls),
        certificates: encoded(&endorsements.certificates),
    };
    serde_json::to_vec(&document).expect("text and numbers are always JSON")
}

/// What a bundle holds. Nothing of it is verified yet.
///
/// # Errors
///
/// Why the bytes are not a bundle.
pub fn read(bytes: &[u8]) -> Result<Endorsements, BundleError> {
    if bytes.len() > MAX_LEN {
        return Err(BundleError::TooLong { limit: MAX_LEN, found: bytes.len() });
    }
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| BundleError::Json { what: error.to_string() })?;
    let Document { format, version, tcb_infos, qe_identities, crls, certificates } = document;
    if format != FORMAT || version != VERSION {
        return Err(BundleError::Format { format: format.chars().take(64).collect(), version });
    }
    Ok(Endorsements {
        tcb_infos: each("tcbInfos", "signed by 128 hex digits", tcb_infos, unsign)?,
        qe_identities: each("qeIdentities", "signed by 128 hex digits", qe_identities, unsign)?,
        crls: each("crls", "base64", crls, |it| Base64::decode_vec(&it).ok())?,
        certificates: each("certificates", "base64", certificates, |it| Base64::decode_vec(&it).ok())?,
        ..Endorsements::none()
    })
}

fn each<T, U>(
    member: &'static str,
    expected: &'static str,
    pieces: Vec<T>,
    decode: impl Fn(T) -> Option<U>,
) -> Result<Vec<U>, BundleError> {
    let wrong = |index| BundleError::Encoding { member, index, expected };
    pieces.into_iter().enumerate().map(|(index, it)| decode(it).ok_or(wrong(index))).collect()
}

fn signed(documents: &[SignedJson]) -> Vec<Signed> {
    let sorted: BTreeSet<_> = documents.iter().map(|it| (&it.json, &it.signature)).collect();
    let text = |(json, signature): (&Vec<u8>, &[u8; 64])| {
        let json = String::from_utf8(json.clone()).ok()?;
        let hex = signature.iter().fold(String::with_capacity(128), |mut hex, byte| {
            // Writing to a string cannot fail.
            _ = write!(hex, "{byte:02x}");
            hex
        });
        Some(Signed { json, signature: hex })
    };
    sorted.into_iter().filter_map(text).collect()
}

fn unsign(signed: Signed) -> Option<SignedJson> {
    let signature: casemate_model::ReportData = signed.signature.parse().ok()?;
    Some(SignedJson { json: signed.json.into_bytes(), signature: signature.0 })
}

fn encoded(pieces: &[Vec<u8>]) -> Vec<String> {
    pieces.iter().collect::<BTreeSet<_>>().into_iter().map(|it| Base64::encode_string(it)).collect()
}
