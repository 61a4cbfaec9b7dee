//! CC 7.2, linear types: only a pool makes frames.
use casemate_epc::Frame;

fn main() {
    let _frame = Frame { pool: 0, index: 0 };
}
