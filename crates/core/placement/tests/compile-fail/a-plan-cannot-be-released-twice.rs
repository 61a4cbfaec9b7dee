//! A plan is one reservation: giving it back uses it up.

use casemate_placement::{Ledger, OnEvidence, Plan};

fn give_back(ledger: &mut Ledger<OnEvidence>, plan: Plan<OnEvidence>) {
    let _ = ledger.release(plan);
    let _ = ledger.release(plan);
}

fn main() {}
