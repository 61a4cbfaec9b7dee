//! CC 7.2, linear types: an enclave somebody is in cannot be destroyed.

use casemate_enclave::{Cleaned, Enclave, Lapsed, Ready};
use casemate_model::{Timestamp, WorkerId};

fn pull_the_rug(
    mut enclave: Enclave<Ready>,
    cleaned: Cleaned,
    worker: WorkerId,
    now: Timestamp,
) -> Result<(), Lapsed> {
    let inside = enclave.enter(worker, now)?;
    let _ = enclave.destroy(cleaned);
    inside.aex();
    Ok(())
}

fn main() {}
