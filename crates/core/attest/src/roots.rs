//! The roots a verifier accepts.

use std::collections::BTreeSet;

use casemate_model::Fingerprint;

/// Roots of software TEEs, each named by the SHA-256 of its certificate's DER.
///
/// Evidence that chains to any other root is refused. A hardware vendor's root does not belong
/// here: trusting one also takes its TCB information and revocation lists, which this set does
/// not hold, so a quote from silicon is answered with its root's fingerprint as unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots(BTreeSet<Fingerprint>);

impl Roots {
    /// These software roots and no others. An empty set refuses everything.
    #[must_use]
    pub fn software(fingerprints: impl IntoIterator<Item = Fingerprint>) -> Self {
        Self(fingerprints.into_iter().collect())
    }

    /// Whether this root is among them.
    #[must_use]
    pub fn contains(&self, fingerprint: &Fingerprint) -> bool {
        self.0.contains(fingerprint)
    }
}
