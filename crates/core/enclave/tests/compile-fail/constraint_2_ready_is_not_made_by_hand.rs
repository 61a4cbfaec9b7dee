//! DESIGN section 2, constraint 2: readiness comes with a witness and from nowhere else.

use casemate_enclave::Ready;
use casemate_model::Measurement;
use casemate_policy::{Attested, Workload};

fn forge(measurement: Measurement, witness: Attested<Workload>) -> Ready {
    Ready { measurement, witness }
}

fn main() {}
