//! What a pod requires and prefers of nodes, of other pods, and of how its like are spread.
//!
//! Read to plan, all of it is taken: `spec.affinity` and `spec.topologySpreadConstraints`
//! (`core/v1`, Kubernetes v1.34). Refused is what the API refuses (`ValidateAffinity` and
//! `validateTopologySpreadConstraints` of k8s.io/kubernetes), each mistake at its own place. Read to run there
//! is one node, and much less to say: [`one_node`].

mod node;
pub(crate) mod one_node;
mod pods;
mod requirement;
mod selector;
mod spread;

use casemate_model::affinity::{NodeAffinity, PodAffinity, SpreadConstraint, Weight};

use crate::field::Field;
use crate::problem::Findings;

pub(crate) use node::node_selector;
pub(crate) use selector::selector;

/// What a pod says of its neighbourhood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Affinity {
    pub(crate) node: NodeAffinity,
    pub(crate) pods: PodAffinity,
    pub(crate) anti: PodAffinity,
    pub(crate) spread: Vec<SpreadConstraint>,
}

impl Affinity {
    /// Reads what a spec says.
    pub(crate) fn of(spec: &Field<'_>, to: &mut Findings) -> Self {
        let affinity = spec.get("affinity").filter(|field| field.map(to));
        let part = |key: &str, to: &mut Findings| {
            affinity.as_ref().and_then(|field| field.get(key)).filter(|field| field.map(to))
        };
        let node = part("nodeAffinity", to).map(|field| node::affinity(&field, to)).unwrap_or_default();
        let pods = part("podAffinity", to).map(|field| pods::affinity(&field, to)).unwrap_or_default();
        let anti = part("podAntiAffinity", to).map(|field| pods::affinity(&field, to)).unwrap_or_default();
        Self { node, pods, anti, spread: spread::constraints(spec, to) }
    }
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// The weight of a preferred term.
fn weight(item: &Field<'_>, to: &mut Findings) -> Option<Weight> {
    const REMEDY: &str = "Say how much it matters: 1 to 100";
    let field = item.need("weight", REMEDY, to)?;
    let points: i64 = field.integer(to)?;
    let weight = u8::try_from(points).ok().and_then(Weight::new);
    if weight.is_none() {
        to.refuse(field.problem(format!("`{points}` is no weight"), REMEDY));
    }
    weight
}

/// The label of nodes by which places are told apart.
fn topology_key(item: &Field<'_>, to: &mut Findings) -> Option<String> {
    const REMEDY: &str = "Name a label of nodes, such as `kubernetes.io/hostname`";
    let field = item.need("topologyKey", REMEDY, to)?;
    selector::label_key(&field, to)
}
