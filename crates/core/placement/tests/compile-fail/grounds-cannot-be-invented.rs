//! There are two grounds for a placement, and nobody adds a third.

use casemate_placement::Grounds;

#[derive(Debug)]
enum OnMyWord {}

impl Grounds for OnMyWord {}

fn main() {}
