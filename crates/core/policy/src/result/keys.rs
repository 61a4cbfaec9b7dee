//! The keys of verifiers: which are trusted, and when.

use std::collections::BTreeMap;

use casemate_model::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::Algorithm;
use super::jws::{decode, encode};

/// A public key of a verifier, and when it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    /// How it signs. A token that says otherwise is refused, whatever it says.
    pub algorithm: Algorithm,
    /// An uncompressed point (SEC 1, 2.3.3), or Ed25519's 32 bytes.
    pub public: Vec<u8>,
    /// Results issued before this are not its: the next key is published ahead of its time.
    pub not_before: Timestamp,
    /// After this it is retired, and verifies nothing.
    pub not_after: Timestamp,
}

/// Keys of verifiers by their `kid`. During a rotation there are two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifierKeys(BTreeMap<String, VerifierKey>);

/// Why keys are not taken. The operator erred.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Not a set of keys (RFC 7517, 5).
    #[error("not a JSON Web Key Set: {cause}")]
    Malformed {
        /// What is wrong.
        cause: String,
    },
    /// Two keys of one name: which of them verifies would be anybody's guess.
    #[error("two keys are called `{kid}`")]
    Duplicate {
        /// The name.
        kid: String,
    },
    /// A key of another kind or length than its algorithm has.
    #[error("the key `{kid}` is not one of {}: {what}", algorithm.as_str())]
    Key {
        /// Its name.
        kid: String,
        /// Its algorithm.
        algorithm: Algorithm,
        /// What is wrong.
        what: &'static str,
    },
    /// A key that is retired before it is used.
    #[error("the key `{kid}` is retired before it counts")]
    NeverValid {
        /// Its name.
        kid: String,
    },
}

/// The longest set of keys that is read.
const MAX_JWKS_BYTES: usize = 64 * 1024;

impl VerifierKeys {
    /// Keys by their `kid`.
    ///
    /// # Errors
    ///
    /// Where two have one name, or one is not of its algorithm.
    pub fn new(keys: impl IntoIterator<Item = (String, VerifierKey)>) -> Result<Self, KeyError> {
        let mut known = BTreeMap::new();
        for (kid, key) in keys {
            let what = match (key.public.len() == key.algorithm.public_key_len(), key.public.first()) {
                (false, _) => Some("it has another length"),
                (true, first) if key.algorithm != Algorithm::EdDsa && first != Some(&4) => {
                    Some("its point is compressed")
                }
                (true, _) => None,
            };
            if let Some(what) = what {
                return Err(KeyError::Key { kid, algorithm: key.algorithm, what });
            }
            if key.not_after < key.not_before {
                return Err(KeyError::NeverValid { kid });
            }
            if known.contains_key(&kid) {
                return Err(KeyError::Duplicate { kid });
            }
            known.insert(kid, key);
        }
        Ok(Self(known))
    }

    /// Reads a JSON Web Key Set. `nbf` and `exp` (seconds since 1970), where a key has them, are when it
    /// counts; without them it always does.
    ///
    /// # Errors
    ///
    /// Where it is no set of keys, or one of them is not of an algorithm known here.
    pub fn from_jwks(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() > MAX_JWKS_BYTES {
            return Err(KeyError::Malformed { cause: format!("more than {MAX_JWKS_BYTES} bytes") });
        }
        let set: Jwks = serde_json::from_slice(bytes)
            .map_err(|error| KeyError::Malformed { cause: error.to_string() })?;
        Self::new(set.keys.into_iter().map(Jwk::key).collect::<Result<Vec<_>, _>>()?)
    }

    /// As a JSON Web Key Set, to be published.
    #[must_use]
    pub fn to_jwks(&self) -> Value {
        json!({ "keys": self.0.iter().map(|(kid, key)| jwk(kid, key)).collect::<Vec<_>>() })
    }

    pub(crate) fn get(&self, kid: &str) -> Option<&VerifierKey> {
        self.0.get(kid)
    }
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

/// A key (RFC 7517, RFC 8037). Members not listed say nothing that matters here.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    kid: String,
    alg: Option<Algorithm>,
    x: String,
    y: Option<String>,
    nbf: Option<u64>,
    exp: Option<u64>,
}

impl Jwk {
    fn key(self) -> Result<(String, VerifierKey), KeyError> {
        let Self { kty, crv, kid, alg, x, y, nbf, exp } = self;
        let algorithm = match (kty.as_str(), crv.as_str()) {
            ("EC", "P-256") => Algorithm::Es256,
            ("EC", "P-384") => Algorithm::Es384,
            ("OKP", "Ed25519") => Algorithm::EdDsa,
            _ => return Err(KeyError::Malformed { cause: format!("the key `{kid}` is of no known kind") }),
        };
        let wrong = |what| KeyError::Key { kid: kid.clone(), algorithm, what };
        if alg.is_some_and(|alg| alg != algorithm) {
            return Err(wrong("`alg` says another"));
        }
        let part = |text: &str| decode(text).ok_or_else(|| wrong("a coordinate is not base64url"));
        let mut public = Vec::with_capacity(algorithm.public_key_len());
        match (algorithm, &y) {
            (Algorithm::EdDsa, None) => public = part(&x)?,
            (Algorithm::EdDsa, Some(_)) => return Err(wrong("it has a second coordinate")),
            (_, None) => return Err(wrong("it has no second coordinate")),
            (_, Some(y)) => {
                let (x, y) = (part(&x)?, part(y)?);
                if x.len() != y.len() {
                    return Err(wrong("its coordinates differ in length"));
                }
                public.push(4);
                public.extend(x);
                public.extend(y);
            }
        }
        let at = |seconds: Option<u64>, otherwise| seconds.map_or(otherwise, Timestamp::from_unix_secs);
        let (not_before, not_after) = (at(nbf, Timestamp(0)), at(exp, Timestamp(u64::MAX)));
        Ok((kid, VerifierKey { algorithm, public, not_before, not_after }))
    }
}

fn jwk(kid: &str, key: &VerifierKey) -> Value {
    let VerifierKey { algorithm, public, not_before, not_after } = key;
    let mut jwk = match algorithm {
        Algorithm::EdDsa => json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(public) }),
        Algorithm::Es256 | Algorithm::Es384 => {
            let point = public.get(1..).unwrap_or_default();
            let (x, y) = point.split_at(point.len() / 2);
            let crv = if *algorithm == Algorithm::Es256 { "P-256" } else { "P-384" };
            json!({ "kty": "EC", "crv": crv, "x": encode(x), "y": encode(y) })
        }
    };
    jwk["kid"] = kid.into();
    jwk["alg"] = algorithm.as_str().into();
    jwk["use"] = "sig".into();
    if *not_before > Timestamp(0) {
        jwk["nbf"] = not_before.as_unix_secs().into();
    }
    if *not_after < Timestamp(u64::MAX) {
        jwk["exp"] = not_after.as_unix_secs().into();
    }
    jwk
}
