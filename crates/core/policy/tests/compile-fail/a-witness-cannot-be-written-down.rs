//! Second constraint: no enclave is entered before its evidence has verified.

use casemate_model::{Fingerprint, Timestamp};
use casemate_policy::{Attested, Workload};

fn forge(subject: Workload) -> Attested<Workload> {
    Attested {
        subject,
        root: Fingerprint([0; 32]),
        not_before: Timestamp(0),
        not_after: Timestamp(u64::MAX),
    }
}

fn main() {}
