//! Witnesses speak of platforms and workloads only.

use casemate_policy::Subject;

#[derive(Debug)]
struct Anything;

impl std::fmt::Display for Anything {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl Subject for Anything {}

fn main() {}
