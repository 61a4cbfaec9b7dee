//! CC 7.2, effect systems: what was reached from inside cannot be held on to outside.

use casemate_enclave::{Inside, Interior};

fn smuggle(inside: Inside<'_>, interior: &mut Interior<u8>) -> u8 {
    let secret = interior.reach(&inside).unwrap();
    inside.eexit();
    *secret
}

fn main() {}
