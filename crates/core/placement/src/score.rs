//! Which of the nodes that pass is best.
//!
//! Compared in this order; the first difference decides:
//!
//! 1. for a pod with affinity, all encrypted memory from one NUMA node;
//! 2. fewer `PreferNoSchedule` taints that the pod does not tolerate;
//! 3. the right kind of node: for a confidential pod the very TEE it asks for before one that stands in
//!    for it, for an ordinary pod one without a TEE, so that it uses up nothing scarce;
//! 4. for a confidential pod, a node whose witness holds as long as the pod is expected to run, before one where
//!    it would have to be renewed or the pod to leave;
//! 5. more weight of its preferred node affinity;
//! 6. for a pod that says so, beside those it would rather be beside: preferred pod affinity and anti-affinity,
//!    and spreads that are not required;
//! 7. the packing's rank ([`Packing`](casemate_fleet::Packing)): by default, where the least room is lost for what may
//!    come;
//! 8. the node that came first, of those that came together the lower name, so that the same question always
//!    has the same answer.

use std::cmp::{Ordering, Reverse};
use std::fmt;

use casemate_model::Node;
use casemate_model::affinity::NodeSelectorTerm;

use crate::Resource;
use crate::ask::{Ask, Locality};
use crate::facts::TrustKind;
use crate::filter::{Site, untolerated_preferences};
use crate::span::Span;

/// How good a node is for a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// Its encrypted memory comes from several NUMA nodes, which affinity would not have.
    apart: bool,
    /// The second to the fifth.
    reluctance: u16,
    /// The sixth.
    wish: i64,
    /// The seventh.
    rank: u64,
    unwanted_taints: usize,
    /// Another kind of node would suit the pod better.
    misfit: Option<Misfit>,
    lapses_early: bool,
    fullest: Option<Fill>,
}

/// What the ledger knows of a node for a pod.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) trust: TrustKind,
    pub(crate) wish: i64,
    pub(crate) rank: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Misfit {
    StandIn,
    TeeUnused,
}

/// How full a resource would be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fill {
    resource: Resource,
    used: u64,
    capacity: u64,
}

impl Score {
    /// Of a node that every filter passes.
    pub(crate) fn of(ask: &Ask<'_>, site: &Site<'_>, locality: Locality, standing: Standing) -> Self {
        let fill = |resource: Resource| {
            let capacity = resource.on(site.node)?;
            // Where it fits, the sum is at most the capacity.
            let used = resource.among(site.used).saturating_add(ask.amount(&resource, site.node));
            Some(Fill { resource, used, capacity })
        };
        let fullest = ask
            .request
            .resources()
            .filter_map(fill)
            .reduce(|most, fill| if fill.cmp_fullness(&most) == Ordering::Greater { fill } else { most });
        Self {
            apart: ask.localities().first() != Some(&locality),
            reluctance: Self::reluctance(ask, site.node, standing.trust),
            wish: standing.wish,
            rank: standing.rank,
            unwanted_taints: untolerated_preferences(ask, site.node),
            misfit: misfit(ask, site.node),
            lapses_early: lapses_early(ask, standing.trust),
            fullest,
        }
    }

    /// The second to the fifth, for a node with these facts: the less the better.
    pub(crate) fn reluctance(ask: &Ask<'_>, node: &Node, trust: TrustKind) -> u16 {
        let taints = u16::try_from(untolerated_preferences(ask, node).min(15)).unwrap_or(15);
        let misfit = u16::from(misfit(ask, node).is_some());
        let early = u16::from(lapses_early(ask, trust));
        taints << 12 | misfit << 11 | early << 10 | dislike(ask, node)
    }

    /// Whether this node is to be preferred to the other.
    #[must_use]
    pub fn is_better_than(&self, other: &Self) -> bool {
        let key = |it: &Self| (it.apart, it.reluctance, Reverse(it.wish), it.rank);
        key(self) < key(other)
    }
}

/// By how much the preferred node affinity falls short of all its weight, in 1023rds.
fn dislike(ask: &Ask<'_>, node: &Node) -> u16 {
    let preferred = &ask.pod.scheduling.node_affinity.preferred;
    // Of fields only the name is known, and by name nothing is preferred here: groups are asked, not nodes.
    let holds = |term: &NodeSelectorTerm| {
        !term.expressions.is_empty() && term.expressions.iter().all(|it| it.holds(&node.labels))
    };
    let points = |all: bool| -> i64 {
        preferred.iter().filter(|it| all || holds(&it.term)).map(|it| it.weight.points()).sum()
    };
    let (all, held) = (points(true), points(false));
    if all == 0 { 0 } else { u16::try_from((all - held) * 1023 / all).unwrap_or(1023) }
}

fn lapses_early(ask: &Ask<'_>, trust: TrustKind) -> bool {
    matches!(trust, TrustKind::Fresh(left) if ask.lasts() > Span::NONE && left < ask.lasts())
}

impl Fill {
    /// By used / capacity, without dividing.
    fn cmp_fullness(&self, other: &Self) -> Ordering {
        let ours = u128::from(self.used) * u128::from(other.capacity);
        let theirs = u128::from(other.used) * u128::from(self.capacity);
        ours.cmp(&theirs)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fullest {
            Some(Fill { resource, used, capacity }) => {
                let percent = u128::from(*used) * 100 / u128::from((*capacity).max(1));
                let [used, capacity] = [*used, *capacity].map(|units| resource.amount(units));
                write!(f, "{resource} would be {percent} % used ({used} of {capacity})")?;
            }
            None => f.write_str("the pod asks for no resource")?,
        }
        if self.apart {
            f.write_str(", its encrypted memory would come from several NUMA nodes")?;
        }
        match self.misfit {
            Some(Misfit::StandIn) => f.write_str(", its TEE stands in for the one asked for")?,
            Some(Misfit::TeeUnused) => f.write_str(", its TEE would be of no use")?,
            None => {}
        }
        if self.lapses_early {
            f.write_str(", its attestation ends before the pod is expected to")?;
        }
        if self.wish != 0 {
            write!(f, ", {} points for whom it would be beside", self.wish)?;
        }
        match self.unwanted_taints {
            0 => Ok(()),
            1 => f.write_str(", 1 taint would rather have the pod elsewhere"),
            n => write!(f, ", {n} taints would rather have the pod elsewhere"),
        }
    }
}

fn misfit(ask: &Ask<'_>, node: &Node) -> Option<Misfit> {
    if !ask.pod.is_confidential() {
        return node.tee.map(|_| Misfit::TeeUnused);
    }
    let exact = ask.pod.enclaves().all(|(_, enclave)| Some(enclave.tee) == node.tee);
    (!exact).then_some(Misfit::StandIn)
}
