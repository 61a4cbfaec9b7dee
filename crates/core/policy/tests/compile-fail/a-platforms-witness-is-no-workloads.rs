//! First constraint: what gates placement does not open an enclave.

use casemate_policy::{Attested, Platform, Workload};

fn confuse(platform: Attested<Platform>) -> Attested<Workload> {
    platform
}

fn main() {}
