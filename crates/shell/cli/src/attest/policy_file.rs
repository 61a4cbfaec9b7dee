//! A policy's file, as what is demanded of evidence.

use std::path::{Path, PathBuf};

use casemate_manifest::{RootName, read_policy};
use casemate_model::Fingerprint;
use casemate_node::{Clock, SoftwareTee};
use casemate_policy::EvidencePolicy;
use casemate_policy::evidence::Accept;

use crate::files;

/// Reads a policy. `this-machine` is the root in the default state directory.
pub(super) fn policy(path: &Path) -> Result<EvidencePolicy, String> {
    policy_on(path, None)
}

/// The same with the root in this state directory.
pub(super) fn policy_on(path: &Path, state_dir: Option<PathBuf>) -> Result<EvidencePolicy, String> {
    let source = files::source(path).map_err(|problem| problem.to_string())?;
    let document = read_policy(&source).map_err(|problems| {
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        format!("the policy cannot be used: {}", told.join("\n"))
    })?;
    let this_machine = if document.software_roots.contains(&RootName::ThisMachine) {
        let directory = crate::run::software_root(state_dir)?;
        let software = SoftwareTee::open(&directory, Clock::start().now());
        software.map_err(|error| error.to_string())?.fingerprint()
    } else {
        Fingerprint([0; 32])
    };
    let resolved =
        document.resolve(this_machine).map_err(|error| format!("policy `{}`: {error}", document.name))?;
    Ok(resolved.policy.evidence().clone())
}

/// The software roots that a policy names: naming one is what accepts it.
pub(super) fn software_roots(policy: &EvidencePolicy) -> Vec<Fingerprint> {
    let draft = policy.draft();
    let all = draft.rules.iter().chain(draft.scopes.iter().map(|scope| &scope.rules));
    let named = all.filter_map(|rules| match &rules.software.as_ref()?.roots {
        Accept::OneOf(roots) => Some(roots),
        Accept::Any => None,
    });
    named.flatten().copied().collect()
}
