//! Freshness is borrowed: it cannot be kept while the witness is dropped or replaced.

use casemate_model::Timestamp;
use casemate_policy::{Attested, Expired, Fresh, Platform};

fn keep(witness: Attested<Platform>, now: Timestamp) -> Result<Fresh<'static, Platform>, Expired> {
    witness.at(now)
}

fn main() {}
