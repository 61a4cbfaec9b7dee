//! Attestation keys: as RSA numbers, points, `SubjectPublicKeyInfo`, and their fingerprints.
//!
//! Two keys are equal if all of them is: of an RSA key the modulus and the exponent.

use aws_lc_rs::digest::{SHA256, digest};
use der::asn1::{AnyRef, BitStringRef, UintRef};
use der::oid::ObjectIdentifier;
use der::{Decode, Encode, Tag};
use x509_cert::spki::{AlgorithmIdentifier, SubjectPublicKeyInfo, SubjectPublicKeyInfoOwned};

use crate::x509::PublicKey;

/// `rsaEncryption` (RFC 8017, A.1).
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// `id-ecPublicKey` (RFC 5480, 2.1.1).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `secp256r1` and `secp384r1` (RFC 5480, 2.1.1.1).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
/// Bytes of the shortest and the longest modulus: 2,048 and 4,096 bits.
const MODULUS_LENS: std::ops::RangeInclusive<usize> = 256..=512;
/// Bytes of the longest exponent, which a TPM holds in 32 bits.
const MAX_EXPONENT: usize = 4;
/// DER of a key takes no more than this.
const MAX_SPKI: usize = 1024;

/// An RSA key of these big-endian numbers. `None` where the modulus is shorter than 2,048 or longer than
/// 4,096 bits, or the exponent is even, below 3 or of more than 32 bits.
pub(crate) fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<PublicKey> {
    let (modulus, exponent) = (UintRef::new(modulus).ok()?, UintRef::new(exponent).ok()?);
    let (n, e) = (modulus.as_bytes(), exponent.as_bytes());
    let is_odd = e.last().is_some_and(|byte| byte & 1 == 1);
    if !MODULUS_LENS.contains(&n.len()) || e.len() > MAX_EXPONENT || !is_odd || e == [1] {
        return None;
    }
    let numbers = [modulus.to_der().ok()?, exponent.to_der().ok()?].concat();
    Some(PublicKey::Rsa(AnyRef::new(Tag::Sequence, &numbers).ok()?.to_der().ok()?))
}

/// A point of these coordinates, which a TPM writes without leading zeros or with. `None` where one is
/// longer than the curve's. Whether the point is on it is seen when it verifies something.
pub(crate) fn p256(x: &[u8], y: &[u8]) -> Option<PublicKey> {
    point::<32>(x, y).map(PublicKey::P256)
}

/// The same on P-384.
pub(crate) fn p384(x: &[u8], y: &[u8]) -> Option<PublicKey> {
    point::<48>(x, y).map(PublicKey::P384)
}

/// A key in DER, as certificates hold it (RFC 5280, 4.1.2.7). `None` where it is none, or not known here.
pub(crate) fn from_spki(der: &[u8]) -> Option<PublicKey> {
    if der.len() > MAX_SPKI {
        return None;
    }
    PublicKey::of(&SubjectPublicKeyInfoOwned::from_der(der).ok()?)
}

/// SHA-256 over the key's `SubjectPublicKeyInfo`: one for each key, however it was sent.
pub(crate) fn fingerprint(key: &PublicKey) -> [u8; 32] {
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(digest(&SHA256, &spki(key).unwrap_or_default()).as_ref());
    fingerprint
}

/// What messages call it.
pub(crate) const fn name(key: &PublicKey) -> &'static str {
    match key {
        PublicKey::P256(_) => "P-256",
        PublicKey::P384(_) => "P-384",
        PublicKey::Rsa(_) => "RSA",
    }
}

/// Bytes of an RSA key's signatures.
pub(crate) fn rsa_len(key: &PublicKey) -> Option<usize> {
    let PublicKey::Rsa(der) = key else { return None };
    let numbers = AnyRef::from_der(der).ok()?;
    let (modulus, _) = numbers
        .sequence(|fields| Ok::<_, der::Error>((UintRef::decode(fields)?, UintRef::decode(fields)?)))
        .ok()?;
    Some(modulus.as_bytes().len())
}

/// Left-pads a number to `LEN` bytes. `None` where it is longer.
pub(super) fn padded<const LEN: usize>(number: &[u8]) -> Option<[u8; LEN]> {
    let mut padded = [0; LEN];
    let start = LEN.checked_sub(number.len())?;
    padded.get_mut(start..)?.copy_from_slice(number);
    Some(padded)
}

fn point<const LEN: usize>(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    Some([&[0x04][..], &padded::<LEN>(x)?, &padded::<LEN>(y)?].concat())
}

fn spki(key: &PublicKey) -> der::Result<Vec<u8>> {
    let curve = match key {
        PublicKey::P256(_) => Some(P256),
        PublicKey::P384(_) => Some(P384),
        PublicKey::Rsa(_) => None,
    };
    let oid = if curve.is_some() { EC_PUBLIC_KEY } else { RSA_ENCRYPTION };
    let parameters = Some(curve.as_ref().map_or(AnyRef::NULL, AnyRef::from));
    let algorithm = AlgorithmIdentifier { oid, parameters };
    let subject_public_key = BitStringRef::from_bytes(key.as_bytes())?;
    SubjectPublicKeyInfo { algorithm, subject_public_key }.to_der()
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: [u8; 256] = [0xc5; 256];

    #[test]
    fn keys_with_one_modulus_and_two_exponents_are_two_keys() {
        let (common, other) = (rsa(&N, &[1, 0, 1]).unwrap(), rsa(&N, &[3]).unwrap());
        assert_ne!(common, other);
        assert_ne!(fingerprint(&common), fingerprint(&other));
    }

    #[test]
    fn leading_zeros_make_no_other_key() {
        let padded = [&[0][..], &N].concat();
        assert_eq!(rsa(&padded, &[0, 1, 0, 1]), rsa(&N, &[1, 0, 1]));
        assert_eq!(p256(&[7; 31], &[9; 32]), p256(&[&[0][..], &[7; 31]].concat(), &[9; 32]));
    }

    #[test]
    fn exponents_that_sign_nothing_are_no_keys() {
        for exponent in [&[][..], &[0], &[1], &[2], &[1, 0, 0], &[1, 0, 0, 0, 1]] {
            assert_eq!(rsa(&N, exponent), None, "{exponent:?}");
        }
        assert_eq!(rsa(&N[..255], &[3]), None);
        assert_eq!(rsa(&[0xff; 513], &[3]), None);
        assert_eq!(p384(&[1; 49], &[1]), None);
    }

    #[test]
    fn a_key_survives_its_own_der() {
        let point = p384(&[5; 48], &[6; 48]).unwrap();
        for key in [rsa(&N, &[1, 0, 1]).unwrap(), p256(&[7; 32], &[9; 32]).unwrap(), point] {
            assert_eq!(from_spki(&spki(&key).unwrap()), Some(key));
        }
        assert_eq!(rsa_len(&rsa(&N, &[3]).unwrap()), Some(256));
    }
}
