//! What a token says is not what the policy's keys and subject make of it.

use casemate_policy::result::Opened;
use casemate_policy::{Attested, Workload};

fn forge(opened: Opened) -> Attested<Workload> {
    opened.into()
}

fn main() {}
