//! A plan: where pods would go, why the others would not, what would have to move, and how full the nodes
//! would be; as the document that programs read ([`PlanReport`]), as people read it ([`plan_table`]), and as a
//! page ([`write_plan_html`](crate::write_plan_html)).

mod table;

use serde::Serialize;

pub use table::plan_table;

/// The document of `casemate plan -o json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PlanReport {
    /// [`PlanReport::SCHEMA`].
    pub schema: &'static str,
    /// How pods that say nothing of it share nodes, and who chooses among the nodes that will do.
    pub policy: String,
    /// What was supposed to be otherwise than the documents say.
    pub what_if: Vec<String>,
    /// How many nodes there are.
    pub nodes: usize,
    /// How many nodes have pods.
    pub nodes_used: usize,
    /// How many pods there are.
    pub pods: usize,
    /// Each pod with a place.
    pub placements: Vec<PlannedPod>,
    /// Pods that lose their place to more important ones.
    pub preempted: Vec<PlannedVictim>,
    /// Pods without a place, those that ask for the same together.
    pub pending: Vec<PendingPods>,
    /// What would be moved, in this order.
    pub moves: Vec<PlannedMove>,
    /// Pods that would have to leave and cannot.
    pub stranded: Vec<StrandedPod>,
    /// Nodes that would be empty after the moves.
    pub freed: Vec<String>,
    /// What is handed out of each resource.
    pub resources: Vec<PlannedResource>,
    /// What is placed, beside what any placement could.
    pub bounds: Vec<PlannedBound>,
    /// What is handed out on each node, in their order.
    pub node_usage: Vec<PlannedNode>,
    /// The same pods and nodes planned otherwise, where that was asked for.
    pub comparison: Vec<PlannedVariant>,
    /// What the checker, which shares no code with who decides, says of the plan.
    pub checker: PlanCheck,
    /// What was understood of the documents and is not acted upon.
    pub notes: Vec<String>,
    /// What could not be read.
    pub errors: Vec<String>,
}

/// A pod with a place.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PlannedPod {
    /// Its namespace and name.
    pub pod: String,
    /// Where it would go.
    pub node: String,
    /// Whether it is there already, as its document says.
    pub there: bool,
    /// How good the node is for it.
    pub why: String,
    /// The NUMA nodes that its encrypted memory comes from, where that is known.
    pub numa: Vec<usize>,
    /// By how much it is predicted to run slower for sharing memory, 1 being not at all; where that is known.
    pub slowdown: Option<f64>,
}

/// A pod that loses its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlannedVictim {
    /// Its namespace and name.
    pub pod: String,
    /// Where it was.
    pub node: String,
    /// For whom.
    pub by: String,
}

/// Pods without a place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PendingPods {
    /// Their namespaces and names.
    pub pods: Vec<String>,
    /// `Unschedulable`, `Unsupported` or `SchedulingGated`: the reason of the pod's condition `PodScheduled`.
    pub condition: String,
    /// Whether these nodes could not take one even if they were empty.
    pub never: bool,
    /// A reason that holds whatever the node.
    pub reason: Option<String>,
    /// What keeps them off the nodes, the nearest first.
    pub hurdles: Vec<PlannedHurdle>,
    /// Cloud instance types that would hold one, those that waste least first.
    pub instance_types: Vec<String>,
}

/// What keeps pods off some nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlannedHurdle {
    /// How many nodes are alike in it.
    pub nodes: usize,
    /// One of them.
    pub example: String,
    /// What would have to be otherwise: all of it.
    pub reasons: Vec<String>,
}

/// A pod that would be moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlannedMove {
    /// Moves of one wave can be made at a time; each wave begins when the one before is done. From 1.
    pub wave: usize,
    /// Its namespace and name.
    pub pod: String,
    /// Where it is.
    pub from: String,
    /// Where it would go.
    pub to: String,
    /// `restart` or `live`.
    pub how: String,
    /// Why it moves, and why so.
    pub why: String,
}

/// A pod that would have to leave and cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StrandedPod {
    /// Its namespace and name.
    pub pod: String,
    /// Where it is.
    pub node: String,
    /// What keeps it off the others.
    pub reasons: Vec<String>,
}

/// How much of a resource is handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlannedResource {
    /// Its name.
    pub resource: String,
    /// In bytes, thousandths of a CPU, or slots.
    pub unit: &'static str,
    /// What the nodes have.
    pub capacity: u64,
    /// What pods would have of it.
    pub used: u64,
    /// The most that is free on one node.
    pub largest_free: u64,
    /// What is free where none of these pods would fit: fragmentation, as Weng et al. have it ("Beware of
    /// fragmentation", USENIX ATC 2023), of the pods given, each counted alike.
    pub unusable: u64,
    /// The four amounts as people write them, in this order.
    #[serde(skip)]
    pub written: [String; 4],
}

/// What is placed of a resource, beside what any placement could place.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PlannedBound {
    /// Its name.
    pub resource: String,
    /// In bytes, thousandths of a CPU, or slots.
    pub unit: &'static str,
    /// What the pods ask for that have a place.
    pub placed: u64,
    /// What pods with a place could ask for at most, whichever they are and wherever.
    pub most: u64,
    /// The one of the other, in percent.
    pub percent: f64,
}

/// What is handed out on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlannedNode {
    /// Its name.
    pub node: String,
    /// Its TEE.
    pub tee: Option<String>,
    /// How many pods it has.
    pub pods: usize,
    /// Whose they are.
    pub tenants: Vec<TenantPods>,
    /// Of each resource it has, how much is handed out.
    pub resources: Vec<NodeUse>,
}

/// Pods of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TenantPods {
    /// Their namespace.
    pub tenant: String,
    /// How many.
    pub pods: usize,
}

/// What is handed out of a resource on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NodeUse {
    /// Its name.
    pub resource: String,
    /// What is handed out.
    pub used: u64,
    /// What there is.
    pub capacity: u64,
}

/// Another plan of the same pods and nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PlannedVariant {
    /// What was otherwise, as it was asked for.
    pub name: String,
    /// How many pods have a place.
    pub placed: usize,
    /// How many have none.
    pub pending: usize,
    /// How many lost theirs.
    pub preempted: usize,
    /// How many nodes have pods.
    pub nodes_used: usize,
    /// Of each resource of which there is a bound.
    pub resources: Vec<VariantResource>,
    /// The largest predicted slow-down, where one is known.
    pub slowdown: Option<f64>,
}

/// What becomes of a resource in a variant.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VariantResource {
    /// Its name.
    pub resource: String,
    /// What is handed out of what there is, in percent.
    pub used_percent: f64,
    /// What is free where no pod fits, of what there is, in percent.
    pub unusable_percent: f64,
    /// What is placed of what any placement could place, in percent.
    pub bound_percent: f64,
}

/// What the checker says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlanCheck {
    /// Decisions it looked at.
    pub checked: usize,
    /// Rules that are broken, with what was seen.
    pub broken: Vec<String>,
}

impl PlanReport {
    /// Which document it is. Within it fields are only added.
    pub const SCHEMA: &'static str = "casemate.plan/v1";
}
