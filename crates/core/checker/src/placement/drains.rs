//! Who has to leave a node whose platform nothing vouches for any more.

use std::collections::BTreeSet;

use casemate_model::{NodeName, PodKey, Timestamp};

use super::against::Against;
use super::{Placements, tees};
use crate::Rule;
use crate::record::Record;

impl Placements {
    /// These were said to have to leave: all that are confidential and whose node's witness does not hold.
    pub(crate) fn drained(&self, record: &mut Record, at: Timestamp, drains: &[(PodKey, NodeName)]) {
        let said: BTreeSet<_> = drains.iter().map(|(pod, node)| (pod, node)).collect();
        let due = self.placed.iter().filter(|(_, resident)| {
            let mut against = Against::default();
            if let Some(offered) = self.nodes.get(&resident.node) {
                tees::object(&mut against, &resident.pod, &offered.node, &offered.witnesses, Some(at));
            }
            against.rules().any(|it| matches!(it, Rule::NoPlatformWitness | Rule::StalePlatformWitness))
        });
        let due: BTreeSet<_> = due.map(|(key, resident)| (key, &resident.node)).collect();
        for (pod, node) in due.difference(&said) {
            record.breach(
                Rule::DrainForgotten,
                pod,
                format_args!("left on {node} at {}", at.0),
                format_args!("drained: no witness of it holds"),
            );
        }
        for (pod, node) in said.difference(&due) {
            record.breach(
                Rule::DrainUnfounded,
                pod,
                format_args!("to leave {node} at {}", at.0),
                format_args!("confidential pods that are there and whose witness does not hold"),
            );
        }
    }
}
