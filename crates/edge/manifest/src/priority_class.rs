//! PriorityClasses (scheduling.k8s.io/v1): names for how important pods are.

use casemate_model::Preemption;

use crate::field::Field;
use crate::metadata::{NameKind, name};
use crate::problem::{Findings, shown};

/// Priority classes that every cluster has (`pkg/apis/scheduling`).
pub(crate) const SYSTEM_CLASSES: [(&str, i32); 2] =
    [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];

/// A PriorityClass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PriorityClass {
    pub(crate) value: i32,
    /// For pods that name no class.
    pub(crate) is_default: bool,
    /// Whether its pods may displace others.
    pub(crate) preemption: Preemption,
}

/// Reads a PriorityClass.
pub(crate) fn class(document: &Field<'_>, to: &mut Findings) -> Option<(String, PriorityClass)> {
    to.sound(|to| {
        let name = document
            .need("metadata", "Give it a `name`", to)
            .and_then(|metadata| metadata.need("name", "Name the class", to))
            .and_then(|field| name(&field, NameKind::Subdomain, to));
        let value = document.need("value", "Say how important it is: a whole number", to);
        let value = value.and_then(|field| field.integer(to));
        let is_default = document.get("globalDefault").and_then(|field| field.boolean(to)).unwrap_or(false);
        let preemption = document.get("preemptionPolicy").and_then(|field| preemption_policy(&field, to));
        let preemption = preemption.unwrap_or_default();
        Some((name?, PriorityClass { value: value?, is_default, preemption }))
    })
}

/// `preemptionPolicy` of a PriorityClass or of a pod.
pub(crate) fn preemption_policy(field: &Field<'_>, to: &mut Findings) -> Option<Preemption> {
    match field.text(to)? {
        "PreemptLowerPriority" => Some(Preemption::LowerPriority),
        "Never" => Some(Preemption::Never),
        other => {
            let cause = format!("unknown preemption policy `{}`", shown(other));
            to.refuse(field.problem(cause, "Use `PreemptLowerPriority` or `Never`"));
            None
        }
    }
}
