//! What is done with each kind of document.
//!
//! Kinds that make pods are run: each makes its pods at once, under names that are the
//! same every time. Kinds that pods are made from are read. Kinds of a cluster that
//! change nothing for pods on one machine are noted. Everything else is refused by name.

pub(crate) mod job;
pub(crate) mod members;
pub(crate) mod replicas;

use casemate_model::PodKey;

use crate::config::ConfigKind;
use crate::documents::What;
use crate::field::Field;
use crate::inputs::{Context, Purpose};
use crate::metadata::{self, Identity};
use crate::owners::is_there;
use crate::pod::{PodRead, pod};
use crate::policy;
use crate::problem::{Findings, shown};
use crate::vocabulary::kinds::{Kind, kind};
use crate::wishes::misplaced;
use crate::workload::{Idle, WorkloadKind};
use crate::{Place, Problem};

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It makes pods.
    Pods(&'static Kind),
    /// It holds what pods refer to.
    Config(ConfigKind),
    /// See `Config`.
    RuntimeClass,
    /// See `Config`.
    PriorityClass,
    /// It is the policy.
    Policy,
    /// It changes nothing here; why not.
    Idle(&'static str),
    /// It is not run; cause and remedy.
    Refused {
        /// Why not.
        cause: &'static str,
        /// What to do instead.
        remedy: &'static str,
    },
}

/// What a document says it is, and is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// The kind is known, but not in this version; the one to write.
    Version(&'static str),
    /// The kind is not known.
    Kind,
}

/// What a document makes.
#[derive(Clone, Debug)]
pub(crate) enum Made {
    /// Pods, and where the images of each are written.
    Pods(Vec<Member>),
    /// Nothing, and why.
    Nothing(Idle),
}

/// A pod that a document makes.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) kind: WorkloadKind,
    pub(crate) pod: Box<casemate_model::Pod>,
    pub(crate) images: Vec<Place>,
}

/// What a document of this version and kind is for.
pub(crate) fn role(version: &str, name: &str) -> Result<Role, Unknown> {
    const READ: [(&str, &str, Role); 5] = [
        ("ConfigMap", "v1", Role::Config(ConfigKind::ConfigMap)),
        ("Secret", "v1", Role::Config(ConfigKind::Secret)),
        ("RuntimeClass", "node.k8s.io/v1", Role::RuntimeClass),
        ("PriorityClass", "scheduling.k8s.io/v1", Role::PriorityClass),
        (policy::KIND, policy::API_VERSION, Role::Policy),
    ];
    if let Some((_, right, role)) = READ.iter().find(|(known, ..)| *known == name) {
        // Older versions of the same group say the same.
        let of_group = right.rsplit_once('/').is_some_and(|(group, _)| group == group_of(version));
        let retired = name != policy::KIND && of_group && version.contains("beta");
        return if version == *right || retired { Ok(*role) } else { Err(Unknown::Version(right)) };
    }
    if let Some(refused) =
        REFUSED.iter().find(|(group, known, ..)| *group == group_of(version) && *known == name)
    {
        let (_, _, cause, remedy) = *refused;
        return Ok(Role::Refused { cause, remedy });
    }
    if let Some(kind) = kind(name) {
        let right = kind.versions.first().copied().unwrap_or_default();
        return if kind.versions.contains(&version) {
            Ok(Role::Pods(kind))
        } else {
            Err(Unknown::Version(right))
        };
    }
    let idle = IDLE.iter().find(|(group, kinds, _)| *group == group_of(version) && kinds.contains(&name));
    idle.map(|(.., why)| Role::Idle(why)).ok_or(Unknown::Kind)
}

/// `apps` of `apps/v1`; nothing of `v1`.
pub(crate) fn group_of(version: &str) -> &str {
    version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// Kinds that are known and not run: API group, kind, cause, remedy.
const REFUSED: [(&str, &str, &str, &str); 2] = [
    (
        "",
        "Node",
        "`run` uses this machine and no other node",
        "Plan against other nodes with `casemate plan`, or take the document out",
    ),
    (
        "",
        "PodTemplate",
        "a PodTemplate makes no pods by itself",
        "Write what is in it as a Pod, a Job or a Deployment",
    ),
];

/// Kinds that change nothing for pods on this machine: API group, kinds, why.
const IDLE: [(&str, &[&str], &str); 15] = [
    ("", &["Namespace", "ServiceAccount", "Event"], "there is no cluster to keep it"),
    ("", &["Service", "Endpoints"], "programs see no network"),
    ("", &["PersistentVolume", "PersistentVolumeClaim"], "a pod that mounts it is refused by name"),
    ("", &["LimitRange"], "the requests and limits it sets are not filled in"),
    ("", &["ResourceQuota"], "what this machine has is the only bound"),
    ("apps", &["ControllerRevision"], "there is no cluster to keep it"),
    ("autoscaling", &["HorizontalPodAutoscaler"], "there are as many replicas as are written"),
    ("policy", &["PodDisruptionBudget"], "nothing here is drained"),
    ("networking.k8s.io", &["Ingress", "IngressClass", "NetworkPolicy"], "programs see no network"),
    (
        "rbac.authorization.k8s.io",
        &["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
        "there is no API server to ask",
    ),
    ("storage.k8s.io", &["StorageClass", "CSIDriver"], "a pod that mounts such storage is refused by name"),
    ("apiextensions.k8s.io", &["CustomResourceDefinition"], "there is no API server to ask"),
    (
        "admissionregistration.k8s.io",
        &[
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
        ],
        "no webhook is called",
    ),
    (
        "nfd.k8s-sigs.io",
        &["NodeFeature", "NodeFeatureRule", "NodeFeatureGroup"],
        "labels of this machine are given with --node-label",
    ),
    ("discovery.k8s.io", &["EndpointSlice"], "programs see no network"),
];

/// What a document of a kind that makes pods makes here.
pub(crate) fn make(
    kind: &'static Kind,
    what: &What<'_>,
    context: &Context<'_>,
    to: &mut Findings,
) -> Option<Made> {
    if context.purpose == Purpose::Plan {
        misplaced(kind, &what.root, to);
    }
    match kind.name {
        "Pod" => one_pod(&what.root, context, to),
        "Job" => job::job(&what.root, context, to),
        "CronJob" => job::cron_job(&what.root, context, to),
        _ => replicas::replicas(kind, &what.root, context, to),
    }
}

fn one_pod(document: &Field<'_>, context: &Context<'_>, to: &mut Findings) -> Option<Made> {
    to.sound(|to| {
        let key: Option<PodKey> = metadata::key(document, to);
        let metadata = document.get("metadata");
        let key = key.unwrap_or_else(metadata::unnamed);
        let there = context.purpose == Purpose::Plan && is_there(document);
        let identity = Identity { there, ..metadata::identity(key, metadata.as_ref(), to) };
        let spec = document.need("spec", "Describe the pod's containers here", to)?;
        let phase = document.at(&["status", "phase"]);
        let ended = phase.filter(|phase| matches!(phase.plain(), Some("Succeeded" | "Failed")));
        if let (Purpose::Plan, Some(phase)) = (context.purpose, ended) {
            to.note(phase.note("not planned: it has ended in the cluster it was read from"));
            return Some(Made::Nothing(Idle::Ended));
        }
        Some(match pod(&identity, metadata.as_ref(), &spec, &[], context, to)? {
            PodRead::Pod(pod, images) => Made::Pods(vec![Member { kind: WorkloadKind::Pod, pod, images }]),
            PodRead::DevicePlugin => Made::Nothing(Idle::DevicePlugin),
        })
    })
}

/// What is wrong with a document that is not what it says.
pub(crate) fn refusal(what: &What<'_>, unknown: Unknown) -> Problem {
    let root = &what.root;
    let at = |key: &str| root.get(key).unwrap_or_else(|| root.clone());
    match unknown {
        Unknown::Version(right) => at("apiVersion").problem(
            format!("`{}` is not a version of {} that is read", shown(what.version), what.kind),
            format!("Write `apiVersion: {right}`"),
        ),
        Unknown::Kind => at("kind").not_run(
            format!("`{}` is not run by this version", shown(what.kind)),
            "It runs Pods, Jobs, CronJobs, Deployments, ReplicaSets, StatefulSets and DaemonSets: take the \
             document out, or write it as one of these",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_another_group_is_another_kind() {
        assert!(matches!(role("v1", "Service"), Ok(Role::Idle(_))));
        assert_eq!(role("serving.knative.dev/v1", "Service"), Err(Unknown::Kind));
        assert_eq!(role("v1", "Deployment"), Err(Unknown::Version("apps/v1")));
        assert_eq!(role("v2", "ConfigMap"), Err(Unknown::Version("v1")));
        assert_eq!(role("node.k8s.io/v1beta1", "RuntimeClass"), Ok(Role::RuntimeClass));
    }

    #[test]
    fn no_kind_has_two_roles() {
        let idle = IDLE.iter().flat_map(|(_, kinds, _)| kinds.iter());
        for name in
            idle.chain(REFUSED.iter().map(|(_, name, ..)| name).filter(|name| **name != "PodTemplate"))
        {
            assert!(kind(name).is_none(), "{name}");
        }
    }
}
