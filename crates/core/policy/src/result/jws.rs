//! JSON Web Signature, compact form (RFC 7515), as far as results need it.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A signature algorithm (RFC 7518, 3.1; RFC 8037). There is no `none`, and no shared secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// ECDSA on P-384 with SHA-384.
    #[serde(rename = "ES384")]
    Es384,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// The name in a token's header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Bytes of a signature: r, then s; or R, then S.
    #[must_use]
    pub const fn signature_len(self) -> usize {
        match self {
            Self::Es256 | Self::EdDsa => 64,
            Self::Es384 => 96,
        }
    }

    /// Bytes of a public key: an uncompressed point, or Ed25519's encoding.
    #[must_use]
    pub const fn public_key_len(self) -> usize {
        match self {
            Self::Es256 => 65,
            Self::Es384 => 97,
            Self::EdDsa => 32,
        }
    }

    /// Whether the signature is this key's over this message.
    pub(crate) fn verifies(self, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &'static dyn VerificationAlgorithm = match self {
            Self::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
            Self::Es384 => &signature::ECDSA_P384_SHA384_FIXED,
            Self::EdDsa => &signature::ED25519,
        };
        signature.len() == self.signature_len()
            && UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
    }
}

/// Whoever signs results. The shell has the key, wherever it is kept.
pub trait Signer {
    /// How it signs.
    fn algorithm(&self) -> Algorithm;

    /// Which key it signs with: the `kid` that verifiers look it up by.
    fn kid(&self) -> &str;

    /// A signature over the message, of [`Algorithm::signature_len`] bytes.
    ///
    /// # Errors
    ///
    /// Where the key cannot be used.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// A result was not signed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the result could not be signed with the key `{kid}`: {cause}")]
pub struct SignError {
    /// Which key.
    pub kid: String,
    /// What went wrong.
    pub cause: String,
}

/// The media type of a result (RFC 9782).
pub(crate) const TYPE: &str = "eat+jwt";

/// A token's header. Members there are no others, so that nothing in one can name a key, an address or
/// an extension.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) alg: Algorithm,
    pub(crate) kid: String,
    pub(crate) typ: String,
}

/// Signs a payload.
pub(crate) fn sign(payload: &str, signer: &dyn Signer) -> Result<String, SignError> {
    let (alg, kid) = (signer.algorithm(), signer.kid().to_owned());
    let failed = |cause: String| SignError { kid: signer.kid().to_owned(), cause };
    let header = Header { alg, kid, typ: TYPE.to_owned() };
    let header = serde_json::to_string(&header).map_err(|error| failed(error.to_string()))?;
    let mut token = Base64UrlUnpadded::encode_string(header.as_bytes());
    token.push('.');
    token.push_str(&Base64UrlUnpadded::encode_string(payload.as_bytes()));
    let signature = signer.sign(token.as_bytes())?;
    if signature.len() != alg.signature_len() {
        let (found, expected) = (signature.len(), alg.signature_len());
        return Err(failed(format!("{found} bytes of signature, {} has {expected}", alg.as_str())));
    }
    token.push('.');
    token.push_str(&Base64UrlUnpadded::encode_string(&signature));
    Ok(token)
}

/// Bytes of base64url without padding, in its one form.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// Base64url without padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}
