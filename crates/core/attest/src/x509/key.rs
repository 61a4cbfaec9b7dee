//! Public keys and the signature algorithms that occur in endorsements.
//!
//! | who signs | key | signature |
//! |---|---|---|
//! | Intel | P-256 | ECDSA with SHA-256 |
//! | AMD: ARK, ASK, ASVK | RSA-4096 | RSASSA-PSS, SHA-384, salt of 48 bytes |
//! | AMD: VCEK, VLEK | P-384 | ECDSA with SHA-384 |
//! | AWS Nitro | P-384 | ECDSA with SHA-384 |
//! | Google's vTPM certificates | RSA-2048, RSA-4096 | RSASSA-PKCS1-v1_5, SHA-256 |

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    UnparsedPublicKey, VerificationAlgorithm,
};
use der::Decode;
use der::asn1::{AnyRef, ContextSpecific};
use der::oid::ObjectIdentifier;
use x509_cert::spki::{AlgorithmIdentifier, AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// `ecdsa-with-SHA256` (RFC 5758, 3.2).
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// `ecdsa-with-SHA384` (RFC 5758, 3.2).
const ECDSA_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
/// `sha256WithRSAEncryption` (RFC 8017, A.2.4).
const RSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
/// `id-RSASSA-PSS` (RFC 8017, A.2.3).
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
/// `id-mgf1` (RFC 8017, A.2.1).
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
/// `id-sha384` (RFC 5754, 2.3).
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");

/// `id-ecPublicKey` (RFC 5480, 2.1.1).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `secp256r1` (RFC 5480, 2.1.1.1).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// `secp384r1` (RFC 5480, 2.1.1.1).
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
/// `rsaEncryption` (RFC 8017, A.1).
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Bytes of an uncompressed point on P-256 (SEC 1, 2.3.3).
const P256_POINT_LEN: usize = 65;
/// Bytes of an uncompressed point on P-384.
const P384_POINT_LEN: usize = 97;
/// The longest RSA key looked at: 4,096 bits and its wrapping.
const MAX_RSA_KEY_LEN: usize = 600;

/// A public key in the form its algorithm verifies with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PublicKey {
    /// An uncompressed point on P-256.
    P256(Vec<u8>),
    /// An uncompressed point on P-384.
    P384(Vec<u8>),
    /// DER of an `RSAPublicKey` (RFC 8017, A.1.1).
    Rsa(Vec<u8>),
}

impl PublicKey {
    /// `None` where key or curve is none of these, or the point is compressed.
    pub(crate) fn of(info: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        let content = info.subject_public_key.as_bytes()?;
        let parameters = info.algorithm.parameters.as_ref();
        match info.algorithm.oid {
            EC_PUBLIC_KEY => {
                let curve = parameters?.decode_as::<ObjectIdentifier>().ok()?;
                let is_point = |len: usize| content.len() == len && content.starts_with(&[0x04]);
                match curve {
                    P256 if is_point(P256_POINT_LEN) => Some(Self::P256(content.to_vec())),
                    P384 if is_point(P384_POINT_LEN) => Some(Self::P384(content.to_vec())),
                    _ => None,
                }
            }
            RSA_ENCRYPTION | RSASSA_PSS if content.len() <= MAX_RSA_KEY_LEN => {
                Some(Self::Rsa(content.to_vec()))
            }
            _ => None,
        }
    }

    /// The point, or the DER of an RSA key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::P256(bytes) | Self::P384(bytes) | Self::Rsa(bytes) => bytes,
        }
    }

    /// Whether this key signed `message`. A key of another kind than the algorithm's did not.
    #[must_use]
    pub fn has_signed(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        let verifier: &'static dyn VerificationAlgorithm = match (self, algorithm) {
            (Self::P256(_), SignatureAlgorithm::EcdsaSha256) => &ECDSA_P256_SHA256_ASN1,
            (Self::P384(_), SignatureAlgorithm::EcdsaSha384) => &ECDSA_P384_SHA384_ASN1,
            (Self::Rsa(_), SignatureAlgorithm::RsaPkcs1Sha256) => &RSA_PKCS1_2048_8192_SHA256,
            (Self::Rsa(_), SignatureAlgorithm::RsaPssSha384) => &RSA_PSS_2048_8192_SHA384,
            _ => return false,
        };
        UnparsedPublicKey::new(verifier, self.as_bytes()).verify(message, signature).is_ok()
    }
}

/// How an endorsement is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// ECDSA over P-256 with SHA-256, as a DER Ecdsa-Sig-Value.
    EcdsaSha256,
    /// ECDSA over P-384 with SHA-384, as a DER Ecdsa-Sig-Value.
    EcdsaSha384,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 bytes.
    RsaPssSha384,
}

impl SignatureAlgorithm {
    /// `None` where the algorithm or one of its parameters is not known.
    pub(super) fn of(algorithm: &AlgorithmIdentifierOwned) -> Option<Self> {
        let parameters = algorithm.parameters.as_ref();
        match algorithm.oid {
            ECDSA_WITH_SHA256 if parameters.is_none() => Some(Self::EcdsaSha256),
            ECDSA_WITH_SHA384 if parameters.is_none() => Some(Self::EcdsaSha384),
            RSA_WITH_SHA256 if parameters.is_none_or(|it| it.is_null()) => Some(Self::RsaPkcs1Sha256),
            RSASSA_PSS => is_pss_sha384(AnyRef::from(parameters?)).ok()?.then_some(Self::RsaPssSha384),
            _ => None,
        }
    }
}

/// Whether these are `RSASSA-PSS-params` (RFC 8017, A.2.3) for SHA-384 throughout.
///
/// The trailer field's default, 1, is written out by AMD although DER forbids it; both are read.
fn is_pss_sha384(parameters: AnyRef<'_>) -> der::Result<bool> {
    parameters.sequence(|fields| {
        let hash = ContextSpecific::<AlgorithmIdentifier<AnyRef<'_>>>::decode(fields)?;
        let mask = ContextSpecific::<AlgorithmIdentifier<AnyRef<'_>>>::decode(fields)?;
        let salt = ContextSpecific::<u8>::decode(fields)?;
        let trailer = Option::<ContextSpecific<u8>>::decode(fields)?;
        let mask_hash = match mask.value.parameters {
            Some(it) => it.decode_as::<AlgorithmIdentifier<AnyRef<'_>>>()?.oid == SHA384,
            None => false,
        };
        let tags = [hash.tag_number.value(), mask.tag_number.value(), salt.tag_number.value()] == [0, 1, 2];
        let tail = trailer.is_none_or(|it| it.tag_number.value() == 3 && it.value == 1);
        Ok::<_, der::Error>(
            tags && tail
                && hash.value.oid == SHA384
                && mask.value.oid == MGF1
                && mask_hash
                && salt.value == 48,
        )
    })
}
