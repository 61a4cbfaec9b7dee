//! Which of the nodes that pass is best.
//!
//! Compared in this order; the first difference decides:
//!
//! 1. for a pod with affinity, all encrypted memory from one NUMA node;
//! 2. fewer `PreferNoSchedule` taints that the pod does not tolerate;
//! 3. the right kind of node: for a confidential pod the very TEE it asks for before one that stands in
//!    for it, for an ordinary pod one without a TEE, so that it uses up nothing scarce;
//! 4. best fit: the fuller node, by the resource that would be scarcest there, of those the
//!    pod asks for. Filling one node before opening the next leaves room for large pods;
//! 5. the node that came first, of those that came together the lower name, so that the same question always
//!    has the same answer.
//!
//! No greedy rule is safe for every mix of pods; this is the simple one with the good average.

use std::cmp::Ordering;
use std::fmt;

use crate::Resource;
use crate::ask::{Ask, Locality};
use crate::filter::{Site, untolerated_preferences};

/// How good a node is for a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// Its encrypted memory comes from several NUMA nodes, which affinity would not have.
    apart: bool,
    unwanted_taints: usize,
    /// Another kind of node would suit the pod better.
    misfit: Option<Misfit>,
    fullest: Option<Fill>,
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
    pub(crate) fn of(ask: &Ask<'_>, site: &Site<'_>, locality: Locality) -> Self {
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
        let apart = ask.localities().first() != Some(&locality);
        let unwanted_taints = untolerated_preferences(ask, site);
        Self { apart, unwanted_taints, misfit: misfit(ask, site), fullest }
    }

    /// The second and the third, for a node with these facts: the less the better.
    pub(crate) fn reluctance(ask: &Ask<'_>, site: &Site<'_>) -> u16 {
        let taints = u16::try_from(untolerated_preferences(ask, site)).unwrap_or(u16::MAX);
        taints.saturating_mul(2).saturating_add(u16::from(misfit(ask, site).is_some()))
    }

    /// Whether this node is to be preferred to the other.
    #[must_use]
    pub fn is_better_than(&self, other: &Self) -> bool {
        let fullness = match (&self.fullest, &other.fullest) {
            (Some(ours), Some(theirs)) => ours.cmp_fullness(theirs).reverse(),
            _ => Ordering::Equal,
        };
        let order = self.apart.cmp(&other.apart).then(self.unwanted_taints.cmp(&other.unwanted_taints));
        order.then(self.misfit.is_some().cmp(&other.misfit.is_some())).then(fullness) == Ordering::Less
    }
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
        match self.unwanted_taints {
            0 => Ok(()),
            1 => f.write_str(", 1 taint would rather have the pod elsewhere"),
            n => write!(f, ", {n} taints would rather have the pod elsewhere"),
        }
    }
}

fn misfit(ask: &Ask<'_>, site: &Site<'_>) -> Option<Misfit> {
    if !ask.pod.is_confidential() {
        return site.node.tee.map(|_| Misfit::TeeUnused);
    }
    let exact = ask.pod.enclaves().all(|(_, enclave)| Some(enclave.tee) == site.node.tee);
    (!exact).then_some(Misfit::StandIn)
}
