//! The kinds that make pods, and where in each the pod is described.

/// A kind that makes pods. Paths lead from the document's root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// API versions, the present one first. Later ones in the list are retired, but still met.
    pub(crate) versions: &'static [&'static str],
    /// The pod's spec.
    pub(crate) spec: &'static [&'static str],
    /// The pod's metadata.
    pub(crate) metadata: &'static [&'static str],
    /// How many pods there are at once; 1 where the field is absent. `None`: always one, or one a node.
    pub(crate) replicas: Option<&'static [&'static str]>,
}

const SPEC: &[&str] = &["spec", "template", "spec"];
const METADATA: &[&str] = &["spec", "template", "metadata"];
const REPLICAS: Option<&[&str]> = Some(&["spec", "replicas"]);
const APPS: &[&str] = &["apps/v1", "apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"];

/// Every such kind of Kubernetes.
pub(crate) const KINDS: [Kind; 9] = [
    Kind { name: "Pod", versions: &["v1"], spec: &["spec"], metadata: &["metadata"], replicas: None },
    Kind {
        name: "PodTemplate",
        versions: &["v1"],
        spec: &["template", "spec"],
        metadata: &["template", "metadata"],
        replicas: None,
    },
    Kind {
        name: "Job",
        versions: &["batch/v1"],
        spec: SPEC,
        metadata: METADATA,
        replicas: Some(&["spec", "parallelism"]),
    },
    Kind {
        name: "CronJob",
        versions: &["batch/v1", "batch/v1beta1"],
        spec: &["spec", "jobTemplate", "spec", "template", "spec"],
        metadata: &["spec", "jobTemplate", "spec", "template", "metadata"],
        replicas: Some(&["spec", "jobTemplate", "spec", "parallelism"]),
    },
    Kind { name: "Deployment", versions: APPS, spec: SPEC, metadata: METADATA, replicas: REPLICAS },
    Kind { name: "ReplicaSet", versions: APPS, spec: SPEC, metadata: METADATA, replicas: REPLICAS },
    Kind { name: "StatefulSet", versions: APPS, spec: SPEC, metadata: METADATA, replicas: REPLICAS },
    Kind { name: "DaemonSet", versions: APPS, spec: SPEC, metadata: METADATA, replicas: None },
    Kind {
        name: "ReplicationController",
        versions: &["v1"],
        spec: SPEC,
        metadata: METADATA,
        replicas: REPLICAS,
    },
];

/// The kind of that name.
pub(crate) fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// The kind of the items of a typed list: `PodList` holds Pods.
pub(crate) fn kind_of_list(name: &str) -> Option<&'static Kind> {
    kind(name.strip_suffix("List")?)
}
