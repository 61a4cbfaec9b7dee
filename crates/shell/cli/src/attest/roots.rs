//! Which roots a command accepts: the vendors', those it is given, and this machine's.

use std::path::PathBuf;

use casemate_attest::Roots;
use casemate_model::Timestamp;
use casemate_node::SoftwareTee;
use casemate_policy::EvidencePolicy;
use clap::Args;

use super::arguments::{self, Root};
use super::policy_file::software_roots;

/// Roots besides the vendors' own.
#[derive(Args)]
pub(super) struct RootArguments {
    /// A root to accept beside the vendors' own, for tests: VENDOR=sha256:HEX; may be repeated.
    #[arg(long, value_name = "ROOT", value_parser = arguments::root)]
    root: Vec<Root>,

    /// Accept software enclaves of this machine. They protect nothing from its owner.
    #[arg(long)]
    software_root: bool,

    /// Where this machine's software root is kept
    /// [default: $XDG_STATE_HOME/casemate, else ~/.local/state/casemate].
    #[arg(long, value_name = "DIR")]
    pub(super) state_dir: Option<PathBuf>,
}

impl RootArguments {
    /// The vendors' roots, those of the command line, and the software roots that the policy names.
    pub(super) fn accepted(&self, policy: &EvidencePolicy, now: Timestamp) -> Result<Roots, String> {
        let production = Roots::production().with_software(software_roots(policy));
        let mut roots = self.root.iter().fold(production, |roots, root| root.add_to(roots));
        if self.software_root {
            let directory = crate::run::software_root(self.state_dir.clone())?;
            let software = SoftwareTee::open(&directory, now).map_err(|error| error.to_string())?;
            roots = roots.with_software([software.fingerprint()]);
        }
        Ok(roots)
    }
}
