//! What a node has, out of `status.allocatable`.
//!
//! What each resource means, and in which unit, is in [`crate::vocabulary::resources`];
//! everything that is not CPU, memory or a TEE's is a device by its own name. Amounts that are not whole
//! are rounded down. Two vocabularies for one thing are two plugins that count the same: the
//! lesser amount is taken.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::{Bytes, Capacity, DeviceKind, Devices, MilliCpu, Tee};

use crate::Technology;
use crate::field::Field;
use crate::problem::Findings;
use crate::quantity::{Quantity, QuantityError};
use crate::resources::refusal;
use crate::vocabulary::resources::{Means, resource};

/// What a node has.
pub(super) struct Amounts<'a> {
    section: Field<'a>,
    cpu: MilliCpu,
    memory: Bytes,
    /// By TEE, what there is of it and is not zero.
    of_tees: BTreeMap<(Technology, Thing), u64>,
    /// TEEs of which there is something.
    pub(super) counted: BTreeSet<Technology>,
    pub(super) devices: Devices,
}

/// What a TEE can run out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Epc,
    Slots,
    KeySlots,
}

impl<'a> Amounts<'a> {
    /// Reads all amounts, so that everything wrong with them is found.
    pub(super) fn of(section: Field<'a>, to: &mut Findings) -> Option<Self> {
        let entries = section.entries(to);
        let mut amounts = Self {
            section,
            cpu: MilliCpu::ZERO,
            memory: Bytes::ZERO,
            of_tees: BTreeMap::new(),
            counted: BTreeSet::new(),
            devices: Devices::new(),
        };
        to.sound(|to| {
            for entry in entries {
                let Some(text) = entry.value.scalar("a quantity", to) else { continue };
                let known = resource(entry.key);
                let means = known.map(|known| known.means);
                let amount = match read(text, means) {
                    Ok(amount) => amount,
                    Err(error) => {
                        to.refuse(refusal(&entry.value, text, error));
                        continue;
                    }
                };
                // Where a plugin has gone, its resource stays behind as zero.
                if amount == 0 {
                    continue;
                }
                let technology = known.and_then(|known| known.technology);
                amounts.counted.extend(technology);
                let thing = match means {
                    Some(Means::Epc { .. }) => Some(Thing::Epc),
                    Some(Means::Slots) => Some(Thing::Slots),
                    Some(Means::KeySlots) => Some(Thing::KeySlots),
                    _ => None,
                };
                match (means, technology, thing) {
                    (Some(Means::Cpu), ..) => amounts.cpu = MilliCpu(amount),
                    (Some(Means::Memory), ..) => amounts.memory = Bytes(amount),
                    (_, Some(technology), Some(thing)) => {
                        amounts.add(technology, thing, amount, &entry.value, to);
                    }
                    _ => drop(amounts.devices.insert(DeviceKind::from(entry.key), amount)),
                }
            }
            Some(())
        })?;
        Some(amounts)
    }

    fn add(&mut self, of: Technology, thing: Thing, amount: u64, field: &Field<'_>, to: &mut Findings) {
        let kept = self.of_tees.entry((of, thing)).or_insert(amount);
        if *kept != amount {
            *kept = amount.min(*kept);
            to.note(field.note("two resources count the same and differ: the lesser amount is taken"));
        }
    }

    /// The TEEs that are counted, those that run virtual machines first.
    pub(super) fn tees(&self) -> Vec<Tee> {
        let mut tees: Vec<Tee> = self.counted.iter().filter_map(|technology| technology.tee()).collect();
        tees.sort_by_key(|tee| PREFERRED.iter().position(|preferred| preferred == tee));
        tees
    }

    /// What there is of these TEEs together. No processor has two that count the same thing.
    pub(super) fn capacity(&self, tees: &[Tee]) -> Capacity {
        let technologies =
            || Technology::ALL.into_iter().filter(|it| it.tee().is_some_and(|tee| tees.contains(&tee)));
        let of = |thing| technologies().find_map(|it| self.of_tees.get(&(it, thing)).copied());
        let epc = Bytes(of(Thing::Epc).unwrap_or(0));
        let count = |amount: u64| u32::try_from(amount).unwrap_or(u32::MAX);
        let slots = match of(Thing::Slots) {
            Some(slots) => slots,
            None if self.counts_enclaves_by_memory() => epc.0 / casemate_model::PAGE_SIZE,
            None => 0,
        };
        Capacity {
            epc,
            slots: count(slots),
            key_slots: count(of(Thing::KeySlots).unwrap_or(0)),
            cpu: self.cpu,
            memory: self.memory,
        }
    }

    /// Whether memory is the only bound on enclaves: older plugins count no slots. Each enclave takes a
    /// page at least, for its SECS (SDM vol. 3D, 37.7).
    fn counts_enclaves_by_memory(&self) -> bool {
        let counts_slots = |name: &str| name.starts_with("sgx.intel.com/");
        let is_epc = |name: &str| resource(name).is_some_and(|it| matches!(it.means, Means::Epc { .. }));
        let mut names = self.section.children().map(|(name, _)| name).filter(|name| is_epc(name)).peekable();
        names.peek().is_some() && !names.any(counts_slots)
    }
}

/// Which of several TEEs a node has first.
const PREFERRED: [Tee; 7] =
    [Tee::Tdx, Tee::SevSnp, Tee::Cca, Tee::Nitro, Tee::Sgx, Tee::TrustZone, Tee::Software];

fn read(text: &str, means: Option<Means>) -> Result<u64, QuantityError> {
    let amount = Quantity::parse(text)?.at_most(means == Some(Means::Cpu))?;
    match means {
        Some(Means::Epc { unit }) => amount.checked_mul(unit).ok_or(QuantityError::TooLarge),
        _ => Ok(amount),
    }
}
