//! The outer shape certificates and revocation lists share: what is signed, by which algorithm,
//! and the signature (RFC 5280, 4.1 and 5.1).

use der::asn1::BitString;
use der::{Reader, SliceReader};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::SignatureAlgorithm;

/// The three parts, the first as received.
pub(super) struct SignedDer<'a> {
    pub(super) signed: &'a [u8],
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) signature: Vec<u8>,
}

impl<'a> SignedDer<'a> {
    pub(super) fn parse(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let outer = reader.sequence(|fields| {
            let signed = fields.tlv_bytes()?;
            let algorithm = fields.decode()?;
            let signature = fields.decode::<BitString>()?;
            let whole_bytes = signature.as_bytes().ok_or_else(|| fields.error(der::ErrorKind::Failed))?;
            Ok::<_, der::Error>(Self { signed, algorithm, signature: whole_bytes.to_vec() })
        })?;
        reader.finish()?;
        Ok(outer)
    }

    /// The algorithm, if it is one known here and the signed part names the same one.
    pub(super) fn known_algorithm(&self, inner: &AlgorithmIdentifierOwned) -> Option<SignatureAlgorithm> {
        if *inner == self.algorithm { SignatureAlgorithm::of(&self.algorithm) } else { None }
    }
}
