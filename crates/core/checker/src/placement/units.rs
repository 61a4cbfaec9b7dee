//! What comes in parts: devices in units, and encrypted memory and its bandwidth by NUMA node.
//!
//! Of a device in units a pod has a share of one, or several whole ones. Encrypted memory it may have from several
//! NUMA nodes, its bandwidth from one. Which parts they are, a decider has to say ([`Taken`]); of what was
//! not said only sums are known.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use casemate_model::{DeviceKind, Node, Pod};

use super::against::Against;
use super::amounts::Amounts;
use crate::record::Record;
use crate::{Rule, Taken};

/// Sums of whole units that are looked at. Beyond, a pod is taken to fit.
const SUMS: usize = 4096;

/// What of a node's parts is in use.
#[derive(Debug, Default)]
pub(super) struct Units(BTreeMap<What, Used>);

/// What comes in parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Epc,
    Bandwidth,
    Device(DeviceKind),
}

#[derive(Debug, Default)]
struct Used {
    by_part: BTreeMap<usize, u128>,
    /// In use without a word about which parts.
    untold: u128,
}

impl Units {
    /// A pod comes of which nothing is known yet.
    pub(super) fn come(&mut self, charge: &Amounts) {
        for (what, amount) in all(charge) {
            let used = self.0.entry(what).or_default();
            used.untold = used.untold.saturating_add(amount);
        }
    }

    /// It is said out of which parts the pod has what it has.
    pub(super) fn tell(
        &mut self,
        record: &mut Record,
        pod: &Pod,
        node: &Node,
        charge: &Amounts,
        taken: &Taken,
    ) {
        for (what, asked) in all(charge) {
            let Some(parts) = what.among(taken) else { continue };
            let Some(capacities) = what.parts_of(node) else {
                record.breach(
                    what.misstated(),
                    &pod.key,
                    format_args!("parts of {what} on {}", node.name),
                    format_args!("none: it does not come in parts there"),
                );
                continue;
            };
            let capacity = |part: usize| capacities.get(part).copied().unwrap_or(0);
            let used = self.0.entry(what.clone()).or_default();
            used.untold = used.untold.saturating_sub(asked);
            for (part, amount) in parts {
                let total = used.by_part.entry(*part).or_default();
                *total = total.saturating_add(u128::from(*amount));
                if *total > capacity(*part) {
                    record.breach(
                        what.overcommitted(),
                        &pod.key,
                        format_args!("on {}: {total} in use of part {part} of {what}", node.name),
                        format_args!("{}", capacity(*part)),
                    );
                }
            }
            let total: u128 = parts.iter().map(|(_, amount)| u128::from(*amount)).sum();
            let one_or_whole =
                parts.len() <= 1 || parts.iter().all(|(part, amount)| u128::from(*amount) == capacity(*part));
            if total != asked || !(one_or_whole || what == What::Epc) {
                record.breach(
                    what.misstated(),
                    &pod.key,
                    format_args!("{total} of {what} out of {} parts", parts.len()),
                    format_args!("{asked}, {}", what.manner()),
                );
            }
        }
    }

    pub(super) fn go(&mut self, charge: &Amounts, taken: Option<&Taken>) {
        for (what, amount) in all(charge) {
            let Some(used) = self.0.get_mut(&what) else { continue };
            let Some(parts) = taken.and_then(|taken| what.among(taken)) else {
                used.untold = used.untold.saturating_sub(amount);
                continue;
            };
            for (part, amount) in parts {
                if let Some(total) = used.by_part.get_mut(part) {
                    *total = total.saturating_sub(u128::from(*amount));
                }
            }
        }
    }

    /// What speaks against the pod's having what it asks for out of parts. With `doubt`, also that nobody can know.
    pub(super) fn object(&self, against: &mut Against, asked: &Amounts, node: &Node, doubt: bool) {
        for (what, asked) in all(asked) {
            let Some(capacities) = what.parts_of(node).filter(|_| what != What::Epc) else { continue };
            let used = self.0.get(&what);
            let is_known = used.is_none_or(|used| used.untold == 0);
            if !is_known && !doubt {
                continue;
            }
            let free = capacities.iter().enumerate().map(|(part, capacity)| {
                let used = used.and_then(|used| used.by_part.get(&part)).copied().unwrap_or(0);
                (*capacity, capacity.saturating_sub(used))
            });
            if !is_known || !is_there(asked, free, &what) {
                against.add(
                    what.overcommitted(),
                    format_args!("{asked} of {what} are not free"),
                    format_args!("{}", what.manner()),
                );
            }
        }
    }
}

impl What {
    /// The capacity of each part; `None` where it does not come in parts.
    fn parts_of(&self, node: &Node) -> Option<Vec<u128>> {
        let numa = node.hardware.numa.iter();
        let parts: Vec<u128> = match self {
            Self::Epc => numa.map(|numa| u128::from(numa.epc.0)).collect(),
            Self::Bandwidth => numa.map(|numa| numa.bandwidth.map(u128::from)).collect::<Option<_>>()?,
            Self::Device(kind) => {
                node.hardware.units.get(kind)?.iter().map(|unit| u128::from(*unit)).collect()
            }
        };
        let is_listed = !parts.is_empty() && (*self != Self::Epc || parts.iter().any(|part| *part > 0));
        is_listed.then_some(parts)
    }

    /// What was said of it.
    fn among<'a>(&self, taken: &'a Taken) -> Option<&'a [(usize, u64)]> {
        let parts = match self {
            Self::Epc => &taken.epc,
            Self::Bandwidth => &taken.bandwidth,
            Self::Device(kind) => taken.units.get(kind)?,
        };
        Some(parts.as_slice()).filter(|parts| !parts.is_empty())
    }

    fn overcommitted(&self) -> Rule {
        match self {
            Self::Epc => Rule::NumaOvercommitted,
            Self::Bandwidth => Rule::BandwidthOvercommitted,
            Self::Device(_) => Rule::UnitsOvercommitted,
        }
    }

    fn misstated(&self) -> Rule {
        match self {
            Self::Epc | Self::Bandwidth => Rule::NumaMisstated,
            Self::Device(_) => Rule::UnitsMisstated,
        }
    }

    fn manner(&self) -> &'static str {
        match self {
            Self::Epc => "from any NUMA nodes",
            Self::Bandwidth => "from one NUMA node",
            Self::Device(_) => "a share of one unit, or whole ones",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epc => f.write_str("EPC"),
            Self::Bandwidth => f.write_str("bandwidth"),
            Self::Device(kind) => write!(f, "{kind}"),
        }
    }
}

/// Everything of which there is any that may come in parts.
fn all(charge: &Amounts) -> impl Iterator<Item = (What, u128)> {
    let devices = charge.devices().iter().map(|(kind, amount)| (What::Device(kind.clone()), *amount));
    let memory = [(What::Epc, charge.epc()), (What::Bandwidth, charge.bandwidth())];
    memory.into_iter().chain(devices).filter(|(_, amount)| *amount > 0)
}

/// Whether one of the parts, given as capacity and what is free, has so much free; or some units that are wholly
/// free have so much together.
fn is_there(asked: u128, parts: impl Iterator<Item = (u128, u128)> + Clone, what: &What) -> bool {
    if parts.clone().any(|(_, free)| free >= asked) {
        return true;
    }
    if *what == What::Bandwidth {
        return false;
    }
    let mut sums = BTreeSet::from([0]);
    for (capacity, _) in parts.filter(|(capacity, free)| free == capacity && *capacity > 0) {
        let more: Vec<u128> = sums.iter().map(|sum| capacity.saturating_add(*sum)).collect();
        sums.extend(more.into_iter().filter(|sum| *sum <= asked));
        if sums.len() > SUMS {
            return true;
        }
    }
    sums.contains(&asked)
}
