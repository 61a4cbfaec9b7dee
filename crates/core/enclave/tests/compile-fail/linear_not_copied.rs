//! CC 7.2, linear types: there is one handle for each enclave.

use casemate_enclave::{Enclave, Ready};

fn second_handle(enclave: &Enclave<Ready>) -> Enclave<Ready> {
    enclave.clone()
}

fn main() {}
