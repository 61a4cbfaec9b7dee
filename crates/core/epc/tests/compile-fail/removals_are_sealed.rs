//! The steps of paging: pages of a destroyed enclave are not evicted.
use casemate_epc::{Closing, Manager};

fn wrong(manager: &mut Manager, closing: &Closing) {
    let removals = manager.remove(closing).unwrap();
    manager.evicted(removals);
}

fn main() {}
