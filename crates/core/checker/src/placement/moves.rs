//! Pods that get from one node to another: step by step, each one judged as a placement of its own.

use casemate_model::tee::{Migration, TeeVariant};
use casemate_model::{Node, NodeName, Pod, PodKey, Tee, Timestamp};

use super::{Placements, View, not_placed, tees, unknown_node};
use crate::record::Record;
use crate::{Moved, Rule};

impl Placements {
    pub(crate) fn relocate(
        &mut self,
        record: &mut Record,
        at: Timestamp,
        key: &PodKey,
        to: NodeName,
        how: Moved,
    ) {
        if !self.nodes.contains_key(&to) {
            return unknown_node(record, &to);
        }
        let Some(resident) = self.take_out(key) else { return not_placed(record, key, "moved") };
        let ends = (self.nodes.get(&resident.node), self.nodes.get(&to));
        if let (Some(from), Some(to)) = ends
            && !can_move(&resident.pod, &from.node, &to.node, how)
        {
            record.breach(
                Rule::MoveImpossible,
                key,
                format_args!("moved from {} to {}, {}", from.node.name, to.node.name, manner(how)),
                format_args!("what its TEE and both nodes can do"),
            );
        }
        let pod = resident.pod;
        self.against(&pod, &to, View::Placing(at)).report(record, &pod.key, &to);
        let resident = self.resident(pod, to);
        self.put_in(resident);
    }
}

/// A pod runs on in a TEE that both nodes have and that can do so. It starts anew anywhere, unless what it keeps
/// is bound to its device.
fn can_move(pod: &Pod, from: &Node, to: &Node, how: Moved) -> bool {
    let here = tees::in_use(pod, from);
    let mut there = here.intersection(&tees::in_use(pod, to)).copied().collect::<Vec<_>>().into_iter();
    match how {
        Moved::Restart => here.is_empty() || here.iter().any(|tee| migration(*tee) != Migration::None),
        Moved::Live => there.any(|tee| migration(tee) == Migration::LiveWhereOffered),
    }
}

/// What every processor with this TEE can do.
fn migration(tee: Tee) -> Migration {
    let mut kinds = TeeVariant::ALL.into_iter().filter(|variant| variant.tee() == Some(tee));
    kinds.next().map_or(Migration::None, |variant| variant.capabilities().migration)
}

fn manner(how: Moved) -> &'static str {
    match how {
        Moved::Restart => "to start anew",
        Moved::Live => "while it runs",
    }
}
