//! What vouches for evidence and does not come with it: collateral, certificates, revocation lists,
//! trust anchors. All of it as received; what of it is used is verified when it is used.

/// Everything a verifier was given beside the evidence (RFC 9334, 8.2: endorsements).
///
/// More than is needed does no harm: each piece is looked up by what it says and verified before it
/// counts. Of several that would do, the newest counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endorsements {
    /// TCB Infos, of any FMSPC, for SGX or TDX.
    pub tcb_infos: Vec<SignedJson>,
    /// Identities of Intel's quoting enclaves.
    pub qe_identities: Vec<SignedJson>,
    /// Certificates in DER: issuers of anything here or in the evidence, and leaves such as a VCEK
    /// that evidence does not carry.
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists in DER.
    pub crls: Vec<Vec<u8>>,
    /// Keys of Arm CCA platforms.
    pub cca_anchors: Vec<CcaAnchor>,
}

impl Endorsements {
    /// Nothing, which is enough for software TEEs and Nitro.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }
}

/// A JSON document and Intel's signature over its bytes. The certificates of its signer are among
/// [`Endorsements::certificates`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedJson {
    /// The bytes that were signed, exactly.
    pub json: Vec<u8>,
    /// ECDSA P-256: r, then s, big-endian.
    pub signature: [u8; 64],
}

/// The attestation key of an Arm CCA platform (CPAK), known out of band.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CcaAnchor {
    /// Which platform (claim 256), 33 bytes.
    pub instance_id: Vec<u8>,
    /// Which implementation (claim 2396), 32 bytes; `None` where the anchor does not say.
    pub implementation_id: Option<Vec<u8>>,
    /// P-256 or P-384.
    pub curve: CcaCurve,
    /// The key's coordinates, x then y, big-endian, unchecked: they may be on no curve.
    pub point: Vec<u8>,
}

/// The curve of a [`CcaAnchor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CcaCurve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
}
