//! COSE_Sign1 (RFC 9052, 4.2) and the elliptic curve keys it is verified with (RFC 9053, 2.1 and 7.1.1).
//!
//! The protected header and the payload are verified as received. Of the protected header the
//! algorithm is read, and critical parameters are refused: none is known. The unprotected header is
//! not signed, so nothing in it is looked at.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, EcdsaVerificationAlgorithm,
    ParsedPublicKey,
};
use ciborium::Value;
use thiserror::Error;

use crate::cbor::{self, CborError, Lengths, Map, Part, bytes_of};

/// The tag of a COSE_Sign1, which may be absent (RFC 9052, 2).
const SIGN1_TAG: u64 = 18;
/// What is signed begins with this (RFC 9052, 4.4).
const CONTEXT: &[u8] = b"Signature1";
/// Major types of CBOR in place (RFC 8949, 3.1).
const BYTE_STRING: u8 = 2 << 5;
const ARRAY_OF_FOUR: u8 = 4 << 5 | 4;
const TEXT_STRING: u8 = 3 << 5;

const ALGORITHM: Part<i128> = Part { key: 1, name: "algorithm (1)" };
const CRITICAL: Part<i128> = Part { key: 2, name: "crit (2)" };
const KEY_TYPE: Part<i128> = Part { key: 1, name: "kty (1)" };
const KEY_ALGORITHM: Part<i128> = Part { key: 3, name: "alg (3)" };
const KEY_CURVE: Part<i128> = Part { key: -1, name: "crv (-1)" };
const KEY_X: Part<i128> = Part { key: -2, name: "x (-2)" };
const KEY_Y: Part<i128> = Part { key: -3, name: "y (-3)" };
/// `EC2`, a key with two coordinates.
const EC2: i128 = 2;

/// Why bytes are not a COSE_Sign1 or COSE_Key that is read here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CoseError {
    /// Not CBOR of the right shape.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// A signature algorithm other than ECDSA.
    #[error("its algorithm {found} is none of -7 (ES256), -35 (ES384), -36 (ES512)")]
    Algorithm {
        /// The number the protected header states.
        found: i128,
    },
    /// A header parameter that must be understood, and none is.
    #[error("its protected header has critical parameters, none of which is known")]
    Critical,
    /// A key on a curve not read here.
    #[error("its curve {found} is none of 1 (P-256), 2 (P-384), 3 (P-521)")]
    Curve {
        /// The number the key states.
        found: i128,
    },
}

/// Why a key did not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CoseSignatureError {
    /// The protected header names an algorithm of another curve.
    #[error("the header says {algorithm}, and the key is on {curve}")]
    Algorithm {
        /// What the protected header says.
        algorithm: &'static str,
        /// The key's curve.
        curve: &'static str,
    },
    /// The key's coordinates are no point of its curve.
    #[error("the key is no point of {curve}")]
    NotOnCurve {
        /// The key's curve.
        curve: &'static str,
    },
    /// Another key signed, or other content.
    #[error("the signature is not this key's")]
    Signature,
}

/// A curve, and the only algorithm it is used with (RFC 9053, 2.1 allows others; nobody uses them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    const fn algorithm_name(self) -> &'static str {
        match self {
            Self::P256 => "ES256",
            Self::P384 => "ES384",
            Self::P521 => "ES512",
        }
    }

    /// Bytes of a coordinate.
    const fn coordinate(self) -> Lengths {
        match self {
            Self::P256 => Lengths::OneOf(&[32]),
            Self::P384 => Lengths::OneOf(&[48]),
            Self::P521 => Lengths::OneOf(&[66]),
        }
    }

    fn verifier(self) -> &'static EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED,
            Self::P384 => &ECDSA_P384_SHA384_FIXED,
            Self::P521 => &ECDSA_P521_SHA512_FIXED,
        }
    }

    /// By the number of a signature algorithm (IANA, COSE Algorithms).
    const fn of_algorithm(number: i128) -> Option<Self> {
        match number {
            -7 => Some(Self::P256),
            -35 => Some(Self::P384),
            -36 => Some(Self::P521),
            _ => None,
        }
    }

    /// By its own number (IANA, COSE Elliptic Curves).
    const fn of_number(number: i128) -> Option<Self> {
        match number {
            1 => Some(Self::P256),
            2 => Some(Self::P384),
            3 => Some(Self::P521),
            _ => None,
        }
    }
}

/// A public key, whose point may be on no curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EcKey {
    pub(crate) curve: Curve,
    /// Uncompressed (SEC 1, 2.3.3).
    pub(crate) point: Vec<u8>,
}

impl EcKey {
    /// From coordinates, x then y.
    pub(crate) fn of_coordinates(curve: Curve, coordinates: &[u8]) -> Self {
        Self { curve, point: [&[0x04], coordinates].concat() }
    }

    /// From a COSE_Key of type EC2 with both coordinates.
    pub(crate) fn of_cose_key(bytes: &[u8]) -> Result<Self, CoseError> {
        let mut key = Map::decode(bytes, "COSE_Key")?;
        let expected = "2 (EC2)";
        if key.unsigned::<_, i128>(KEY_TYPE, expected)? != EC2 {
            return Err(CborError::Type { name: KEY_TYPE.name, expected }.into());
        }
        let number = key.unsigned(KEY_CURVE, "an integer")?;
        let curve = Curve::of_number(number).ok_or(CoseError::Curve { found: number })?;
        if let Some(algorithm) = key.take(KEY_ALGORITHM) {
            let fits = algorithm.as_integer().and_then(|it| Curve::of_algorithm(it.into())) == Some(curve);
            if !fits {
                return Err(
                    CborError::Type { name: KEY_ALGORITHM.name, expected: "that of its curve" }.into()
                );
            }
        }
        let x = key.bytes(KEY_X, curve.coordinate())?;
        let y = key.bytes(KEY_Y, curve.coordinate())?;
        Ok(Self::of_coordinates(curve, &[x, y].concat()))
    }
}

/// A message signed once.
#[derive(Debug)]
pub(crate) struct Sign1 {
    /// The algorithm of the protected header, by its curve.
    curve: Curve,
    protected: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    signature: Vec<u8>,
}

impl Sign1 {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, CoseError> {
        let not = |expected| CborError::Type { name: "COSE_Sign1", expected };
        let mut value = cbor::decode(bytes)?;
        if let Value::Tag(SIGN1_TAG, inner) = value {
            value = *inner;
        }
        let Value::Array(fields) = value else { return Err(not("an array, tagged 18 or not").into()) };
        let [protected, unprotected, payload, signature] =
            <[Value; 4]>::try_from(fields).map_err(|_| not("an array of four"))?;
        // Null occurs in documents of development tools.
        if !matches!(unprotected, Value::Map(_) | Value::Null) {
            return Err(CborError::Type { name: "unprotected header", expected: "a map" }.into());
        }
        let protected = bytes_of(protected, "protected header", Lengths::ANY)?;
        let mut header = Map::decode(&protected, "protected header")?;
        if header.take(CRITICAL).is_some() {
            return Err(CoseError::Critical);
        }
        let number = header.unsigned(ALGORITHM, "an integer")?;
        Ok(Self {
            curve: Curve::of_algorithm(number).ok_or(CoseError::Algorithm { found: number })?,
            protected,
            payload: bytes_of(payload, "payload", Lengths::ANY)?,
            signature: bytes_of(signature, "signature", Lengths::ANY)?,
        })
    }

    /// Verifies that `key` signed header and payload, with the algorithm the header names.
    pub(crate) fn verify(&self, key: &EcKey) -> Result<(), CoseSignatureError> {
        let curve = key.curve.name();
        if key.curve != self.curve {
            let algorithm = self.curve.algorithm_name();
            return Err(CoseSignatureError::Algorithm { algorithm, curve });
        }
        let public = ParsedPublicKey::new(key.curve.verifier(), &key.point)
            .map_err(|_| CoseSignatureError::NotOnCurve { curve })?;
        public.verify_sig(&self.signed_bytes(), &self.signature).map_err(|_| CoseSignatureError::Signature)
    }

    /// The name of the algorithm in the protected header.
    pub(crate) const fn algorithm_name(&self) -> &'static str {
        self.curve.algorithm_name()
    }

    /// The Sig_structure (RFC 9052, 4.4) without external data.
    fn signed_bytes(&self) -> Vec<u8> {
        let mut signed = Vec::with_capacity(self.protected.len() + self.payload.len() + 32);
        signed.push(ARRAY_OF_FOUR);
        push_string(&mut signed, TEXT_STRING, CONTEXT);
        push_string(&mut signed, BYTE_STRING, &self.protected);
        push_string(&mut signed, BYTE_STRING, &[]);
        push_string(&mut signed, BYTE_STRING, &self.payload);
        signed
    }
}

/// A string with the shortest length that holds (RFC 8949, 4.2.1).
fn push_string(out: &mut Vec<u8>, major: u8, content: &[u8]) {
    let len = content.len() as u64;
    match len {
        0..=23 => out.push(major | len as u8),
        24..=0xff => out.extend([major | 24, len as u8]),
        0x100..=0xffff => {
            out.push(major | 25);
            out.extend((len as u16).to_be_bytes());
        }
        _ => {
            out.push(major | 26);
            out.extend((len as u32).to_be_bytes());
        }
    }
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{1: -35}` as AWS and Arm write it.
    const ES384: [u8; 4] = [0xa1, 0x01, 0x38, 0x22];

    fn message(protected: &[u8], rest: &[u8]) -> Vec<u8> {
        let mut bytes = vec![ARRAY_OF_FOUR];
        push_string(&mut bytes, BYTE_STRING, protected);
        bytes.extend_from_slice(rest);
        bytes
    }

    #[test]
    fn a_tag_is_optional_and_no_other_is_read() {
        let bytes = message(&ES384, &[0xa0, 0x40, 0x40]);
        assert!(Sign1::parse(&bytes).is_ok());
        assert!(Sign1::parse(&[&[0xd2][..], &bytes].concat()).is_ok());
        assert!(Sign1::parse(&[&[0xd1][..], &bytes].concat()).is_err());
    }

    #[test]
    fn an_algorithm_outside_the_protected_header_is_not_read() {
        let unprotected = message(&[0xa0], &[0xa1, 0x01, 0x38, 0x22, 0x40, 0x40]);
        let missing = CborError::Missing { name: ALGORITHM.name };
        assert_eq!(Sign1::parse(&unprotected).map(|_| ()), Err(missing.into()));
    }

    #[test]
    fn algorithms_are_refused_by_number() {
        // -37 is PS256.
        let other = message(&[0xa1, 0x01, 0x38, 0x24], &[0xa0, 0x40, 0x40]);
        assert_eq!(Sign1::parse(&other).map(|_| ()), Err(CoseError::Algorithm { found: -37 }));
    }

    #[test]
    fn critical_parameters_are_refused() {
        let critical = message(&[0xa2, 0x01, 0x38, 0x22, 0x02, 0x81, 0x04], &[0xa0, 0x40, 0x40]);
        assert_eq!(Sign1::parse(&critical).map(|_| ()), Err(CoseError::Critical));
    }

    #[test]
    fn a_detached_payload_is_refused() {
        let detached = message(&ES384, &[0xa0, 0xf6, 0x40]);
        let expected = CborError::Type { name: "payload", expected: "a byte string" };
        assert_eq!(Sign1::parse(&detached).map(|_| ()), Err(expected.into()));
    }

    /// A counter signature holds a protected header of its own, which can hold one in turn, and so on
    /// through byte strings, whose depth no limit on nested items bounds.
    #[test]
    fn headers_nested_through_byte_strings_are_not_followed() {
        let mut header = ES384.to_vec();
        for _ in 0..4_000 {
            let mut outer = vec![0xa2, 0x01, 0x38, 0x22, 0x07, 0x83];
            push_string(&mut outer, BYTE_STRING, &header);
            outer.extend([0xa0, 0x40]);
            header = outer;
        }
        assert!(Sign1::parse(&message(&header, &[0xa0, 0x40, 0x40])).is_ok());
    }

    #[test]
    fn strings_take_the_shortest_length() {
        for (len, head) in [
            (23, vec![0x57]),
            (24, vec![0x58, 24]),
            (256, vec![0x59, 1, 0]),
            (65_536, vec![0x5a, 0, 1, 0, 0]),
        ] {
            let mut out = Vec::new();
            push_string(&mut out, BYTE_STRING, &vec![7; len]);
            assert_eq!(out, [head, vec![7; len]].concat());
        }
    }
}
