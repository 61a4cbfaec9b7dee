//! Keys of test verifiers, new in every run.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _,
};
use casemate_model::Timestamp;
use casemate_policy::result::{Algorithm, SignError, Signer, VerifierKey, VerifierKeys};

pub(crate) const ALGORITHMS: [Algorithm; 3] = [Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa];

/// A verifier of the tests.
pub(crate) struct TestSigner {
    kid: String,
    pair: Pair,
}

enum Pair {
    Ecdsa(Algorithm, EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl TestSigner {
    pub(crate) fn new(algorithm: Algorithm, kid: &str) -> Self {
        let ecdsa = |signing| EcdsaKeyPair::generate(signing).expect("a key");
        let pair = match algorithm {
            Algorithm::Es256 => Pair::Ecdsa(algorithm, ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING)),
            Algorithm::Es384 => Pair::Ecdsa(algorithm, ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING)),
            Algorithm::EdDsa => Pair::Ed25519(Ed25519KeyPair::generate().expect("a key")),
        };
        Self { kid: kid.to_owned(), pair }
    }

    pub(crate) fn public(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Ecdsa(_, pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    pub(crate) fn key(&self) -> VerifierKey {
        self.key_between(Timestamp(0), Timestamp(u64::MAX))
    }

    pub(crate) fn key_between(&self, not_before: Timestamp, not_after: Timestamp) -> VerifierKey {
        VerifierKey { algorithm: self.algorithm(), public: self.public(), not_before, not_after }
    }

    /// This key alone.
    pub(crate) fn keys(&self) -> VerifierKeys {
        VerifierKeys::new([(self.kid.clone(), self.key())]).expect("a key of its algorithm")
    }
}

impl Signer for TestSigner {
    fn algorithm(&self) -> Algorithm {
        match &self.pair {
            Pair::Ecdsa(algorithm, _) => *algorithm,
            Pair::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    fn kid(&self) -> &str {
        &self.kid
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(match &self.pair {
            Pair::Ecdsa(_, pair) => {
                pair.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        })
    }
}
