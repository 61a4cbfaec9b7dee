//! What pods are made from besides their own documents: ConfigMaps, Secrets, runtime
//! and priority classes, the policy, who owns whom, and what a cluster has beside. The order of
//! documents does not matter.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::{PodKey, Preemption};

use crate::admission::Admission;
use crate::config::{Config, ConfigKind, config};
use crate::documents::{Document, What};
use crate::field::Field;
use crate::kind::{Role, role};
use crate::metadata::named;
use crate::node;
use crate::owners::Owners;
use crate::policy::{self, PolicyDocument, policy};
use crate::priority_class::{self, PriorityClass};
use crate::problem::Findings;
use crate::runtime_class::{self, RuntimeClass};
use crate::storage::Storage;
use crate::topology::{self, Topology};
use crate::{Options, Place};

/// What manifests are read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be run on this machine, which is the only node.
    Run,
    /// To be placed on the nodes among the documents.
    Plan,
}

/// Everything that documents refer to. Of what could not be read, only the name is known.
#[derive(Default)]
pub(crate) struct Inputs {
    configs: BTreeMap<(ConfigKind, PodKey), Option<Config>>,
    runtime_classes: BTreeMap<String, Option<RuntimeClass>>,
    priority_classes: BTreeMap<String, Option<PriorityClass>>,
    priority_default: Option<PriorityClass>,
    /// The policy found among the documents.
    pub(crate) policy: Option<PolicyDocument>,
    /// Whether there is one that could not be read, or something that may have been one.
    policy_is_broken: bool,
    /// By node, what is where within it; and which nodes there are. Both only where pods are planned.
    topologies: BTreeMap<String, Topology>,
    nodes: BTreeSet<String>,
    /// Claims and volumes, where pods are planned.
    pub(crate) storage: Storage,
    /// Everything that makes pods.
    pub(crate) owners: Owners,
}

/// What was found under a name.
pub(crate) enum Found<T> {
    /// It is here.
    Here(T),
    /// It is here, but could not be read; that is told where it is written.
    Broken,
    /// There is none of that name.
    Absent,
}

/// What every pod is read with.
pub(crate) struct Context<'c> {
    pub(crate) inputs: &'c Inputs,
    pub(crate) options: &'c Options,
    pub(crate) admission: &'c Admission,
    pub(crate) purpose: Purpose,
}

impl Inputs {
    /// Reads what is referred to out of the documents. What is wrong with it is left with each.
    pub(crate) fn of(documents: &mut [Document<'_>], purpose: Purpose) -> Self {
        let mut inputs = Self::default();
        let mut first = Firsts::default();
        for document in &mut *documents {
            let Some(what) = &document.what else {
                inputs.policy_is_broken = true;
                continue;
            };
            match purpose {
                Purpose::Plan if inputs.add_of_cluster(what, &mut first, &mut document.findings) => {}
                _ => inputs.add(what, &mut first, &mut document.findings),
            }
        }
        if purpose == Purpose::Plan {
            inputs.relate(documents);
        }
        inputs
    }

    /// Who makes whom, and which pods are there already.
    fn relate(&mut self, documents: &[Document<'_>]) {
        let of_pods = |what: &&What<'_>| matches!(role(what.version, what.kind), Ok(Role::Pods(_)));
        let all = || documents.iter().filter_map(|document| document.what.as_ref()).filter(of_pods);
        all().for_each(|what| self.owners.relate(what));
        all().filter(|what| what.kind == "Pod").for_each(|what| self.owners.count(&what.root));
    }

    /// What is said of nodes and of storage. Whether the document is that.
    fn add_of_cluster(&mut self, what: &What<'_>, first: &mut Firsts, to: &mut Findings) -> bool {
        match (what.kind, what.version) {
            ("Node", "v1") => self.nodes.extend(node::named(&what.root).map(str::to_owned)),
            (topology::KIND, version) if topology::VERSIONS.contains(&version) => {
                let read = topology::topology(&what.root, to);
                let Some(key) = cluster_wide(&what.root) else { return true };
                if first.is_first(what.kind, &key, &what.root, to) {
                    self.topologies.extend(read);
                }
            }
            _ if Storage::is(what) => {
                let key = named(&what.root);
                if key.is_none_or(|key| first.is_first(what.kind, &key, &what.root, to)) {
                    self.storage.add(what, to);
                }
            }
            _ => return false,
        }
        true
    }

    fn add(&mut self, what: &What<'_>, first: &mut Firsts, to: &mut Findings) {
        let root = &what.root;
        match role(what.version, what.kind) {
            Ok(Role::Config(kind)) => {
                let read = config(kind, root, to);
                let Some(key) = read.as_ref().map(|(key, _)| key.clone()).or_else(|| named(root)) else {
                    return;
                };
                if first.is_first(kind.as_str(), &key, root, to) {
                    self.configs.insert((kind, key), read.map(|(_, config)| config));
                }
            }
            Ok(Role::RuntimeClass) => {
                let read = runtime_class::class(root, to);
                let Some(key) = cluster_wide(root) else { return };
                if first.is_first(what.kind, &key, root, to) {
                    self.runtime_classes.insert(key.name, read.map(|(_, class)| class));
                }
            }
            Ok(Role::PriorityClass) => {
                let read = priority_class::class(root, to);
                let Some(key) = cluster_wide(root) else { return };
                if first.is_first(what.kind, &key, root, to) {
                    let class = read.map(|(_, class)| class);
                    // Of several defaults the lowest, as Kubernetes has it.
                    let default = class.filter(|class| class.is_default);
                    let defaults = self.priority_default.into_iter().chain(default);
                    self.priority_default = defaults.min_by_key(|class| class.value);
                    self.priority_classes.insert(key.name, class);
                }
            }
            Ok(Role::Policy) => {
                match (policy(root, to), self.policy.as_ref().and_then(|it| it.place.as_ref())) {
                    (Some(_), Some(first)) => {
                        let cause = format!("a second policy; the first is at {first}");
                        to.refuse(root.problem(cause, "Keep one, or name it with --policy"));
                    }
                    (Some(policy), None) => self.policy = Some(policy),
                    (None, _) => self.policy_is_broken = true,
                }
            }
            Ok(Role::Pods(_)) => self.owners.add(what),
            Err(_) => self.policy_is_broken |= policy::is_ours(what.version, what.kind),
            Ok(Role::Idle(_) | Role::Refused { .. }) => {}
        }
    }

    /// Who may have what, where the caller does not say.
    ///
    /// A policy that cannot be read lets nobody have anything: it may have been strict.
    pub(crate) fn admission(&self) -> Admission {
        match &self.policy {
            Some(policy) => policy.admission.clone(),
            None if self.policy_is_broken => Admission::default(),
            None => Admission::built_in(),
        }
    }

    pub(crate) fn config(&self, kind: ConfigKind, namespace: &str, name: &str) -> Found<&Config> {
        let key = PodKey { namespace: namespace.to_owned(), name: name.to_owned() };
        found(self.configs.get(&(kind, key)))
    }

    pub(crate) fn runtime_class(&self, name: &str) -> Found<&RuntimeClass> {
        found(self.runtime_classes.get(name))
    }

    pub(crate) fn priority_class(&self, name: &str) -> Found<&PriorityClass> {
        found(self.priority_classes.get(name))
    }

    /// The priority of pods that name none.
    pub(crate) fn priority_default(&self) -> i32 {
        self.priority_default.map_or(0, |class| class.value)
    }

    /// Whether pods that name no class may displace others, where a class says so.
    pub(crate) fn preemption_default(&self) -> Option<Preemption> {
        self.priority_default.map(|class| class.preemption)
    }

    /// What is where within the node of this name.
    pub(crate) fn topology(&self, node: &str) -> Option<&Topology> {
        self.topologies.get(node)
    }

    /// Whether there is a node of this name, right or wrong.
    pub(crate) fn has_node(&self, name: &str) -> bool {
        self.nodes.contains(name)
    }
}

fn found<T>(entry: Option<&Option<T>>) -> Found<&T> {
    match entry {
        Some(Some(value)) => Found::Here(value),
        Some(None) => Found::Broken,
        None => Found::Absent,
    }
}

fn cluster_wide(root: &Field<'_>) -> Option<PodKey> {
    named(root).map(|key| PodKey { namespace: String::new(), ..key })
}

/// Where each thing was first written.
#[derive(Default)]
struct Firsts(BTreeMap<(String, PodKey), Place>);

impl Firsts {
    fn is_first(&mut self, kind: &str, key: &PodKey, root: &Field<'_>, to: &mut Findings) -> bool {
        let entry = (kind.to_owned(), key.clone());
        if let Some(first) = self.0.get(&entry) {
            let cause = format!("a second {kind} named `{}`; the first is at {first}", key.name);
            to.refuse(root.problem(cause, "Keep one of them, or give it another name"));
            return false;
        }
        self.0.insert(entry, root.place());
        true
    }
}
