//! From sources to workloads and nodes: every document of every source, every problem of every document.

use std::collections::BTreeMap;

use casemate_model::affinity::Labels;
use casemate_model::{DisruptionBudget, PodKey};

use crate::admission::Admission;
use crate::budget::budget;
use crate::documents::{Parsed, What};
use crate::inputs::{Context, Inputs, Purpose};
use crate::kind::{Made, Role, Unknown, group_of, make, refusal, role};
use crate::metadata;
use crate::namespaces::Namespaces;
use crate::node::{self, NodeEntry};
use crate::owners::is_there;
use crate::policy::{self, PolicyDocument};
use crate::problem::{Findings, whole_file};
use crate::storage::Storage;
use crate::topology;
use crate::workload::Idle;
use crate::{Note, Place, Problem, ProblemKind, Provenance, Source, Understood, Workload};

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Pods to place and run, in the order written. Documents with a problem are not among them.
    pub workloads: Vec<Workload>,
    /// Documents of kinds that are run which need nothing to run here; each has a note too.
    pub understood: Vec<Understood>,
    /// Nodes, in the order written, where they are read ([`read_to_plan`]); empty elsewhere.
    pub nodes: Vec<NodeEntry>,
    /// Labels by namespace, where pods are read to plan: of those among the documents, and of those that pods
    /// are in.
    pub namespaces: BTreeMap<String, Labels>,
    /// Disruption budgets, in the order written, where pods are read to plan.
    pub budgets: Vec<DisruptionBudget>,
    /// The policy found among the documents, if any.
    pub policy: Option<PolicyDocument>,
    /// Everything wrong, in the order written.
    pub problems: Vec<Problem>,
    /// What is understood but not acted upon.
    pub notes: Vec<Note>,
    /// Problems found beyond those listed, where there are very many.
    pub problems_left_out: usize,
}

/// What the caller knows that no manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Directories of the host below which `hostPath` volumes may be; absolute paths.
    /// Judged by their text: who opens such a path has to look at symbolic links.
    pub host_path_roots: Vec<String>,
    /// The name of the node that pods run on, for those that ask for it.
    pub node_name: Option<String>,
    /// Who may have what. `None`: what the policy among the documents says, and where
    /// there is none, [`Admission::built_in`].
    pub admission: Option<Admission>,
}

/// Reads manifests without any options.
#[must_use]
pub fn read(sources: &[Source]) -> Reading {
    read_with(sources, &Options::default())
}

/// Reads manifests to run. A problem in one document keeps none of the others from being read.
#[must_use]
pub fn read_with(sources: &[Source], options: &Options) -> Reading {
    read_for(Purpose::Run, sources, options)
}

/// Reads manifests to plan: pods and the nodes that they are to be placed on, in the same
/// files or in others, in any order.
///
/// Beside what [`read_with`] reads, resources that no table lists are devices of pods and of
/// nodes, and a runtime class that names a confidential virtual machine is request enough.
/// What a pod says of its place is in its `scheduling`, and so is what it asks for that is not
/// planned: such a pod waits. What is known of nodes' hardware is in theirs.
///
/// ```
/// use casemate_manifest::{Options, Source, read_to_plan};
///
/// let text = "{apiVersion: v1, kind: Node, metadata: {name: one}, status: {allocatable: {cpu: 4, nvidia.com/gpu: 2}}}";
/// let reading = read_to_plan(&[Source { name: "n.yaml".into(), text: text.into() }], &Options::default());
/// assert_eq!(reading.nodes[0].node.devices["nvidia.com/gpu"], 2);
/// ```
#[must_use]
pub fn read_to_plan(sources: &[Source], options: &Options) -> Reading {
    read_for(Purpose::Plan, sources, options)
}

fn read_for(purpose: Purpose, sources: &[Source], options: &Options) -> Reading {
    let parsed = Parsed::of(sources);
    let mut documents = parsed.documents();
    let inputs = Inputs::of(&mut documents, purpose);
    let admission = options.admission.clone().unwrap_or_else(|| inputs.admission());
    let context = Context { inputs: &inputs, options, admission: &admission, purpose };
    let mut reader = Reader {
        context,
        reading: Reading::default(),
        findings: Findings::with_allowance(parsed.allowance),
        seen: BTreeMap::new(),
        seen_nodes: node::Seen::default(),
        seen_budgets: BTreeMap::new(),
        namespaces: Namespaces::default(),
    };
    for document in documents {
        reader.findings.absorb(document.findings);
        if let Some(what) = document.what {
            reader.document(&what);
        }
    }
    let Reader { reading, findings, namespaces, .. } = reader;
    let namespaces = match purpose {
        Purpose::Run => BTreeMap::new(),
        Purpose::Plan => {
            let of_pods = reading.workloads.iter().map(|workload| workload.pod.key.namespace.as_str());
            namespaces.labels(of_pods)
        }
    };
    Reading {
        namespaces,
        policy: inputs.policy,
        problems_left_out: findings.found - findings.problems.len(),
        problems: findings.problems,
        notes: findings.notes,
        ..reading
    }
}

/// The longest policy that is read, in bytes. Five thousand measurements of 48 bytes take half of it.
const POLICY_BYTES_MAX: usize = 1 << 20;

/// Reads a file that is to hold a policy and nothing else, at most a mebibyte of it.
///
/// # Errors
///
/// Everything wrong with it; also where it holds no policy.
pub fn read_policy(source: &Source) -> Result<PolicyDocument, Vec<Problem>> {
    if source.text.len() > POLICY_BYTES_MAX {
        let cause = format!("has more than {POLICY_BYTES_MAX} bytes, which are all that is read of a policy");
        return Err(vec![whole_file(&source.name, &cause, "Leave out what no node runs any more")]);
    }
    let mut reading = read(std::slice::from_ref(source));
    let workloads = reading.workloads.iter().map(|workload| &workload.provenance.place);
    for place in workloads.chain(reading.understood.iter().map(|understood| &understood.place)) {
        reading.problems.push(Problem {
            kind: ProblemKind::Invalid,
            place: place.clone(),
            field: String::new(),
            cause: "a workload in a file that was given as policy".to_owned(),
            remedy: "Give it as a manifest instead".to_owned(),
        });
    }
    match reading.policy {
        Some(policy) if reading.problems.is_empty() => Ok(policy),
        None if reading.problems.is_empty() => Err(vec![policy::none_in(&source.name)]),
        _ => Err(reading.problems),
    }
}

/// What is wrong with a directory that has no manifest in it. The caller lists directories.
#[must_use]
pub fn empty_directory(path: &str) -> Problem {
    let remedy = "Name a file, or a directory with manifests in it";
    Problem { place: Place::whole(path), ..whole_file(path, "no `*.yaml` in this directory", remedy) }
}

/// What bears on where pods go in a cluster, and is not looked at: API group, kind, what that comes to.
const NOT_LOOKED_AT: [(&str, &str, &str); 8] = [
    ("storage.k8s.io", "CSINode", "not looked at: how many volumes a node attaches is not counted"),
    ("storage.k8s.io", "CSIStorageCapacity", "not looked at: storage is not provisioned"),
    ("storage.k8s.io", "VolumeAttachment", "not looked at: how many volumes a node attaches is not counted"),
    ("coordination.k8s.io", "Lease", "not looked at: a node's conditions say whether it is ready"),
    ("resource.k8s.io", "DeviceClass", UNCLAIMED),
    ("resource.k8s.io", "ResourceClaim", UNCLAIMED),
    ("resource.k8s.io", "ResourceClaimTemplate", UNCLAIMED),
    ("resource.k8s.io", "ResourceSlice", UNCLAIMED),
];

const UNCLAIMED: &str = "not looked at: a pod with a claim waits";

/// A document of a cluster that is no pod's.
enum Cluster {
    Node,
    Namespace,
    Budget,
    Topology,
}

struct Reader<'c> {
    context: Context<'c>,
    reading: Reading,
    findings: Findings,
    /// Where each pod was first written.
    seen: BTreeMap<PodKey, Place>,
    seen_nodes: node::Seen,
    /// Where each budget was first written.
    seen_budgets: BTreeMap<(String, String), Place>,
    namespaces: Namespaces,
}

impl Reader<'_> {
    fn document(&mut self, what: &What<'_>) {
        if self.context.purpose == Purpose::Plan && self.of_the_cluster(what) {
            return;
        }
        let kind = match role(what.version, what.kind) {
            Ok(Role::Pods(kind)) => kind,
            Ok(Role::Config(_) | Role::RuntimeClass | Role::PriorityClass | Role::Policy) => return,
            Ok(Role::Idle(why)) => {
                let field = what.root.get("kind").unwrap_or_else(|| what.root.clone());
                let why = match (self.context.purpose, what.kind) {
                    (Purpose::Run, _) | (Purpose::Plan, "LimitRange") => why,
                    (Purpose::Plan, "ResourceQuota") => "what a namespace may have in all is not looked at",
                    (Purpose::Plan, _) => "pods are placed without it",
                };
                self.findings.note(field.note(format!("not needed here: {why}")));
                return;
            }
            Ok(Role::Refused { cause, remedy }) => {
                let field = what.root.get("kind").unwrap_or_else(|| what.root.clone());
                self.findings.refuse(field.not_run(cause, remedy));
                return;
            }
            Err(unknown) => {
                self.findings.refuse(refusal(what, unknown));
                return;
            }
        };
        let stays = self.context.purpose == Purpose::Plan && what.kind == "Pod" && is_there(&what.root);
        if let Some(owner) = self.context.inputs.owners.name_of(&what.root).filter(|_| !stays) {
            let field = what.root.at(&["metadata", "ownerReferences"]);
            let field = field.unwrap_or_else(|| what.root.clone());
            self.findings.note(field.note(format!("not run by itself: {owner} in these files makes it")));
            self.understood(what, Idle::Owned);
            return;
        }
        match make(kind, what, &self.context, &mut self.findings) {
            Some(Made::Pods(members)) => {
                for member in members {
                    let provenance = Provenance { place: what.root.place(), kind: member.kind };
                    self.admit(Workload { pod: *member.pod, provenance, images: member.images }, what);
                }
            }
            Some(Made::Nothing(because)) => {
                if because == Idle::DevicePlugin {
                    self.findings.note(what.root.note(
                        "understood as a device plugin, which the policy allows; there is nothing to run: \
                         this machine's software TEE needs no device plugin",
                    ));
                }
                self.understood(what, because);
            }
            None => {}
        }
    }

    /// Reads what a plan is made with beside pods. Whether the document is that.
    fn of_the_cluster(&mut self, what: &What<'_>) -> bool {
        let group = group_of(what.version);
        if let Some((.., why)) = NOT_LOOKED_AT.iter().find(|(of, kind, _)| (*of, *kind) == (group, what.kind))
        {
            let field = what.root.get("kind").unwrap_or_else(|| what.root.clone());
            self.findings.note(field.note(*why));
            return true;
        }
        if Storage::is(what) {
            return true;
        }
        let (kind, right) = match (what.kind, group) {
            ("Node", "") => (Cluster::Node, "v1"),
            ("Namespace", "") => (Cluster::Namespace, "v1"),
            ("PodDisruptionBudget", "policy") => (Cluster::Budget, "policy/v1"),
            (topology::KIND, "topology.node.k8s.io") => {
                let known = topology::VERSIONS.iter().find(|version| **version == what.version);
                (Cluster::Topology, known.copied().unwrap_or("topology.node.k8s.io/v1alpha2"))
            }
            _ => return false,
        };
        if what.version != right {
            self.findings.refuse(refusal(what, Unknown::Version(right)));
            return true;
        }
        match kind {
            Cluster::Node => {
                let topology = node::named(&what.root).and_then(|name| self.context.inputs.topology(name));
                let entry = node::node(&what.root, topology, &mut self.findings);
                let entry =
                    entry.filter(|entry| self.seen_nodes.is_first(entry, &what.root, &mut self.findings));
                self.reading.nodes.extend(entry);
            }
            Cluster::Topology => {
                let inputs = self.context.inputs;
                let unused = node::named(&what.root).filter(|name| !inputs.has_node(name));
                let unused = unused.and_then(|name| inputs.topology(name));
                unused.into_iter().for_each(|topology| self.findings.note(topology.unused.clone()));
            }
            Cluster::Namespace => self.namespaces.add(&what.root, &mut self.findings),
            Cluster::Budget => {
                let Some(budget) = budget(&what.root, &mut self.findings) else { return true };
                let key = (budget.namespace.clone(), budget.name.clone());
                if let Some(first) = self.seen_budgets.get(&key) {
                    let cause = format!("a second budget named {}/{}; the first is at {first}", key.0, key.1);
                    self.findings.refuse(what.root.problem(cause, "Keep one of them"));
                    return true;
                }
                self.seen_budgets.insert(key, what.root.place());
                self.reading.budgets.push(budget);
            }
        }
        true
    }

    fn understood(&mut self, what: &What<'_>, because: Idle) {
        // Where the name is wrong, that is told already.
        let Some(key) = metadata::key(&what.root, &mut Findings::default()) else { return };
        let (kind, place) = (what.kind.to_owned(), what.root.place());
        self.reading.understood.push(Understood { key, kind, place, because });
    }

    fn admit(&mut self, workload: Workload, what: &What<'_>) {
        match self.seen.get(&workload.pod.key) {
            Some(first) => {
                let cause = format!("a second pod named {}; the first is at {first}", workload.pod.key);
                let remedy = "Give it another name or namespace";
                self.findings.refuse(what.root.problem(cause, remedy));
            }
            None => {
                self.seen.insert(workload.pod.key.clone(), what.root.place());
                self.reading.workloads.push(workload);
            }
        }
    }
}
