//! What is demanded of a Nitro enclave.

use std::collections::{BTreeMap, BTreeSet};

use casemate_attest::claims::NitroBody;
use casemate_model::{Digest, Fingerprint, Nanos};

use super::{Accept, listed};
use crate::judge::Tally;

/// What is demanded of a Nitro enclave: everything here has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NitroRules {
    /// Roots the evidence may chain to.
    pub roots: Accept<Fingerprint>,
    /// The registers that are looked at, and what each may be. One that is not in the document is not
    /// good.
    pub pcrs: BTreeMap<u8, BTreeSet<Digest>>,
    /// The instance and the enclave in it.
    pub module_ids: Accept<String>,
    /// How old the document may be by its own time. One from the future is then refused too.
    pub max_age: Option<Nanos>,
    /// Whether the enclave may run in debug mode.
    pub allow_debug: bool,
}

impl NitroRules {
    pub(crate) fn judge(&self, body: &NitroBody, tally: &mut Tally<'_>) {
        tally.debug(body.debug(), self.allow_debug);
        tally.reference(!self.pcrs.is_empty());
        for (index, accepted) in &self.pcrs {
            let found = body.pcrs.get(index);
            let is_good = found.is_some_and(|found| accepted.contains(found));
            let shown = |value: String| format!("PCR{index} {value}");
            let nothing = || "(none)".to_owned();
            tally.demand(
                is_good,
                "pcrs",
                || shown(found.map_or_else(nothing, Digest::to_string)),
                || shown(listed(accepted)),
            );
        }
        tally.one_of("moduleIds", &self.module_ids, &body.module_id);
        if let Some(max_age) = self.max_age {
            let (made, last) = (body.timestamp, body.timestamp.after(max_age));
            let now = tally.now();
            let found = || format!("made at {made}, and it is {now}");
            tally.demand(made <= now && now <= last, "maxAge", found, || {
                format!("made within {} s before now", max_age.0 / 1_000_000_000)
            });
            tally.hold_until(last);
        }
    }
}
