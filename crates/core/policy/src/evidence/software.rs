//! What is demanded of a software enclave.

use casemate_attest::claims::SgxBody;
use casemate_model::{Fingerprint, Measurement};

use super::Accept;
use crate::judge::Tally;

/// What is demanded of a software enclave. It protects nothing from the host's owner, whatever holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoftwareRules {
    /// Roots the evidence may chain to. Each machine generates its own.
    pub roots: Accept<Fingerprint>,
    /// What the enclave is.
    pub mr_enclave: Accept<Measurement>,
    /// Whether the host may debug the enclave.
    pub allow_debug: bool,
}

impl SoftwareRules {
    pub(crate) fn judge(&self, body: &SgxBody, tally: &mut Tally<'_>) {
        tally.debug(body.debug(), self.allow_debug);
        tally.reference(!self.mr_enclave.is_any());
        tally.one_of("mrEnclave", &self.mr_enclave, &body.mr_enclave);
    }
}
