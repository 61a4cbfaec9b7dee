//! One appraisal, one witness.

use casemate_policy::{Attested, Platform};

fn twice(witness: &Attested<Platform>) -> Attested<Platform> {
    <Attested<Platform> as Clone>::clone(witness)
}

fn main() {}
