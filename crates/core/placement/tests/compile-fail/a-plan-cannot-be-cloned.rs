//! A plan is one reservation: there are never two of it.

use casemate_placement::{OnEvidence, Plan};

fn two(plan: &Plan<OnEvidence>) -> Plan<OnEvidence> {
    Clone::clone(plan)
}

fn main() {}
