//! Constraint 1: what is confidential runs only where evidence put it.

use casemate_placement::{Hypothetical, OnEvidence, Plan};

fn run(plan: Plan<OnEvidence>) -> Plan<OnEvidence> {
    plan
}

fn simulate(plan: Plan<Hypothetical>) {
    let _ = run(plan);
}

fn main() {}
