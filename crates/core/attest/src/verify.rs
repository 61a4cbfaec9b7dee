//! Evidence in, verified claims out.

use casemate_model::Timestamp;

use crate::claims::Claims;
use crate::{Endorsements, Evidence, Refused, Roots, cca, dcap, nitro, snp, vtpm};

/// Evidence whose every signature was verified, up to one of the accepted roots.
///
/// Only [`verify`] and the caches built on the same checks make one: it has no public constructor and
/// is never deserialised. What it proves holds for the instant given and, dates permitting, until
/// [`Claims::not_after`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedEvidence {
    claims: Claims,
}

impl VerifiedEvidence {
    pub(crate) fn new(claims: Claims) -> Self {
        Self { claims }
    }

    /// What the evidence says.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }
}

/// Verifies evidence at the instant `now`, over the bytes received: its form, its signatures, the
/// chains of its signers up to one of `roots`, dates, revocation, and its vendor's verdict on the
/// platform's security versions.
///
/// What the claims *should* be is not decided here, except that nothing revoked verifies.
///
/// # Errors
///
/// Why not, with whatever is known all the same.
pub fn verify(
    evidence: &Evidence,
    endorsements: &Endorsements,
    roots: &Roots,
    now: Timestamp,
) -> Result<VerifiedEvidence, Refused> {
    claims_of(evidence, endorsements, roots, now).map(VerifiedEvidence::new)
}

/// The claims of any evidence, also of one that is inside another.
pub(crate) fn claims_of(
    evidence: &Evidence,
    endorsements: &Endorsements,
    roots: &Roots,
    now: Timestamp,
) -> Result<Claims, Refused> {
    match evidence {
        Evidence::Quote(bytes) => dcap::verify(bytes, endorsements, roots, now),
        Evidence::SnpReport { report, certificates } => {
            snp::verify(report, certificates, endorsements, roots, now)
        }
        Evidence::CcaToken(bytes) => cca::verify(bytes, endorsements),
        Evidence::NitroDocument(bytes) => nitro::verify(bytes, endorsements, roots, now),
        Evidence::AzureVtpm(it) => vtpm::verify_azure(it, endorsements, roots, now),
        Evidence::GceVtpm(it) => vtpm::verify_gce(it, endorsements, roots, now),
        Evidence::Tpm { ak_public, quotes } => Err(vtpm::refuse_uncertified(ak_public, quotes).into()),
    }
}
