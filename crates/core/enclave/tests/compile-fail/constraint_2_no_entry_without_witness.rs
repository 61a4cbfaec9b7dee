//! DESIGN section 2, constraint 2: no enclave is entered before its own evidence was affirmed.

use casemate_enclave::{Enclave, Initialised};
use casemate_model::{Timestamp, WorkerId};

fn unattested(mut enclave: Enclave<Initialised>, worker: WorkerId, now: Timestamp) {
    let _ = enclave.enter(worker, now);
}

fn main() {}
