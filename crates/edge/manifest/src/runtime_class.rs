//! What a sandbox costs and where it may stand: RuntimeClasses, and a pod's own `overhead`.
//!
//! Counted are `cpu`, `memory` and key slots. Refused: overhead in anything else.

use std::collections::BTreeMap;

use casemate_model::{Bytes, MilliCpu, Toleration};

use crate::field::Field;
use crate::metadata::{NameKind, name};
use crate::problem::Findings;
use crate::quantity::Quantity;
use crate::scheduling::tolerations;
use crate::vocabulary::resources::{Means, resource};
use crate::vocabulary::runtime_classes;

/// A sandbox's cost beside its containers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overhead {
    pub(crate) cpu: MilliCpu,
    pub(crate) memory: Bytes,
    pub(crate) key_slots: u32,
}

/// A RuntimeClass (node.k8s.io/v1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuntimeClass {
    /// What containerd calls the runtime: says more of it than the class's name.
    pub(crate) handler: String,
    pub(crate) overhead: Overhead,
    pub(crate) node_selector: BTreeMap<String, String>,
    pub(crate) tolerations: Vec<Toleration>,
    /// What its document costs to keep, in bytes: each pod that names it has a copy.
    pub(crate) weight: usize,
}

/// Reads a RuntimeClass.
pub(crate) fn class(document: &Field<'_>, to: &mut Findings) -> Option<(String, RuntimeClass)> {
    to.sound(|to| {
        let key = document
            .need("metadata", "Give it a `name`", to)
            .and_then(|metadata| metadata.need("name", "Name the class", to))
            .and_then(|field| name(&field, NameKind::Subdomain, to));
        let handler = document.need("handler", "Name the runtime's handler on the node", to);
        let handler = handler.and_then(|field| field.text(to)).unwrap_or_default().to_owned();
        let fixed = document.at(&["overhead", "podFixed"]);
        let selector = document.at(&["scheduling", "nodeSelector"]);
        let class = RuntimeClass {
            handler,
            overhead: fixed.map(|fixed| overhead(&fixed, to)).unwrap_or_default(),
            node_selector: selector.map(|selector| selector.texts(to)).unwrap_or_default(),
            tolerations: document.get("scheduling").map_or_else(Vec::new, |field| tolerations(&field, to)),
            weight: document.weight(),
        };
        Some((key?, class))
    })
}

/// What the class of that name is known to cost, where no RuntimeClass of the name is given.
pub(crate) fn known_overhead(name: &str) -> Option<Overhead> {
    let known = runtime_classes::runtime_class(name)?.overhead?;
    Some(Overhead { cpu: known.cpu, memory: known.memory, key_slots: u32::from(known.key.is_some()) })
}

/// Reads `spec.overhead` of a pod, or `overhead.podFixed` of a class.
pub(crate) fn overhead(field: &Field<'_>, to: &mut Findings) -> Overhead {
    let mut overhead = Overhead::default();
    for entry in field.entries(to) {
        let Some(text) = entry.value.scalar("a quantity", to) else { continue };
        let means = resource(entry.key).map(|known| known.means);
        let amount = Quantity::parse(text).and_then(|quantity| match means {
            Some(Means::Cpu) => quantity.thousandths().map(|amount| overhead.cpu = MilliCpu(amount)),
            Some(Means::Memory) => quantity.whole().map(|amount| overhead.memory = Bytes(amount)),
            Some(Means::KeySlots) => {
                quantity.whole().map(|amount| overhead.key_slots = u32::try_from(amount).unwrap_or(u32::MAX))
            }
            _ => Ok(()),
        });
        match (means, amount) {
            (Some(Means::Cpu | Means::Memory | Means::KeySlots), Ok(())) => {}
            (_, Err(error)) => {
                let shown: String = text.chars().take(40).collect();
                let cause = format!("the amount `{shown}` {error}");
                to.refuse(entry.value.problem(cause, "Write a quantity such as `250m`, `160Mi`"));
            }
            _ => {
                let cause = format!("overhead in `{}` is not counted by this version", entry.key);
                let remedy = "State overhead in `cpu`, `memory` and key slots such as `tdx.intel.com/keys`";
                to.refuse(entry.value.not_run(cause, remedy));
            }
        }
    }
    overhead
}
