//! Which pods move where, when nodes are given up or emptied.
//!
//! *Evacuation*: pods leave nodes that are going, or that nobody vouches for any more; each moves once. What finds
//! no place without displacing others is stranded, and stays until somebody decides. *Consolidation*: nodes with the
//! fewest pods are emptied into others that are in use, as long as all of a node's pods find a place there; no
//! empty node is opened, and nothing moves twice.
//!
//! Every move is placed as any pod is, so all that holds for placing holds for moving. Targets have the room before
//! anything has moved: moves do not wait for each other, but where a disruption budget allows so many at a time
//! they are made in waves.
//!
//! How a pod moves is its TEE's matter: enclaves end and are started anew; confidential VMs move as they run where
//! both nodes say that they offer it (label [`LIVE`]); and who leaves a node that is not trusted starts anew,
//! since nothing that such a node hands over can be believed.

use casemate_model::tee::Migration as Way;
use casemate_model::{Node, NodeName, PodKey};
use casemate_mutant::{Mutant, active as seeded};

use crate::Resident;

/// The label of nodes whose platform moves confidential VMs as they run.
pub const LIVE: &str = "casemate.dev/live-migration";

/// Which pods move, and what comes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migration {
    /// In the order in which they can be made.
    pub moves: Vec<Move>,
    /// Pods that have to leave and cannot.
    pub stranded: Vec<Stranded>,
    /// Nodes that are empty then and were not.
    pub freed: Vec<NodeName>,
}

/// A pod that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// From 1: those of a wave may be made at a time, when the wave before is done.
    pub wave: usize,
    /// The pod.
    pub pod: PodKey,
    /// Where it is.
    pub from: NodeName,
    /// Where it goes.
    pub to: NodeName,
    /// How.
    pub how: How,
    /// Why it moves.
    pub why: String,
}

/// How a pod gets to another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It ends and is started there anew.
    Restart,
    /// As it runs.
    Live,
}

/// A pod that has to leave and cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranded {
    /// The pod.
    pub pod: PodKey,
    /// Where it is.
    pub node: NodeName,
    /// Why it has to leave, and what keeps it off the others.
    pub reasons: Vec<String>,
}

impl How {
    /// Of a pod between two nodes, the first of which is trusted or not.
    pub(crate) fn of(resident: &Resident, from: &Node, to: &Node, is_trusted: bool) -> Self {
        let offers = |node: &Node| node.labels.get(LIVE).is_some_and(|it| it == "true");
        let way = resident.tee().map(casemate_model::Tee::migration);
        let can = way == Some(Way::LiveWhereOffered) || seeded(Mutant::PlacementMovesEnclavesLive);
        let live = is_trusted && can && offers(from) && offers(to);
        if live { Self::Live } else { Self::Restart }
    }

    /// The word programs read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Live => "live",
        }
    }
}
