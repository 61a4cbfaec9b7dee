//! What is demanded of a vTPM.

use std::collections::{BTreeMap, BTreeSet};

use casemate_attest::claims::{Kind, PcrBank, VtpmBody, VtpmProvider};
use casemate_model::{Digest, Fingerprint};

use super::{Accept, Shown, listed};
use crate::judge::Tally;

/// What is demanded of a vTPM: everything here has to hold. The confidential VM it is in is judged by
/// the rules of its own kind besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VtpmRules {
    /// Roots the evidence may chain to.
    pub roots: Accept<Fingerprint>,
    /// Whose vTPM it may be.
    pub providers: Accept<VtpmProvider>,
    /// The kinds of confidential VM it may be in. One that is in none is not good then.
    pub inner: Accept<Kind>,
    /// The registers that are looked at, by bank, and what each may be. One that is not quoted is not
    /// good.
    pub pcrs: BTreeMap<PcrBank, BTreeMap<u8, BTreeSet<Digest>>>,
    /// Whether secure boot has to be on, as Azure's HCL says. Where nothing says so it is not.
    pub require_secure_boot: bool,
    /// Whether the VM's console has to be closed, as Azure's HCL says.
    pub require_no_console: bool,
    /// Azure's unique IDs of VMs.
    pub vm_ids: Accept<String>,
    /// Google's projects.
    pub project_ids: Accept<String>,
}

impl VtpmRules {
    pub(crate) fn judge(&self, body: &VtpmBody, tally: &mut Tally<'_>) {
        tally.one_of("providers", &self.providers, &body.provider);
        tally.reference(!self.pcrs.is_empty());
        let inner = body.inner.as_ref().map(|inner| inner.kind());
        tally.one_of_present("inner", &self.inner, inner.as_ref());
        for (bank, registers) in &self.pcrs {
            let quoted = body.pcrs.get(bank);
            for (index, accepted) in registers {
                let found = quoted.and_then(|quoted| quoted.get(index));
                let is_good = found.is_some_and(|found| accepted.contains(found));
                let shown = |value: String| format!("{}:{index} {value}", bank_name(*bank));
                tally.demand(is_good, "pcrs", || shown(found.copied().shown()), || shown(listed(accepted)));
            }
        }
        let azure = body.azure.as_ref();
        let secure_boot = azure.and_then(|it| it.secure_boot);
        let is_on = secure_boot == Some(true) || !self.require_secure_boot;
        tally.demand(is_on, "requireSecureBoot", || secure_boot.shown(), || true.shown());
        let console = azure.and_then(|it| it.console_enabled);
        let is_closed = console == Some(false) || !self.require_no_console;
        tally.demand(is_closed, "requireNoConsole", || console.shown(), || false.shown());
        tally.one_of_present("vmIds", &self.vm_ids, azure.and_then(|it| it.vm_unique_id.as_ref()));
        tally.one_of_present("projectIds", &self.project_ids, body.gce.as_ref().map(|it| &it.project_id));
    }
}

/// A bank's name, as a policy writes it.
pub(crate) const fn bank_name(bank: PcrBank) -> &'static str {
    match bank {
        PcrBank::Sha1 => "sha1",
        PcrBank::Sha256 => "sha256",
        PcrBank::Sha384 => "sha384",
        PcrBank::Sha512 => "sha512",
    }
}
