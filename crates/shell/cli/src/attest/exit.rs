//! Exit codes of `casemate attest`, which tell refused from broken.

use std::process::ExitCode;

use casemate_dossier::Outcome;

/// Everything was accepted.
const ACCEPTED: u8 = 0;
/// Something was refused.
const REFUSED: u8 = 1;
/// Something cannot be read as evidence, or the command line would not do.
pub(super) const BROKEN: u8 = 2;

/// The code that the worst of these has.
pub(super) fn code(outcomes: impl Iterator<Item = Outcome>) -> ExitCode {
    ExitCode::from(match outcomes.max() {
        None | Some(Outcome::Accepted) => ACCEPTED,
        Some(Outcome::Refused) => REFUSED,
        Some(Outcome::Malformed) => BROKEN,
    })
}
