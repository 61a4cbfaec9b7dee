//! CC 7.2, dependent types: a suspended enclave must be resumed, on a new witness, before it is entered.

use casemate_enclave::{Enclave, Suspended};
use casemate_model::{Timestamp, WorkerId};

fn too_late(mut enclave: Enclave<Suspended>, worker: WorkerId, now: Timestamp) {
    let _ = enclave.enter(worker, now);
}

fn main() {}
