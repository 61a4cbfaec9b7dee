//! CC 7.2, dependent types: what has not been measured cannot be attested.

use casemate_enclave::{Created, Enclave};
use casemate_policy::{Attested, Workload};

fn too_early(enclave: Enclave<Created>, witness: Attested<Workload>) {
    let _ = enclave.attest(witness);
}

fn main() {}
