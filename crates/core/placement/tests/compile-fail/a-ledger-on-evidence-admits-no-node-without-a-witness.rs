//! A node enters a ledger on evidence with its witness, or with nothing vouching for it.

use casemate_model::Node;
use casemate_placement::{Ledger, OnEvidence};

fn admit(ledger: &mut Ledger<OnEvidence>, node: Node) {
    let _ = ledger.admit(node);
}

fn main() {}
