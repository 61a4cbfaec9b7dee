//! P-256 key pairs whose private half stays inside.
//!
//! The private key lives in memory of the crypto library, which zeroises what it frees. `Debug`
//! shows the public key.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::pkcs8::Document;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
};
use casemate_attest::sgx::layout::{KEY_LEN, SIGNATURE_LEN};
use rcgen::{PKCS_ECDSA_P256_SHA256, PublicKeyData, SignatureAlgorithm, SigningKey};
use thiserror::Error;

/// The crypto library could not do what it always can: neither input nor configuration is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the crypto library failed to {0}")]
pub struct SigningError(pub(crate) &'static str);

/// Signs certificates: signatures are DER, as X.509 wants them.
#[derive(Debug)]
pub(crate) struct CertificateKey(EcdsaKeyPair);

impl CertificateKey {
    pub(crate) fn generate() -> Result<Self, SigningError> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)
            .map(Self)
            .map_err(|_| SigningError("generate a certificate key"))
    }

    /// `None` where the bytes are no P-256 key in PKCS #8.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der).ok().map(Self)
    }

    /// The private key, in memory that is zeroised when dropped.
    pub(crate) fn to_pkcs8(&self) -> Result<Document, SigningError> {
        self.0.to_pkcs8v1().map_err(|_| SigningError("serialise a certificate key"))
    }
}

impl PublicKeyData for CertificateKey {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for CertificateKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        signature.map(|s| s.as_ref().to_vec()).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

/// Signs reports and quotes: signatures are r and s, as SGX wants them.
#[derive(Debug)]
pub(crate) struct ReportKey(EcdsaKeyPair);

impl ReportKey {
    pub(crate) fn generate() -> Result<Self, SigningError> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map(Self)
            .map_err(|_| SigningError("generate a report key"))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], SigningError> {
        let failed = SigningError("sign a report");
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| failed)?;
        signature.as_ref().try_into().map_err(|_| failed)
    }

    /// x and y, without the byte that says the point is not compressed.
    pub(crate) fn public_key(&self) -> [u8; KEY_LEN] {
        let mut key = [0; KEY_LEN];
        key.copy_from_slice(&self.0.public_key().as_ref()[1..]);
        key
    }
}

impl PublicKeyData for ReportKey {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

/// SHA-256 as an array.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}
