//! The casemate command.
fn main() {}
