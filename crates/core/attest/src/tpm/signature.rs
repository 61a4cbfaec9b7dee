//! TPMT_SIGNATURE (TPM 2.0 library specification, part 2, 11.3.4), or an RSA signature bare.
//!
//! | scheme | key | hash |
//! |---|---|---|
//! | RSASSA-PKCS1-v1_5, RSASSA-PSS | RSA, 2,048 bits and more | SHA-256, SHA-384, SHA-512 |
//! | ECDSA | P-256 | SHA-256 |
//! | ECDSA | P-384 | SHA-384 |
//!
//! Refuses every other pair by name, SHA-1 among them. The salt of a PSS signature is as long as the hash,
//! as FIPS 186-5 wants it and TPMs that keep to it make it.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};

use super::bank::KNOWN;
use super::reader::Reader;
use super::{TpmError, TpmFault, key};
use crate::claims::PcrBank;
use crate::x509::PublicKey;

/// Bytes of the longest RSA signature: 4,096 bits.
const MAX_RSA: usize = 512;
/// Bytes of the longest of an ECDSA signature's numbers: P-521.
const MAX_NUMBER: usize = 66;
/// Six bytes of algorithms and lengths before an RSA signature.
const MAX_LEN: usize = MAX_RSA + 6;

const STRUCTURE: &str = "TPMT_SIGNATURE";

/// A signature in the bytes received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature<'a> {
    /// How it was made.
    pub scheme: Scheme,
    /// The hash it names; of a bare signature SHA-256. The digest over the registers is made with it too.
    pub hash: PcrBank,
    /// The signature itself; of ECDSA `r`.
    pub first: &'a [u8],
    /// Of ECDSA `s`.
    pub second: &'a [u8],
}

/// How a TPM signs (TCG algorithm registry).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `TPM_ALG_RSASSA`: RSASSA-PKCS1-v1_5.
    RsaSsa,
    /// `TPM_ALG_RSAPSS`: RSASSA-PSS.
    RsaPss,
    /// `TPM_ALG_ECDSA`.
    Ecdsa,
}

impl Scheme {
    /// The scheme of a TPM_ALG_ID.
    #[must_use]
    pub const fn from_algorithm_id(id: u16) -> Option<Self> {
        match id {
            0x0014 => Some(Self::RsaSsa),
            0x0016 => Some(Self::RsaPss),
            0x0018 => Some(Self::Ecdsa),
            _ => None,
        }
    }

    /// The name in RFC 8017 and FIPS 186-5.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaSsa => "RSASSA-PKCS1-v1_5",
            Self::RsaPss => "RSASSA-PSS",
            Self::Ecdsa => "ECDSA",
        }
    }
}

impl<'a> Signature<'a> {
    /// Takes a TPMT_SIGNATURE apart.
    ///
    /// # Errors
    ///
    /// What is malformed, or not known here.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, TpmError> {
        if bytes.len() > MAX_LEN {
            return Err(TpmError::TooLong { structure: STRUCTURE, limit: MAX_LEN, found: bytes.len() });
        }
        let mut reader = Reader::new(STRUCTURE, bytes);
        let id = reader.u16_be("sigAlg")?;
        let scheme = Scheme::from_algorithm_id(id).ok_or(reader.unknown(
            "sigAlg",
            0,
            id,
            "RSASSA, RSAPSS and ECDSA",
        ))?;
        let id = reader.u16_be("hash")?;
        let hash = PcrBank::from_algorithm_id(id).ok_or(reader.unknown("hash", 2, id, KNOWN))?;
        let (first, second) = match scheme {
            Scheme::RsaSsa | Scheme::RsaPss => (reader.sized("sig", MAX_RSA)?, &[][..]),
            Scheme::Ecdsa => {
                (reader.sized("signatureR", MAX_NUMBER)?, reader.sized("signatureS", MAX_NUMBER)?)
            }
        };
        reader.finish()?;
        Ok(Self { scheme, hash, first, second })
    }

    /// Takes either form apart: bytes exactly as long as the RSA key's modulus are a bare signature by
    /// RSASSA-PKCS1-v1_5 with SHA-256, as Azure sends it.
    ///
    /// # Errors
    ///
    /// As [`Signature::parse`].
    pub fn of(key: &PublicKey, bytes: &'a [u8]) -> Result<Self, TpmError> {
        if key::rsa_len(key) == Some(bytes.len()) {
            return Ok(Self { scheme: Scheme::RsaSsa, hash: PcrBank::Sha256, first: bytes, second: &[] });
        }
        Self::parse(bytes)
    }

    /// Verifies that this key signed `message`, as received.
    ///
    /// # Errors
    ///
    /// Where it did not, or could not.
    pub fn verify(&self, key: &PublicKey, message: &[u8]) -> Result<(), TpmFault> {
        let verifier: &'static dyn VerificationAlgorithm = match (key, self.scheme, self.hash) {
            (PublicKey::Rsa(_), Scheme::RsaSsa, PcrBank::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
            (PublicKey::Rsa(_), Scheme::RsaSsa, PcrBank::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
            (PublicKey::Rsa(_), Scheme::RsaSsa, PcrBank::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
            (PublicKey::Rsa(_), Scheme::RsaPss, PcrBank::Sha256) => &RSA_PSS_2048_8192_SHA256,
            (PublicKey::Rsa(_), Scheme::RsaPss, PcrBank::Sha384) => &RSA_PSS_2048_8192_SHA384,
            (PublicKey::Rsa(_), Scheme::RsaPss, PcrBank::Sha512) => &RSA_PSS_2048_8192_SHA512,
            (PublicKey::P256(_), Scheme::Ecdsa, PcrBank::Sha256) => &ECDSA_P256_SHA256_FIXED,
            (PublicKey::P384(_), Scheme::Ecdsa, PcrBank::Sha384) => &ECDSA_P384_SHA384_FIXED,
            (key, scheme, hash) => {
                let scheme = format!("{} and {hash}", scheme.as_str());
                return Err(TpmFault::Scheme { scheme, key: key::name(key) });
            }
        };
        let bytes = match key {
            PublicKey::Rsa(_) => Some(self.first.to_vec()),
            PublicKey::P256(_) => self.fixed::<32>(),
            PublicKey::P384(_) => self.fixed::<48>(),
        };
        let bytes = bytes.ok_or(TpmFault::Signature)?;
        let key = UnparsedPublicKey::new(verifier, key.as_bytes());
        key.verify(message, &bytes).map_err(|_| TpmFault::Signature)
    }

    /// `r` and `s`, each as long as the curve's order.
    fn fixed<const LEN: usize>(&self) -> Option<Vec<u8>> {
        Some([key::padded::<LEN>(self.first)?, key::padded::<LEN>(self.second)?].concat())
    }
}
