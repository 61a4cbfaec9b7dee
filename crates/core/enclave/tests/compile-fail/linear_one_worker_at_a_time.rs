//! CC 7.2, linear types: an enclave is accessed exclusively, so a second worker must wait for the first.

use casemate_enclave::{Enclave, Lapsed, Ready};
use casemate_model::{Timestamp, WorkerId};

fn two_at_once(
    enclave: &mut Enclave<Ready>,
    first: WorkerId,
    second: WorkerId,
    now: Timestamp,
) -> Result<(), Lapsed> {
    let one = enclave.enter(first, now)?;
    let two = enclave.enter(second, now)?;
    one.aex();
    two.aex();
    Ok(())
}

fn main() {}
