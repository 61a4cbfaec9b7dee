//! CC 7.2, effect systems: the capability comes from entering and from nowhere else.

use casemate_enclave::Inside;
use casemate_model::{Timestamp, WorkerId};

fn forge<'a>(worker: WorkerId, since: Timestamp) -> Inside<'a> {
    Inside { worker, since, ended: false }
}

fn main() {}
