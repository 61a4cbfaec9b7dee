//! The pods that one document makes from a template.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::{Pod, PodKey, RestartPolicy};

use super::{Made, Member};
use crate::field::Field;
use crate::inputs::Context;
use crate::metadata::{self, identity};
use crate::pod::{PodRead, pod, restart_policy};
use crate::problem::Findings;
use crate::storage::cost_of;
use crate::workload::{Idle, WorkloadKind};

/// Most pods that one document may make here.
pub(crate) const PODS_MAX: u32 = 1_000;

/// What a pod takes in memory beside what is written of it, generously.
const POD_BYTES: usize = 4 << 10;
/// How much larger what is written becomes as a pod, generously.
const MADE_PER_WRITTEN: usize = 4;

/// A template, and how many pods are made from it.
pub(crate) struct Template<'a> {
    /// Name and namespace of what makes the pods. `None`: they are wrong, which is told already.
    pub(crate) key: Option<PodKey>,
    /// `spec.template`.
    pub(crate) template: Field<'a>,
    /// Index of the first pod.
    pub(crate) first: u32,
    pub(crate) count: u32,
    /// Names under which none is made: those pods are there.
    pub(crate) there: Option<&'a BTreeSet<String>>,
    /// What restart policies the maker takes, and what it is called.
    pub(crate) restarts: (&'static [RestartPolicy], &'static str),
}

/// What is told to one pod alone.
#[derive(Default)]
pub(crate) struct Own {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) env: Vec<(String, String)>,
}

impl Template<'_> {
    /// Makes the pods: `kind` and `own` by index and name, `finish` has the last word on each.
    pub(crate) fn make(
        &self,
        context: &Context<'_>,
        to: &mut Findings,
        kind: impl Fn(u32) -> WorkloadKind,
        own: impl Fn(u32, &str) -> Own,
        finish: impl Fn(&mut Pod),
    ) -> Option<Made> {
        let spec = self.template.need("spec", "Describe the pods' containers here", to)?;
        self.check_restarts(&spec, to);
        if let (Some(deadline), [RestartPolicy::Always]) =
            (spec.get("activeDeadlineSeconds"), self.restarts.0)
        {
            let cause = format!("pods of a {} cannot have a deadline", self.restarts.1);
            to.refuse(deadline.problem(cause, "Take it out, or make it a Job"));
        }
        let bytes = POD_BYTES.saturating_add(self.template.weight().saturating_mul(MADE_PER_WRITTEN));
        if !to.spend(&self.template, bytes.saturating_mul(usize::try_from(self.count).unwrap_or(usize::MAX)))
        {
            return None;
        }
        let maker = self.key.clone().unwrap_or_else(metadata::unnamed);
        let mut members = Vec::new();
        let metadata = self.template.get("metadata");
        // A template of no pods is read once all the same, for what is wrong with it.
        for offset in 0..self.count.max(1) {
            let (notes, is_second) = (to.notes.len(), !members.is_empty());
            let index = self.first.saturating_add(offset);
            let key = PodKey { name: format!("{}-{index}", maker.name), namespace: maker.namespace.clone() };
            if self.there.is_some_and(|there| there.contains(&key.name)) {
                continue;
            }
            let own = own(index, &key.name);
            let mut identity = identity(key, metadata.as_ref(), to);
            identity.labels.extend(own.labels);
            identity.annotations.extend(own.annotations);
            match pod(&identity, metadata.as_ref(), &spec, &own.env, context, to)? {
                PodRead::Pod(mut pod, images) => {
                    let before = cost(&pod);
                    finish(&mut pod);
                    to.spend(&self.template, cost(&pod).saturating_sub(before));
                    members.push(Member { kind: kind(index), pod, images });
                }
                PodRead::DevicePlugin => return Some(Made::Nothing(Idle::DevicePlugin)),
            }
            if is_second {
                // They are the template's, said already for the first pod.
                to.notes.truncate(notes);
            }
        }
        if self.count == 0 || members.is_empty() {
            return Some(Made::Nothing(Idle::NoPods));
        }
        Some(Made::Pods(members))
    }

    fn check_restarts(&self, spec: &Field<'_>, to: &mut Findings) {
        let (allowed, maker) = self.restarts;
        // What is no policy at all is told when the pod is read.
        let Some(policy) = restart_policy(spec, &mut Findings::default()) else { return };
        if allowed.contains(&policy) {
            return;
        }
        let remedy = match allowed {
            [RestartPolicy::Always] => "Take it out, or write `Always`",
            _ => "Write `restartPolicy: Never` or `restartPolicy: OnFailure`",
        };
        match spec.get("restartPolicy") {
            Some(field) => {
                to.refuse(
                    field.problem(format!("pods of a {maker} cannot have this restart policy"), remedy),
                );
            }
            None => drop(spec.need("restartPolicy", remedy, to)),
        }
    }
}

/// What a pod costs that what makes it may add to.
fn cost(pod: &Pod) -> usize {
    let told = pod.scheduling.unsupported.iter().map(String::len).fold(0, usize::saturating_add);
    told.saturating_add(cost_of(&pod.scheduling.node_affinity))
}

/// A number of pods, bounded; 1 where it is absent.
pub(crate) fn pod_count(field: Option<&Field<'_>>, to: &mut Findings) -> Option<u32> {
    let Some(field) = field else { return Some(1) };
    let count: u32 = field.integer(to)?;
    if count > PODS_MAX {
        to.refuse(field.problem(
            format!("{count} pods are more than this version runs"),
            format!("Ask for {PODS_MAX} at most"),
        ));
        return None;
    }
    Some(count)
}
