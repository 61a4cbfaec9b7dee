//! CC 7.2, linear types: a destroyed enclave is nobody's any more.

use casemate_enclave::{Cleaned, Enclave, Ready};
use casemate_model::{Timestamp, WorkerId};

fn enter_the_dead(mut enclave: Enclave<Ready>, cleaned: Cleaned, worker: WorkerId, now: Timestamp) {
    let _ = enclave.destroy(cleaned);
    let _ = enclave.enter(worker, now);
}

fn main() {}
