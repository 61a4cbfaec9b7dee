//! Verifying a result's signature and reading what it says.

use casemate_model::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

use super::ear::PROFILE;
use super::jws::{Header, TYPE, decode};
use super::{Algorithm, VerifierKeys};

/// The longest token that is looked at: the claims of the longest evidence, in hex, in base64.
pub const MAX_TOKEN_BYTES: usize = 256 * 1024;
/// The longest header.
const MAX_HEADER_BYTES: usize = 1024;

/// A result whose signature is that of a trusted key, and which is valid at the instant asked for. What
/// it says may be a refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// The key that signed.
    pub kid: String,
    /// What it says.
    pub payload: Map<String, Value>,
    /// When it was issued.
    pub issued: Timestamp,
    /// The first instant at which it is not valid any more.
    pub expires: Timestamp,
}

/// Why a token is not a valid result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// Longer than anything looked at.
    #[error("the token has {found} bytes, more than {MAX_TOKEN_BYTES}")]
    TooLong {
        /// Its length.
        found: usize,
    },
    /// Not three parts of base64url.
    #[error("the token is not a JWT: {what}")]
    Form {
        /// What is wrong.
        what: &'static str,
    },
    /// A header that no result made here has. `alg: none` is one.
    #[error("the token's header is not that of a result: {cause}")]
    Header {
        /// What is wrong.
        cause: String,
    },
    /// Signed by nobody known.
    #[error("the key `{kid}` is not among the verifier's keys; fetch them again, or do not trust it")]
    UnknownKey {
        /// The key it names.
        kid: String,
    },
    /// Says it is signed otherwise than the key signs.
    #[error("the token says {}, but the key `{kid}` is for {}", found.as_str(), expected.as_str())]
    Algorithm {
        /// The key.
        kid: String,
        /// How the key signs.
        expected: Algorithm,
        /// What the token says.
        found: Algorithm,
    },
    /// Not signed by the key, or changed since.
    #[error("the token's signature is not that of the key `{kid}`")]
    Signature {
        /// The key.
        kid: String,
    },
    /// Signed, but not a result.
    #[error("the token is signed, but is no result: {cause}")]
    Payload {
        /// What is wrong.
        cause: String,
    },
    /// A key that is retired, or did not count yet.
    #[error("the key `{kid}` counts from {not_before} to {not_after}: issued at {issued}, and it is {now}")]
    KeyTime {
        /// The key.
        kid: String,
        /// When it counts from.
        not_before: Timestamp,
        /// Its last instant.
        not_after: Timestamp,
        /// When the token was issued.
        issued: Timestamp,
        /// The instant asked for.
        now: Timestamp,
    },
    /// Issued in the future.
    #[error("the result was issued at {issued}, and it is {now}; is the clock right?")]
    NotYetValid {
        /// When it was issued.
        issued: Timestamp,
        /// The instant asked for.
        now: Timestamp,
    },
    /// No longer valid.
    #[error("the result expired at {expires}, and it is {now}; attest again")]
    Expired {
        /// When it expired.
        expires: Timestamp,
        /// The instant asked for.
        now: Timestamp,
    },
}

/// Verifies a token's signature and dates, and reads it.
///
/// # Errors
///
/// Why it is not a valid result.
pub fn open(token: &str, keys: &VerifierKeys, now: Timestamp) -> Result<Opened, OpenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(OpenError::TooLong { found: token.len() });
    }
    let form = |what| OpenError::Form { what };
    let (signed, signature) = token.rsplit_once('.').ok_or(form("it has no signature"))?;
    let (header, payload) = signed.split_once('.').ok_or(form("it has no payload"))?;
    if header.len() > MAX_HEADER_BYTES {
        return Err(OpenError::Header { cause: format!("more than {MAX_HEADER_BYTES} bytes") });
    }
    let header = decode(header).ok_or(form("its header is not base64url"))?;
    let Header { alg, kid, typ } =
        serde_json::from_slice(&header).map_err(|error| OpenError::Header { cause: error.to_string() })?;
    if typ != TYPE {
        return Err(OpenError::Header { cause: format!("its type is not `{TYPE}`") });
    }
    let Some(key) = keys.get(&kid) else { return Err(OpenError::UnknownKey { kid }) };
    if key.algorithm != alg {
        return Err(OpenError::Algorithm { kid, expected: key.algorithm, found: alg });
    }
    let payload = decode(payload).ok_or(form("its payload is not base64url"))?;
    let signature = decode(signature).ok_or(form("its signature is not base64url"))?;
    if !alg.verifies(&key.public, signed.as_bytes(), &signature) {
        return Err(OpenError::Signature { kid });
    }
    let (payload, dated) = read(&payload)?;
    let (issued, expires) = (Timestamp::from_unix_secs(dated.iat), Timestamp::from_unix_secs(dated.exp));
    let (not_before, not_after) = (key.not_before, key.not_after);
    if issued < not_before || now > not_after {
        return Err(OpenError::KeyTime { kid, not_before, not_after, issued, now });
    }
    if now < issued {
        return Err(OpenError::NotYetValid { issued, now });
    }
    if now >= expires {
        return Err(OpenError::Expired { expires, now });
    }
    Ok(Opened { kid, payload, issued, expires })
}

/// The members without which a result is none. One that stands twice is refused.
#[derive(Deserialize)]
struct Dated {
    eat_profile: String,
    iat: u64,
    exp: u64,
}

fn read(payload: &[u8]) -> Result<(Map<String, Value>, Dated), OpenError> {
    let refused = |error: serde_json::Error| OpenError::Payload { cause: error.to_string() };
    let dated: Dated = serde_json::from_slice(payload).map_err(refused)?;
    if dated.eat_profile != PROFILE {
        return Err(OpenError::Payload { cause: format!("its profile is not `{PROFILE}`") });
    }
    Ok((serde_json::from_slice(payload).map_err(refused)?, dated))
}
