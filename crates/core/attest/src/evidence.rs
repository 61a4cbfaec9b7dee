//! Evidence as received, and what is left once it has been verified.

use std::fmt;

use casemate_model::{Fingerprint, Measurement, ReportData, Tee, Timestamp};

use crate::chain::Chain;
use crate::sgx::layout::ATTRIBUTE_DEBUG;
use crate::sgx::quote::Quote;
use crate::{Roots, VerifyError};

/// The longest evidence that is looked at. Real quotes with their chain are under 8 KiB.
pub const MAX_EVIDENCE_BYTES: usize = 64 * 1024;

/// Bytes somebody sent as evidence: an SGX quote of version 3.
///
/// Holding one proves nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Evidence(Vec<u8>);

impl Evidence {
    /// Takes the bytes as they came. They are looked at by [`verify`] only.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes as they came.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Evidence({} bytes)", self.0.len())
    }
}

/// What verified evidence says of the enclave it came from. Plain data: anybody can write one
/// down, so nothing accepts claims except inside [`VerifiedEvidence`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The kind of TEE that vouches for the rest.
    pub tee: Tee,
    /// The platform's security versions, one byte a component (CPUSVN).
    pub cpu_svn: [u8; 16],
    /// What else is written to the state-save area (MISCSELECT).
    pub misc_select: u32,
    /// Attribute flags (ATTRIBUTES.FLAGS), of which `debug` is one.
    pub attribute_flags: u64,
    /// Features of the processor's state that the enclave may use (ATTRIBUTES.XFRM).
    pub xfrm: u64,
    /// What the enclave is (MRENCLAVE).
    pub measurement: Measurement,
    /// Who signed the enclave (MRSIGNER).
    pub signer: Measurement,
    /// The signer's number for the product (ISVPRODID).
    pub prod_id: u16,
    /// The signer's security version of the product (ISVSVN).
    pub svn: u16,
    /// Whether the host can read and write the enclave through debug instructions.
    pub debug: bool,
    /// What the enclave asked to be signed beside its measurement.
    pub report_data: ReportData,
    /// The root the chain ends in.
    pub root: Fingerprint,
    /// The latest instant at which a certificate of the chain becomes valid.
    pub not_before: Timestamp,
    /// The earliest instant after which a certificate of the chain is no longer valid.
    pub not_after: Timestamp,
}

/// Evidence whose every signature was verified, up to one of the accepted roots.
///
/// Only [`verify`] makes one: it has no public constructor and is never deserialised. What it
/// proves holds for the instant given to `verify` and, dates permitting, until
/// [`Claims::not_after`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedEvidence {
    claims: Claims,
}

impl VerifiedEvidence {
    /// What the evidence says.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }
}

/// Verifies evidence at the instant `now`, over the bytes received.
///
/// In this order, all of it required: the quote's structure and kind; the certificate chain up to
/// a self-signed root in `roots`, with dates, CA flags and path length; the PCK's signature over
/// the QE report; the QE report's commitment to the attestation key; that key's signature over
/// header and enclave report. Bytes after the declared end of the quote, which real platforms
/// append, take part in nothing.
///
/// # Errors
///
/// The first check that failed; [`VerifyError::erred`] says whose fault it is.
pub fn verify(evidence: &Evidence, roots: &Roots, now: Timestamp) -> Result<VerifiedEvidence, VerifyError> {
    let quote = Quote::parse(evidence.as_bytes())?;
    let chain = Chain::verify(quote.pck_chain(), roots, now)?;
    quote.verify_signatures(&chain.leaf_key)?;

    let body = quote.body();
    Ok(VerifiedEvidence {
        claims: Claims {
            tee: Tee::Software,
            cpu_svn: body.cpu_svn(),
            misc_select: body.misc_select(),
            attribute_flags: body.attribute_flags(),
            xfrm: body.xfrm(),
            measurement: body.measurement(),
            signer: body.signer(),
            prod_id: body.prod_id(),
            svn: body.svn(),
            debug: body.attribute_flags() & ATTRIBUTE_DEBUG != 0,
            report_data: body.report_data(),
            root: chain.root,
            not_before: chain.not_before,
            not_after: chain.not_after,
        },
    })
}
