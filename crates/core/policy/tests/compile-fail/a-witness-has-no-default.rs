//! Nothing signed comes from nothing.

use casemate_policy::{Attested, Platform};

fn forge() -> Attested<Platform> {
    Default::default()
}

fn main() {}
