//! Which instance types would hold what is wanted, and what the others lack.
//!
//! An answer for people who choose a node pool, not a promise: sizes are those of the whole
//! instance, before what a node keeps for itself, and a resource whose size no source states
//! is said to be unstated, never assumed. Where the TEE has no encrypted memory of its own kind, what is
//! asked for as such is taken out of ordinary memory.
//!
//! Waste is what would be left over: of CPU, memory and, where there is any, encrypted
//! memory, the part of each that is not used, averaged. Integers throughout, so that the
//! order is the same everywhere.

use std::cmp::Reverse;
use std::fmt;

use casemate_model::{Bytes, MilliCpu, Tee};

use crate::{Covers, InstanceType, Sold, Wanted};

/// What instance types have more or less of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// CPU, in thousandths of one.
    Cpu,
    /// Memory, in bytes.
    Memory,
    /// Encrypted memory for enclaves, in bytes.
    Epc,
    /// Enclaves at a time.
    EnclaveSlots,
    /// Keys for confidential VMs of its own.
    KeySlots,
}

impl Resource {
    /// Every resource, in the order reasons are given.
    pub const ALL: [Self; 5] = [Self::Cpu, Self::Memory, Self::Epc, Self::EnclaveSlots, Self::KeySlots];

    /// `amount` of it as people write it.
    fn amount(self, amount: u64) -> String {
        match self {
            Self::Cpu => MilliCpu(amount).to_string(),
            Self::Memory | Self::Epc => Bytes(amount).to_string(),
            Self::EnclaveSlots | Self::KeySlots => amount.to_string(),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "CPU",
            Self::Memory => "memory",
            Self::Epc => "EPC",
            Self::EnclaveSlots => "enclave slots",
            Self::KeySlots => "key slots",
        })
    }
}

/// How much of a resource a type has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    /// This much, in the resource's unit.
    Exactly(u64),
    /// As many as whoever sets up the node says: nothing of the hardware bounds it.
    Unbounded,
    /// No source says.
    Unstated,
}

/// What a type lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// It is sold with another TEE, or with one of which no evidence is accepted.
    Tee {
        /// The TEE that is wanted.
        wanted: Tee,
        /// The one it has.
        sold: Sold,
    },
    /// It is a confidential VM itself and starts no others, so it has no keys to hand out.
    NoChildVms {
        /// How many keys are wanted.
        wanted: u64,
    },
    /// It has less.
    Short {
        /// Of what.
        resource: Resource,
        /// How much is wanted.
        wanted: u64,
        /// How much it has.
        has: u64,
    },
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tee { wanted, sold } => write!(f, "TEE: {wanted} wanted, has {sold}"),
            Self::NoChildVms { wanted } => {
                write!(f, "key slots: {wanted} wanted; it is a confidential VM itself and starts none")
            }
            Self::Short { resource, wanted, has } => {
                write!(f, "{resource}: {} wanted, has {}", resource.amount(*wanted), resource.amount(*has))
            }
        }
    }
}

/// A type that would hold what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit<'a> {
    /// The type.
    pub instance_type: &'a InstanceType,
    /// What would be left over, in millionths of the whole.
    pub waste_ppm: u64,
    /// Of these, which are wanted, no source says how much it has.
    pub unstated: Vec<Resource>,
    /// A TEE is wanted, and no source says what it can show a verifier.
    pub is_evidence_unstated: bool,
}

/// A type that would not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss<'a> {
    /// The type.
    pub instance_type: &'a InstanceType,
    /// Everything it lacks. Never empty.
    pub lacks: Vec<Lack>,
}

/// Every type, on one of two lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Those that would do. What is fully stated comes first, then the least waste, then what
    /// everybody can have and nobody takes off the market.
    pub fits: Vec<Fit<'a>>,
    /// Those that would not. The nearest comes first: the right TEE, then the fewest lacks.
    pub misses: Vec<Miss<'a>>,
}

/// Sorts `types` into those that fit `wanted` and those that do not.
#[must_use]
pub fn answer<'a>(types: impl IntoIterator<Item = &'a InstanceType>, wanted: &Wanted) -> Answer<'a> {
    let mut answer = Answer { fits: Vec::new(), misses: Vec::new() };
    for instance_type in types {
        let asked = instance_type.charged(wanted);
        let lacks = instance_type.lacks(&asked);
        if lacks.is_empty() {
            let unstated = Resource::ALL.into_iter().filter(|it| instance_type.leaves_open(&asked, *it));
            answer.fits.push(Fit {
                instance_type,
                waste_ppm: instance_type.waste_ppm(&asked),
                unstated: unstated.collect(),
                is_evidence_unstated: wanted.tee.is_some() && instance_type.evidence.is_empty(),
            });
        } else {
            answer.misses.push(Miss { instance_type, lacks });
        }
    }
    answer.fits.sort_by(|a, b| a.rank().cmp(&b.rank()));
    answer.misses.sort_by(|a, b| a.rank().cmp(&b.rank()));
    answer
}

impl Fit<'_> {
    fn rank(&self) -> impl Ord {
        let it = self.instance_type;
        let prospects = (it.status, it.retires.is_some());
        let size = (it.vcpus, it.memory);
        let open = (!self.unstated.is_empty(), self.is_evidence_unstated);
        (open, self.waste_ppm, prospects, size, it.provider, it.name.as_str(), it.tee)
    }
}

impl Miss<'_> {
    fn rank(&self) -> impl Ord {
        let it = self.instance_type;
        let is_other_tee = self.lacks.iter().any(|lack| matches!(lack, Lack::Tee { .. }));
        // Of those that lack something, the largest is nearest.
        let size = (Reverse(it.epc), Reverse(it.memory), Reverse(it.vcpus));
        (is_other_tee, self.lacks.len(), size, it.provider, it.name.as_str(), it.tee)
    }
}

impl InstanceType {
    /// How much of a resource it has for workloads.
    #[must_use]
    pub fn has(&self, resource: Resource) -> Has {
        let is_sgx = self.tee.tee() == Some(Tee::Sgx);
        match resource {
            Resource::Cpu => {
                let left = self.vcpus.saturating_sub(self.parent_vcpus.unwrap_or(0));
                Has::Exactly(u64::from(left).saturating_mul(1000))
            }
            Resource::Memory => Has::Exactly(self.memory.0),
            Resource::Epc if is_sgx => self.epc.map_or(Has::Unstated, |it| Has::Exactly(it.0)),
            Resource::EnclaveSlots if is_sgx => Has::Unbounded,
            Resource::EnclaveSlots if self.covers == Covers::Enclaves => {
                self.enclaves_max.map_or(Has::Unstated, |it| Has::Exactly(it.into()))
            }
            Resource::KeySlots if self.covers == Covers::ChildVms => Has::Unstated,
            Resource::Epc | Resource::EnclaveSlots | Resource::KeySlots => Has::Exactly(0),
        }
    }

    /// What `wanted` costs here: encrypted memory is ordinary memory where it is of no other kind.
    fn charged(&self, wanted: &Wanted) -> Wanted {
        let mut charged = *wanted;
        if self.tee.tee() != Some(Tee::Sgx) {
            charged.capacity.memory = wanted.capacity.memory.saturating_add(wanted.capacity.epc);
            charged.capacity.epc = Bytes::ZERO;
        }
        charged
    }

    fn lacks(&self, asked: &Wanted) -> Vec<Lack> {
        let wrong_tee = asked.tee.filter(|wanted| !self.tee.tee().is_some_and(|it| it.satisfies(*wanted)));
        let wrong_tee = wrong_tee.map(|wanted| Lack::Tee { wanted, sold: self.tee });
        let short = Resource::ALL.into_iter().filter_map(|resource| {
            let wanted = asked.of_resource(resource);
            match self.has(resource) {
                Has::Exactly(has) if has >= wanted => None,
                Has::Exactly(_) if resource == Resource::KeySlots && self.covers == Covers::Instance => {
                    Some(Lack::NoChildVms { wanted })
                }
                Has::Exactly(has) => Some(Lack::Short { resource, wanted, has }),
                Has::Unbounded | Has::Unstated => None,
            }
        });
        wrong_tee.into_iter().chain(short).collect()
    }

    fn leaves_open(&self, asked: &Wanted, resource: Resource) -> bool {
        asked.of_resource(resource) != 0 && self.has(resource) == Has::Unstated
    }

    fn waste_ppm(&self, asked: &Wanted) -> u64 {
        let mut sum = 0;
        let mut parts = 0;
        for resource in [Resource::Cpu, Resource::Memory, Resource::Epc] {
            if let Has::Exactly(has @ 1..) = self.has(resource) {
                let left = has.saturating_sub(asked.of_resource(resource));
                // At most a million, whatever the sizes.
                sum += u64::try_from(u128::from(left) * 1_000_000 / u128::from(has)).unwrap_or(1_000_000);
                parts += 1;
            }
        }
        sum.checked_div(parts).unwrap_or(0)
    }
}
