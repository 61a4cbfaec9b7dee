//! What a container asks for: `resources.requests` and `resources.limits`.
//!
//! What each resource means, and in which unit, is in [`crate::vocabulary::resources`].
//! Taken are `cpu`, `memory`, and what counts encrypted memory, enclaves, key slots
//! and the right to be attested.
//!
//! Of encrypted memory the *request* is guaranteed resident and the *limit* is
//! the most the enclave may have; Kubernetes itself would insist that the two are
//! equal. A limit without a request means that the request equals it. Slots cannot be
//! paged, so there request and limit must agree. An SGX container that names no slot takes one.
//!
//! Refused: a request above its limit, amounts of TEE resources that are not whole,
//! two vocabularies for the same thing in one container, two TEEs in one container,
//! and any other resource, which this machine has none of.
//!
//! Read to plan, every other resource that a node can have is a device by its own name:
//! GPUs, huge pages, the right to be attested. A TEE's device is that, and asks for its
//! TEE. Still refused: resources of a TEE that nothing here verifies, and those that look
//! like a TEE's and are in no table. Counted as devices, they would ask for no evidence.

use std::collections::BTreeMap;

use casemate_model::{Bytes, Demand, DeviceKind, EnclaveDemand, MilliCpu, Tee};

use crate::field::Field;
use crate::inputs::Purpose;
use crate::problem::{Findings, shown};
use crate::quantity::{Quantity, QuantityError};
use crate::vocabulary::resources::{Means, is_device, is_extended, resource};
use crate::vocabulary::words::hint;

/// Reads a container's demand.
pub(crate) fn demand(container: &Field<'_>, purpose: Purpose, to: &mut Findings) -> Option<Demand> {
    to.sound(|to| {
        let asked = asked(container, purpose, to);
        let enclave = enclave(&asked, to);
        let mut demand = Demand { enclave, ..Demand::default() };
        for one in &asked {
            match one.means {
                Means::Cpu => demand.cpu = MilliCpu(one.guaranteed()),
                Means::Memory => {
                    demand.memory = Bytes(one.guaranteed());
                    demand.memory_limit = one.limit.as_ref().map(|limit| Bytes(limit.amount));
                }
                Means::Provision | Means::Device | Means::Uncounted => {
                    if purpose == Purpose::Plan && one.guaranteed() != 0 {
                        demand.devices.insert(DeviceKind::from(one.name), one.guaranteed());
                    }
                }
                Means::Epc { .. } | Means::Slots | Means::KeySlots | Means::PeerPod => {}
            }
        }
        Some(demand)
    })
}

/// One resource, in its base unit, with the fields it was read from.
struct Asked<'a> {
    name: &'a str,
    tee: Option<Tee>,
    means: Means,
    request: Option<Amount<'a>>,
    limit: Option<Amount<'a>>,
}

struct Amount<'a> {
    amount: u64,
    field: Field<'a>,
}

impl Asked<'_> {
    fn guaranteed(&self) -> u64 {
        self.request.as_ref().or(self.limit.as_ref()).map_or(0, |amount| amount.amount)
    }

    /// Zero of something is as good as not asking for it.
    fn is_something(&self) -> bool {
        self.guaranteed() != 0 || self.limit.as_ref().is_some_and(|limit| limit.amount != 0)
    }

    /// Where to point at: the request where there is one.
    fn field(&self) -> Option<&Field<'_>> {
        self.request.as_ref().or(self.limit.as_ref()).map(|amount| &amount.field)
    }
}

fn asked<'a>(container: &Field<'a>, purpose: Purpose, to: &mut Findings) -> Vec<Asked<'a>> {
    let mut asked: Vec<Asked<'a>> = Vec::new();
    let mut places = BTreeMap::new();
    let Some(resources) = container.get("resources") else { return asked };
    if !resources.map(to) {
        return asked;
    }
    for (section, is_limit) in [("requests", false), ("limits", true)] {
        let Some(section) = resources.get(section) else { continue };
        for entry in section.entries(to) {
            let Some((tee, means)) = meaning(entry.key, &entry.value, purpose, to) else { continue };
            let Some(amount) = amount(means, &entry.value, to) else { continue };
            let amount = Some(Amount { amount, field: entry.value });
            let place = *places.entry(entry.key).or_insert(asked.len());
            if place == asked.len() {
                asked.push(Asked { name: entry.key, tee, means, request: None, limit: None });
            }
            if let Some(one) = asked.get_mut(place) {
                if is_limit { one.limit = amount } else { one.request = amount }
            }
        }
    }
    for one in &asked {
        within_limit(one, to);
    }
    asked
}

/// What a resource is for, where it can be had.
fn meaning(
    name: &str,
    value: &Field<'_>,
    purpose: Purpose,
    to: &mut Findings,
) -> Option<(Option<Tee>, Means)> {
    let meaning = match purpose {
        Purpose::Run => here(name),
        Purpose::Plan => somewhere(name),
    };
    if meaning.is_none() {
        to.refuse(match purpose {
            Purpose::Run => value.not_run(
                format!("no node of this version offers the resource `{name}`"),
                "Take it out, or run the pod where the resource exists",
            ),
            Purpose::Plan if resource(name).is_some() => value.not_run(
                format!("`{name}` asks for a TEE whose evidence this version does not verify, or names none"),
                "Take it out, or ask for a resource of SGX, TDX, SEV-SNP or Nitro",
            ),
            Purpose::Plan if is_device(name) => value.not_run(
                format!("`{name}` looks like a TEE's resource, and is in no table of resources"),
                "Correct its name: counted as a device, it would ask for no evidence",
            ),
            Purpose::Plan => value.problem(
                format!("`{}` is no resource that Kubernetes knows", shown(name)),
                "Write an extended resource with its domain, such as `nvidia.com/gpu`",
            ),
        });
    }
    meaning
}

/// What a resource is for on this machine.
fn here(name: &str) -> Option<(Option<Tee>, Means)> {
    let known = resource(name).filter(|known| !matches!(known.means, Means::Device | Means::PeerPod))?;
    match known.technology {
        Some(technology) => {
            technology.tee().filter(|tee| *tee != Tee::Nitro).map(|tee| (Some(tee), known.means))
        }
        None => Some((None, known.means)),
    }
}

/// What a resource is for on nodes that can be anything.
fn somewhere(name: &str) -> Option<(Option<Tee>, Means)> {
    let Some(known) = resource(name) else {
        return (is_device(name) && hint(name).is_none()).then_some((None, Means::Device));
    };
    match known.technology {
        Some(technology) => technology.tee().map(|tee| (Some(tee), known.means)),
        None => (!known.is_of_a_tee()).then_some((None, known.means)),
    }
}

fn amount(means: Means, field: &Field<'_>, to: &mut Findings) -> Option<u64> {
    let text = field.scalar("a quantity", to)?;
    let read = Quantity::parse(text).and_then(|quantity| {
        let amount = if means == Means::Cpu { quantity.thousandths()? } else { quantity.whole()? };
        Ok((amount, quantity.is_whole()))
    });
    match read {
        Ok((_, false)) if !matches!(means, Means::Cpu | Means::Memory | Means::Uncounted) => {
            to.refuse(
                field.problem(format!("`{text}` is not a whole number"), "Ask for a whole number of it"),
            );
            None
        }
        Ok((amount, _)) => {
            let Means::Epc { unit } = means else { return Some(amount) };
            let bytes = amount.checked_mul(unit);
            if bytes.is_none() {
                to.refuse(refusal(field, text, QuantityError::TooLarge));
            }
            bytes
        }
        Err(error) => {
            to.refuse(refusal(field, text, error));
            None
        }
    }
}

/// What is wrong with an amount.
pub(crate) fn refusal(field: &Field<'_>, text: &str, error: QuantityError) -> crate::Problem {
    let shown: String = text.chars().take(40).collect();
    field.problem(
        format!("the amount `{shown}` {error}"),
        match error {
            QuantityError::NotANumber => "Write a number, with a suffix if you like: `64Mi`, `250m`, `2`",
            QuantityError::UnknownSuffix => {
                "Suffixes are Ki Mi Gi Ti Pi Ei (powers of 1024) and n u m k M G T P E (powers of 1000)"
            }
            QuantityError::Negative => "Write zero or more",
            QuantityError::TooLarge => "Write less than 2^64 of the unit",
        },
    )
}

fn within_limit(one: &Asked<'_>, to: &mut Findings) {
    let (Some(request), Some(limit)) = (&one.request, &one.limit) else { return };
    let paged = match one.means {
        Means::Cpu | Means::Memory | Means::Epc { .. } => true,
        Means::Uncounted => !is_extended(one.name),
        Means::Slots | Means::Provision | Means::KeySlots | Means::Device | Means::PeerPod => false,
    };
    if request.amount > limit.amount {
        to.refuse(request.field.problem(
            format!("the request for `{}` is above its limit", one.name),
            "The request is guaranteed, the limit is the most it may have: lower the one or raise the other",
        ));
    } else if !paged && request.amount != limit.amount {
        to.refuse(request.field.problem(
            format!("request and limit of `{}` differ", one.name),
            "Slots cannot be paged: make the two equal",
        ));
    }
}

fn enclave(asked: &[Asked<'_>], to: &mut Findings) -> Option<EnclaveDemand> {
    let mut wanted = asked.iter().filter(|one| one.tee.is_some() && one.is_something());
    let first = wanted.next()?;
    let mut demand = EnclaveDemand {
        tee: first.tee?,
        epc_guaranteed: Bytes::ZERO,
        epc_limit: None,
        slots: 0,
        key_slots: 0,
    };
    let mut epc: Option<&Asked<'_>> = None;
    for one in std::iter::once(first).chain(wanted) {
        if one.tee != Some(demand.tee) {
            clash(one, &format!("asks for a second TEE beside {}", demand.tee), to);
        }
        match one.means {
            Means::Epc { .. } => {
                if let Some(other) = epc.replace(one) {
                    clash(
                        one,
                        &format!("asks for encrypted memory that `{}` asks for already", other.name),
                        to,
                    );
                }
                demand.epc_guaranteed = Bytes(one.guaranteed());
                demand.epc_limit = one.limit.as_ref().map(|limit| Bytes(limit.amount));
            }
            Means::Slots if demand.slots != 0 => clash(one, "asks for enclaves a second time", to),
            Means::Slots => demand.slots = count(one, to),
            Means::KeySlots => demand.key_slots = count(one, to),
            Means::Provision
            | Means::Cpu
            | Means::Memory
            | Means::Device
            | Means::PeerPod
            | Means::Uncounted => {}
        }
    }
    // Who asks for the device alone is counted by it.
    let by_device = |one: &Asked<'_>| one.tee.is_none() || one.means == Means::Device || !one.is_something();
    if demand.tee == Tee::Sgx && !asked.iter().all(by_device) {
        demand.slots = demand.slots.max(1);
    }
    Some(demand)
}

fn clash(one: &Asked<'_>, cause: &str, to: &mut Findings) {
    if let Some(field) = one.field() {
        to.refuse(field.problem(format!("`{}` {cause}", one.name), "Ask for one TEE, in one vocabulary"));
    }
}

fn count(one: &Asked<'_>, to: &mut Findings) -> u32 {
    u32::try_from(one.guaranteed()).unwrap_or_else(|_| {
        if let Some(field) = one.field() {
            to.refuse(field.problem("more slots than can be counted", "Ask for fewer"));
        }
        u32::MAX
    })
}
