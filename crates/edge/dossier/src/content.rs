//! What bytes are, told by the bytes.

use casemate_attest::claims::Kind;
use casemate_attest::{CcaAnchor, Evidence, SignedJson, TpmQuote};
use thiserror::Error;

use crate::reference::CcaReferences;
use crate::{binary, decode, json};

/// The longest file that is looked at. Evidence is under 64 KiB, Intel's longest revocation lists and
/// TCB Infos are under 512 KiB.
pub const MAX_FILE_BYTES: usize = 1 << 20;

/// Wrappings within wrappings that are opened: base64 of JSON with base64 of a report in it.
const DEPTH_MAX: u8 = 4;

/// One thing found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Evidence, whole.
    Evidence(Evidence),
    /// A report of Azure's host compatibility layer (HCL), whose TPM quote is elsewhere if anywhere.
    HclReport(Vec<u8>),
    /// A TPM's quote, whose key is elsewhere.
    TpmQuote(TpmQuote),
    /// What is known by its name and never accepted.
    Unsupported(Unsupported),
    /// A certificate, DER.
    Certificate(Vec<u8>),
    /// A revocation list, DER.
    Crl(Vec<u8>),
    /// Intel's TCB Info.
    TcbInfo(SignedJson),
    /// Intel's identity of a quoting enclave.
    QeIdentity(SignedJson),
    /// The key of an Arm CCA platform.
    CcaAnchor(CcaAnchor),
    /// Reference values for Arm CCA.
    CcaReferences(CcaReferences),
}

/// Evidence of a kind that is recognised and refused by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Of which kind, where it is one of those known.
    pub kind: Option<Kind>,
    /// What it is.
    pub what: &'static str,
    /// Why it is refused, or what to send instead.
    pub remedy: &'static str,
    /// As it came.
    pub bytes: Vec<u8>,
}

/// Why a file is of no use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unusable {
    /// Nothing in it.
    #[error("it is empty")]
    Empty,
    /// Longer than anything looked at.
    #[error("it is longer than the {limit} bytes looked at")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// Not anything that is read here.
    #[error(
        "it is no evidence, certificate, revocation list, collateral or reference value that is read here"
    )]
    Unknown,
    /// Of a form that is read, and broken.
    #[error("{what}")]
    Broken {
        /// Where and how.
        what: String,
    },
}

impl Unusable {
    pub(crate) fn broken(what: impl Into<String>) -> Self {
        Self::Broken { what: what.into() }
    }
}

/// Everything in a file, at least one thing.
///
/// # Errors
///
/// Where there is nothing in it that is read here.
pub fn recognise(bytes: &[u8]) -> Result<Vec<Content>, Unusable> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Unusable::TooLong { limit: MAX_FILE_BYTES });
    }
    if bytes.is_empty() {
        return Err(Unusable::Empty);
    }
    within(bytes, DEPTH_MAX)
}

/// The same inside a wrapping; `depth` more may be opened.
pub(crate) fn within(bytes: &[u8], depth: u8) -> Result<Vec<Content>, Unusable> {
    // Binary first: a quote that happens to be text is none, but text in a quote is common.
    if let Some(found) = binary::recognise(bytes)? {
        return Ok(found);
    }
    let Some(depth) = depth.checked_sub(1) else { return Err(Unusable::Unknown) };
    match decode::text(bytes) {
        Some(text) => of_text(text, depth),
        None => Err(Unusable::Unknown),
    }
}

fn of_text(text: &str, depth: u8) -> Result<Vec<Content>, Unusable> {
    if text.starts_with(['{', '[']) {
        return json::recognise(text, depth);
    }
    if text.contains(decode::PEM_BEGIN) {
        return decode::pem(text);
    }
    if let Some(unescaped) = decode::percent(text).filter(|it| it.contains(decode::PEM_BEGIN)) {
        return decode::pem(&unescaped);
    }
    match decode::bytes_of_text(text) {
        Some(bytes) if !bytes.is_empty() => within(&bytes, depth),
        _ => Err(Unusable::Unknown),
    }
}
