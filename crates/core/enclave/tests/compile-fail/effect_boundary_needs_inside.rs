//! CC 7.2, effect systems: crossing the boundary takes the capability that entering gives; owning the enclave is not enough.

use casemate_enclave::{Enclave, Interior, Ready};

fn read_from_outside(enclave: &Enclave<Ready>, interior: &mut Interior<u8>) -> u8 {
    *interior.reach(enclave).unwrap()
}

fn main() {}
