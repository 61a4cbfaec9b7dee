//! The steps of paging: a load ends once, loaded or failed.
use casemate_epc::{Load, Manager};

fn both(manager: &mut Manager, load: Load) {
    manager.loaded(load);
    manager.failed(load);
}

fn main() {}
