//! Why a pod is not placed, in data and in words.

use std::fmt;

use casemate_model::tee::Lack;
use casemate_model::{NodeName, PodKey, Scope, Taint, TaintEffect, Tee};
use casemate_policy::Expired;

use crate::society::Rivalry;
use crate::{Misfit, Resource, Slowdown};

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
    /// The platform's witness does not speak of the TEE that would serve the pod.
    UnattestedTee(Tee),
    /// It is supposed that the platform is not to be trusted.
    Distrusted(String),
    /// What the pod needs and the TEE, or its runtime, lacks.
    Lacks(Lack),
    /// Somebody would be slowed down too much by paging.
    SlowedDown {
        /// By how much, as is predicted.
        predicted: Slowdown,
        /// What is allowed.
        most: Slowdown,
    },
    /// The pod names another node.
    NamesAnother(NodeName),
    /// Affinity or spread, its own or others'.
    Affinity(casemate_affinity::Objection),
    /// A tenant that will not share, or is not shared with.
    Rival(Rivalry),
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
            Self::Tee { .. }
            | Self::Label { .. }
            | Self::Taint(_)
            | Self::Lacks(_)
            | Self::NamesAnother(_) => true,
            Self::Affinity(reason) => is_of_the_node(reason),
            Self::UnattestedTee(_) | Self::Distrusted(_) | Self::Rival(_) | Self::SlowedDown { .. } => false,
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
            Self::UnattestedTee(tee) => {
                write!(f, "the node's evidence does not speak of its {tee}: it has to be attested as well")
            }
            Self::Distrusted(why) => write!(f, "the node is not trusted: {why}"),
            Self::Lacks(lack) => lack.fmt(f),
            Self::SlowedDown { predicted, most } => write!(
                f,
                "enclaves would take {predicted} times as long for paging, at most {most} times is allowed"
            ),
            Self::NamesAnother(node) => write!(f, "names the node {node}"),
            Self::Affinity(reason) => reason.fmt(f),
            Self::Rival(Rivalry { scope, tenant, theirs }) => {
                let what = match scope {
                    Scope::Core => "cores",
                    Scope::Tee => "TEE",
                    Scope::Node => "node",
                };
                if *theirs {
                    write!(f, "pods of {tenant} are here and have the {what} for themselves")
                } else {
                    write!(f, "wants the {what} for itself, and pods of {tenant} are here")
                }
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

/// Whether it stands whatever pods there are.
const fn is_of_the_node(reason: &casemate_affinity::Objection) -> bool {
    use casemate_affinity::Objection as Reason;
    matches!(reason, Reason::NodeSelector { .. } | Reason::NodeAffinity { .. } | Reason::NoDomain { .. })
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
    /// It asks for what is not implemented; each with its place and cause.
    Unsupported(Vec<String>),
    /// It names a node that is not there.
    NoSuchNode(NodeName),
}

impl PodObjection {
    /// Whether it would stand on any node at any time.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Uncountable(_) | Self::Unsupported(_) | Self::NoSuchNode(_))
    }
}

impl fmt::Display for PodObjection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uncountable(resource) => {
                write!(f, "its requests for {resource} add up to more than any node can have")
            }
            Self::AlreadyPlaced(node) => write!(f, "it is already placed on {node}"),
            Self::Unsupported(causes) => f.write_str(&causes.join("; ")),
            Self::NoSuchNode(node) => write!(f, "it names the node {node}, which is not there"),
        }
    }
}
