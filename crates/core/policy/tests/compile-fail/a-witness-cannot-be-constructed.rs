//! The constructor is the appraisal's own.

use casemate_model::{Fingerprint, Timestamp};
use casemate_policy::{Attested, Workload};

fn forge(subject: Workload) -> Attested<Workload> {
    Attested::new(subject, Fingerprint([0; 32]), Timestamp(0), Timestamp(u64::MAX))
}

fn main() {}
