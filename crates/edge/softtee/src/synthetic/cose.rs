//! COSE_Sign1 for tests (RFC 9052), and the claims inside as something a test can edit.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _,
};
use ciborium::Value;

/// A curve, and the algorithm COSE uses it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// ES256.
    P256,
    /// ES384.
    P384,
    /// ES512.
    P521,
}

impl Curve {
    fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
            Self::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
            Self::P521 => &ECDSA_P521_SHA512_FIXED_SIGNING,
        }
    }

    /// The algorithm's number (IANA, COSE Algorithms).
    #[must_use]
    pub const fn algorithm(self) -> i64 {
        match self {
            Self::P256 => -7,
            Self::P384 => -35,
            Self::P521 => -36,
        }
    }

    /// The curve's number (IANA, COSE Elliptic Curves).
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::P256 => 1,
            Self::P384 => 2,
            Self::P521 => 3,
        }
    }
}

/// A key that signs messages.
#[derive(Debug)]
pub struct CoseSigner {
    curve: Curve,
    pair: EcdsaKeyPair,
}

impl CoseSigner {
    /// A new key.
    ///
    /// # Panics
    ///
    /// Where the crypto library fails.
    #[must_use]
    pub fn new(curve: Curve) -> Self {
        Self { curve, pair: EcdsaKeyPair::generate(curve.signing()).expect("a key") }
    }

    pub(super) fn of_pkcs8(curve: Curve, der: &[u8]) -> Self {
        Self { curve, pair: EcdsaKeyPair::from_pkcs8(curve.signing(), der).expect("a key") }
    }

    /// Its curve.
    #[must_use]
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// The public point, uncompressed.
    #[must_use]
    pub fn point(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// The public key as a COSE_Key.
    ///
    /// # Panics
    ///
    /// Never: every point has two coordinates.
    #[must_use]
    pub fn cose_key(&self) -> Vec<u8> {
        let coordinates = &self.point()[1..];
        let (x, y) = coordinates.split_at(coordinates.len() / 2);
        let entry = |key: i64, value: Value| (Value::from(key), value);
        encode(&Value::Map(vec![
            entry(1, 2.into()),
            entry(-1, self.curve.number().into()),
            entry(-2, x.into()),
            entry(-3, y.into()),
        ]))
    }

    /// A tagged COSE_Sign1 of this payload.
    ///
    /// # Panics
    ///
    /// Where the crypto library fails.
    #[must_use]
    pub fn sign1(&self, payload: &[u8]) -> Vec<u8> {
        let protected = [(Value::from(1), Value::from(self.curve.algorithm()))];
        self.sign1_with(&encode(&Value::Map(protected.to_vec())), payload)
    }

    /// A tagged COSE_Sign1 of this payload with this protected header.
    ///
    /// # Panics
    ///
    /// Where the crypto library fails.
    #[must_use]
    pub fn sign1_with(&self, protected: &[u8], payload: &[u8]) -> Vec<u8> {
        let bytes = |it: &[u8]| Value::from(it);
        let signed =
            encode(&Value::Array(vec!["Signature1".into(), bytes(protected), bytes(&[]), bytes(payload)]));
        let signature = self.pair.sign(&SystemRandom::new(), &signed).expect("a signature");
        let parts = vec![bytes(protected), Value::Map(vec![]), bytes(payload), bytes(signature.as_ref())];
        encode(&Value::Tag(18, Box::new(Value::Array(parts))))
    }
}

/// A claims set in the making: what a test changes before it is signed.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimsSet(Vec<(Value, Value)>);

impl ClaimsSet {
    pub(super) fn new(entries: Vec<(Value, Value)>) -> Self {
        Self(entries)
    }

    /// Sets a claim, where there is one already in its place.
    pub fn set(&mut self, key: impl Into<Value>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        match self.0.iter_mut().find(|(it, _)| *it == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    /// Adds a claim, whether or not there is one already.
    pub fn add(&mut self, key: impl Into<Value>, value: impl Into<Value>) {
        self.0.push((key.into(), value.into()));
    }

    /// Takes a claim out.
    pub fn remove(&mut self, key: impl Into<Value>) {
        let key = key.into();
        self.0.retain(|(it, _)| *it != key);
    }

    /// The keys of all claims.
    #[must_use]
    pub fn keys(&self) -> Vec<Value> {
        self.0.iter().map(|(key, _)| key.clone()).collect()
    }

    /// In CBOR.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(&Value::Map(self.0.clone()))
    }
}

/// A value in CBOR.
///
/// # Panics
///
/// Never: a vector takes whatever is written.
#[must_use]
pub fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("a vector can be written");
    bytes
}
