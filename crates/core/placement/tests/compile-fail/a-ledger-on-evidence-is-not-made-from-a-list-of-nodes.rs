//! Nodes known from a document only make a hypothetical ledger.

use casemate_model::Node;
use casemate_placement::{Ledger, OnEvidence};

fn trust_them(nodes: Vec<Node>) {
    let _ = Ledger::<OnEvidence>::new(nodes);
}

fn main() {}
