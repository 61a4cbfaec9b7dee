//! Why a pod is not placed, in data and in words.

use std::fmt;

use casemate_model::{NodeName, PodKey, Taint, TaintEffect, Tee};
use casemate_policy::Expired;

use crate::{Misfit, Resource};

/// One filter's reason against one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// The node has no TEE that does for the one asked for.
    Tee {
        /// The TEE asked for.
        wanted: Tee,
        /// What the node has.
        has: Option<Tee>,
    },
    /// No evidence about the node's platform was ever found good.
    Unattested,
    /// The platform's witness does not hold now.
    Lapsed(Expired),
    /// Not enough of a resource.
    Short {
        /// Of which.
        resource: Resource,
        /// What the pod asks for.
        asked: u64,
        /// What is free.
        free: u64,
        /// What there is in all.
        capacity: u64,
    },
    /// Enough of a resource is free in all, but not as it is asked for.
    Misfit {
        /// Of which.
        resource: Resource,
        /// What the pod asks for.
        asked: u64,
        /// How it does not fit.
        misfit: Misfit,
    },
    /// The node lacks a label the pod selects by, or has another value.
    Label {
        /// The label's key.
        key: String,
        /// The value asked for.
        wanted: String,
        /// The node's value.
        has: Option<String>,
    },
    /// The node has a taint the pod does not tolerate.
    Taint(Taint),
    /// The node is kept free for a pod that has waited longer.
    Held {
        /// For whom.
        pod: PodKey,
        /// How often others were placed in its stead.
        passed_over: u32,
    },
}

impl Objection {
    /// Whether it would stand even if the node were empty and freshly attested.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Tee { .. } | Self::Label { .. } | Self::Taint(_) => true,
            Self::Short { asked, capacity, .. } => asked > capacity,
            Self::Misfit { asked, misfit, .. } => misfit.is_permanent(*asked),
            Self::Unattested | Self::Lapsed(_) | Self::Held { .. } => false,
        }
    }
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tee { wanted, has: Some(has) } => write!(f, "asks for {wanted}, the node has {has}"),
            Self::Tee { wanted, has: None } => write!(f, "asks for {wanted}, the node has no TEE"),
            Self::Unattested => {
                f.write_str("the node is not attested: it needs evidence that the policy accepts")
            }
            Self::Lapsed(expired) => write!(f, "the node's attestation does not hold: {expired}"),
            Self::Short { resource, asked, free, capacity } => {
                let [asked, free, all] = [asked, free, capacity].map(|units| resource.amount(*units));
                if self.is_permanent() {
                    write!(f, "asks for {asked} {resource}, the node has {all} in all")
                } else {
                    write!(f, "asks for {asked} {resource}, {free} of {all} are free")
                }
            }
            Self::Misfit { resource, asked, misfit } => misfit.tell(resource, *asked, f),
            Self::Label { key, wanted, has: Some(has) } => {
                write!(f, "selects {key}={wanted}, the node has {key}={has}")
            }
            Self::Label { key, wanted, has: None } => {
                write!(f, "selects {key}={wanted}, the node has no label {key}")
            }
            Self::Taint(Taint { key, value, effect }) => {
                write!(f, "does not tolerate the taint {key}={value}:{}", effect_name(*effect))
            }
            Self::Held { pod, passed_over } => {
                write!(f, "the node is held for {pod}, which was passed over {passed_over} times")
            }
        }
    }
}

fn effect_name(effect: TaintEffect) -> &'static str {
    match effect {
        TaintEffect::NoSchedule => "NoSchedule",
        TaintEffect::PreferNoSchedule => "PreferNoSchedule",
        TaintEffect::NoExecute => "NoExecute",
    }
}

/// A reason against a pod whatever the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodObjection {
    /// Its requests add up to more than can be counted, and so to more than any node has.
    Uncountable(Resource),
    /// It is placed already: its plan has to be released first.
    AlreadyPlaced(NodeName),
}

impl PodObjection {
    /// Whether it would stand on any node at any time.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Uncountable(_))
    }
}

impl fmt::Display for PodObjection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uncountable(resource) => {
                write!(f, "its requests for {resource} add up to more than any node can have")
            }
            Self::AlreadyPlaced(node) => write!(f, "it is already placed on {node}"),
        }
    }
}
