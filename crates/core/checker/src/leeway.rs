//! How far encrypted memory beyond requests may be shared out.

use casemate_model::Nanos;

/// What a cluster allows itself where working sets are larger than requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leeway {
    /// How many times as long enclaves may take for paging, in thousandths: 1000 is as long as undisturbed.
    pub slowdown_max: u64,
    /// To evict one page and to load another in its place.
    pub page_cost: Nanos,
    /// How many pages an enclave touches in a second of its own time.
    pub touches: u64,
}
