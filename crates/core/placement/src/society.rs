//! Who is beside whom: what pods say of each other, and which tenants share a node.
//!
//! As long as no pod says anything of others, nothing of that is kept: who asks is not asked about his
//! neighbours. From the first that does, a [`Topology`] counts for the terms of all that ask.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use casemate_affinity::{PodTerms, Topology, View};
use casemate_model::affinity::{NodeFacts, WhenUnsatisfiable};
use casemate_model::{NodeName, Pod, PodKey, Scope, Sharing};
use casemate_mutant::{Mutant, active as seeded};

use crate::Options;
use crate::facts::Numbers;
use crate::options::SYSTEM;

/// Terms that are counted for at a time; beyond, all are forgotten and learned anew as they are asked for.
const LEARNED_MOST: usize = 1_024;

/// What pods on nodes mean to those that come.
#[derive(Debug)]
pub(crate) struct Society {
    topology: Topology,
    /// Whether anybody has said anything of others.
    engaged: bool,
    terms: BTreeSet<Arc<PodTerms>>,
    learned: BTreeSet<Arc<PodTerms>>,
    tenants: Numbers<String>,
    exempt: BTreeSet<String>,
}

/// Pods of each tenant on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tenants(BTreeMap<u32, Present>);

/// Pods of a tenant on a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Present {
    pods: u32,
    confidential: u32,
    alone_on_node: u32,
    alone_in_tee: u32,
}

/// A pod as its neighbours see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guest {
    /// `None`: it is nobody's rival.
    tenant: Option<u32>,
    is_confidential: bool,
    sharing: Sharing,
}

/// What keeps tenants apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rivalry {
    /// What is not shared.
    pub scope: Scope,
    /// Whom it is not shared with.
    pub tenant: String,
    /// Whether it is the other who will not share.
    pub theirs: bool,
}

impl Society {
    pub(crate) fn new(options: &Options) -> Self {
        let mut topology = Topology::new();
        for (namespace, labels) in &options.namespaces {
            topology.set_namespace(namespace, labels.clone());
        }
        let exempt = SYSTEM.iter().map(|it| (*it).to_owned()).chain(options.exempt.iter().cloned()).collect();
        Self {
            topology,
            engaged: false,
            terms: BTreeSet::new(),
            learned: BTreeSet::new(),
            tenants: Numbers::default(),
            exempt,
        }
    }

    /// What the pod says, one copy for all that say the same.
    pub(crate) fn terms(&mut self, pod: &Pod) -> Arc<PodTerms> {
        let terms = Arc::new(PodTerms::of(pod));
        match self.terms.get(&terms) {
            Some(known) => Arc::clone(known),
            None => {
                self.terms.insert(Arc::clone(&terms));
                terms
            }
        }
    }

    /// The pod as its neighbours see it.
    pub(crate) fn guest(&mut self, pod: &Pod, sharing: Sharing) -> Guest {
        let namespace = &pod.key.namespace;
        let tenant = (!self.exempt.contains(namespace)).then(|| self.tenants.number(namespace));
        Guest { tenant, is_confidential: pod.is_confidential(), sharing }
    }

    /// The same of a pod whose tenant may never have been here.
    pub(crate) fn guest_of(&self, pod: &Pod, sharing: Sharing) -> Guest {
        let namespace = &pod.key.namespace;
        let number = || self.tenants.find(namespace).unwrap_or(u32::MAX);
        let tenant = (!self.exempt.contains(namespace)).then(number);
        Guest { tenant, is_confidential: pod.is_confidential(), sharing }
    }

    /// Whether who comes with these terms makes neighbours matter from now on, who did not before.
    pub(crate) fn begins_with(&self, terms: &PodTerms) -> bool {
        !self.engaged && says_of_others(terms)
    }

    /// From now on neighbours matter: these nodes and the pods on them are known.
    pub(crate) fn engage<'a>(
        &mut self,
        nodes: impl Iterator<Item = NodeFacts>,
        pods: impl Iterator<Item = (&'a PodKey, &'a Arc<PodTerms>, &'a NodeName)>,
    ) {
        self.engaged = true;
        nodes.for_each(|facts| self.topology.set_node(facts));
        for (pod, terms, node) in pods {
            // The ledger knows the node, and each pod once.
            let _ = self.topology.add(pod.clone(), terms, node);
        }
    }

    pub(crate) fn set_node(&mut self, facts: impl FnOnce() -> NodeFacts) {
        if self.engaged {
            self.topology.set_node(facts());
        }
    }

    pub(crate) fn enter(&mut self, pod: &PodKey, terms: &PodTerms, node: &NodeName) {
        if self.engaged {
            let added = self.topology.add(pod.clone(), terms, node);
            debug_assert!(added.is_ok(), "the ledger knows the node, and the pod once");
        }
    }

    /// For a question only: these are not beside anybody. To be followed by [`enter`](Self::enter) for each.
    pub(crate) fn lift<'a>(&mut self, pods: impl Iterator<Item = &'a PodKey>) {
        if self.engaged {
            for pod in pods {
                self.topology.remove(pod);
            }
        }
    }

    pub(crate) fn leave(&mut self, pod: &PodKey, terms: Arc<PodTerms>) {
        if self.engaged {
            self.topology.remove(pod);
        }
        self.drop_unused(&terms);
    }

    /// Keeps nothing of terms that nobody in place has and nobody counts for, but the caller's own.
    pub(crate) fn drop_unused(&mut self, terms: &Arc<PodTerms>) {
        // This one, and the one in the set.
        if Arc::strong_count(terms) <= 2 && !self.learned.contains(terms) {
            self.terms.remove(terms);
        }
    }

    /// Counts for these terms from now on.
    pub(crate) fn learn(&mut self, terms: &Arc<PodTerms>) {
        if !self.engaged || self.learned.contains(terms) {
            return;
        }
        if self.learned.len() >= LEARNED_MOST {
            for known in std::mem::take(&mut self.learned) {
                self.topology.forget(&known);
                self.drop_unused(&known);
            }
        }
        self.topology.learn(terms);
        self.learned.insert(Arc::clone(terms));
    }

    /// How pods of these terms see the nodes; `None` where neighbours do not matter.
    pub(crate) fn view(&self, terms: &PodTerms) -> Option<View<'_>> {
        self.engaged.then(|| self.topology.view(terms))
    }

    /// Who keeps this guest off a node with these tenants, or whom it will not share with.
    pub(crate) fn rivalries(&self, guest: &Guest, on: &Tenants) -> Vec<Rivalry> {
        let Some(me) = guest.tenant else { return Vec::new() };
        let mut all = Vec::new();
        for (tenant, there) in on.0.iter().filter(|(tenant, _)| **tenant != me) {
            let mine = match guest.sharing {
                Sharing::Exclusive(Scope::Node) if there.pods > 0 => Some(Scope::Node),
                Sharing::Exclusive(Scope::Tee) if there.confidential > 0 => Some(Scope::Tee),
                _ => None,
            };
            let theirs = if there.alone_on_node > 0 {
                Some(Scope::Node)
            } else {
                (there.alone_in_tee > 0 && guest.is_confidential).then_some(Scope::Tee)
            };
            let name = || self.tenants.get(*tenant).cloned().unwrap_or_default();
            let rivalry = |scope, theirs| Rivalry { scope, tenant: name(), theirs };
            let mine = mine.filter(|_| !seeded(Mutant::PlacementForgetsOwnScope));
            let theirs = theirs.filter(|_| !seeded(Mutant::PlacementForgetsOthersScope));
            all.extend(mine.map(|scope| rivalry(scope, false)));
            all.extend(theirs.map(|scope| rivalry(scope, true)));
        }
        all
    }
}

impl Tenants {
    pub(crate) fn enter(&mut self, guest: &Guest) {
        self.change(guest, |count, by| *count = count.saturating_add(by));
    }

    pub(crate) fn leave(&mut self, guest: &Guest) {
        self.change(guest, |count, by| *count = count.saturating_sub(by));
        self.0.retain(|_, there| there.pods > 0);
    }

    /// Each tenant's number of pods, by the tenant's number.
    fn change(&mut self, guest: &Guest, change: impl Fn(&mut u32, u32)) {
        let Some(tenant) = guest.tenant else { return };
        let there = self.0.entry(tenant).or_default();
        change(&mut there.pods, 1);
        change(&mut there.confidential, u32::from(guest.is_confidential));
        change(&mut there.alone_on_node, u32::from(guest.sharing == Sharing::Exclusive(Scope::Node)));
        change(&mut there.alone_in_tee, u32::from(guest.sharing == Sharing::Exclusive(Scope::Tee)));
    }
}

fn says_of_others(terms: &PodTerms) -> bool {
    let says =
        |it: &casemate_model::affinity::PodAffinity| !it.required.is_empty() || !it.preferred.is_empty();
    says(&terms.pod_affinity) || says(&terms.pod_anti_affinity) || !terms.spread.is_empty()
}

/// Whether it would rather be beside some, or away from them: the nodes have to be looked at one by one.
pub(crate) fn wishes_of_others(terms: &PodTerms) -> bool {
    let soft = |it: &casemate_model::affinity::SpreadConstraint| {
        it.when_unsatisfiable == WhenUnsatisfiable::ScheduleAnyway
    };
    !terms.pod_affinity.preferred.is_empty()
        || !terms.pod_anti_affinity.preferred.is_empty()
        || terms.spread.iter().any(soft)
}

#[cfg(test)]
mod tests {
    use casemate_model::affinity::PodAffinityTerm;

    use super::*;
    use crate::filter::fixture::words::{node, pod};

    const SHARED: Sharing = Sharing::Shared;
    const TEE: Sharing = Sharing::Exclusive(Scope::Tee);
    const NODE: Sharing = Sharing::Exclusive(Scope::Node);

    fn society() -> Society {
        let exempt = BTreeSet::from(["monitoring".to_owned()]);
        Society::new(&Options { exempt, ..Options::default() })
    }

    fn of(namespace: &str, words: &str) -> Pod {
        let mut pod = pod(words);
        pod.key.namespace = namespace.to_owned();
        pod
    }

    /// Whom a pod of `bank` meets beside one of this namespace: what is not shared, and whether it is theirs.
    fn met(sharing: Sharing, words: &str, other: (&str, Sharing, &str)) -> Vec<(Scope, bool)> {
        let mut society = society();
        let (namespace, theirs, others) = other;
        let mut tenants = Tenants::default();
        tenants.enter(&society.guest(&of(namespace, others), theirs));
        let guest = society.guest(&of("bank", words), sharing);
        society.rivalries(&guest, &tenants).into_iter().map(|it| (it.scope, it.theirs)).collect()
    }

    const SECRET: &str = "tee=sgx epc=1";
    const PLAIN: &str = "cpu=1";

    #[test]
    fn a_scope_of_ones_own_is_kept_against_those_who_are_there_and_by_them() {
        for words in [SECRET, PLAIN] {
            assert_eq!(met(NODE, SECRET, ("shop", SHARED, words)), [(Scope::Node, false)]);
            assert_eq!(met(SHARED, words, ("shop", NODE, SECRET)), [(Scope::Node, true)]);
        }
        assert_eq!(met(TEE, SECRET, ("shop", SHARED, SECRET)), [(Scope::Tee, false)]);
        assert_eq!(met(TEE, SECRET, ("shop", SHARED, PLAIN)), []);
        assert_eq!(met(SHARED, SECRET, ("shop", TEE, SECRET)), [(Scope::Tee, true)]);
        assert_eq!(met(SHARED, PLAIN, ("shop", TEE, SECRET)), []);
        assert_eq!(met(TEE, SECRET, ("shop", NODE, SECRET)), [(Scope::Tee, false), (Scope::Node, true)]);
        assert_eq!(met(SHARED, SECRET, ("shop", SHARED, SECRET)), []);
    }

    #[test]
    fn ones_own_the_system_and_whoever_is_exempt_are_nobodys_rivals() {
        for namespace in ["bank", "kube-system", "kube-public", "kube-node-lease", "monitoring"] {
            assert_eq!(met(NODE, SECRET, (namespace, NODE, SECRET)), [], "{namespace}");
        }
        let mut society = society();
        let mut tenants = Tenants::default();
        tenants.enter(&society.guest(&of("shop", SECRET), NODE));
        let exempt = society.guest(&of("monitoring", SECRET), NODE);
        assert_eq!(society.rivalries(&exempt, &tenants), []);
    }

    #[test]
    fn a_tenant_that_never_came_is_looked_at_as_if_it_had() {
        let mut society = society();
        let mut tenants = Tenants::default();
        tenants.enter(&society.guest(&of("shop", SECRET), NODE));
        let stranger = society.guest_of(&of("bank", SECRET), SHARED);
        let told = society.rivalries(&stranger, &tenants);
        assert_eq!(told, [Rivalry { scope: Scope::Node, tenant: "shop".to_owned(), theirs: true }]);
        let own = society.guest_of(&of("shop", SECRET), SHARED);
        assert_eq!(society.rivalries(&own, &tenants), []);
    }

    #[test]
    fn who_leaves_is_nobodys_rival_any_more_and_the_others_still_are() {
        let mut society = society();
        let mut tenants = Tenants::default();
        let all = [NODE, TEE, SHARED].map(|sharing| society.guest(&of("shop", SECRET), sharing));
        all.iter().for_each(|guest| tenants.enter(guest));
        let newcomer = society.guest(&of("bank", SECRET), SHARED);
        let mut scopes = Vec::new();
        for guest in &all {
            let told = society.rivalries(&newcomer, &tenants);
            scopes.push(told.first().map(|it| it.scope));
            tenants.leave(guest);
        }
        assert_eq!(scopes, [Some(Scope::Node), Some(Scope::Tee), None]);
        assert_eq!(tenants, Tenants::default());
    }

    /// A pod of `app=a` that keeps away from others of a namespace within a zone.
    fn aloof(name: &str, namespace: &str) -> Pod {
        let mut pod = of("bank", &format!("name={name}"));
        pod.scheduling.pod_anti_affinity.required.push(PodAffinityTerm {
            label_selector: Some(casemate_model::affinity::LabelSelector::default()),
            namespaces: BTreeSet::from([namespace.to_owned()]),
            topology_key: "zone".to_owned(),
            ..PodAffinityTerm::default()
        });
        pod
    }

    #[test]
    fn neighbours_matter_from_the_first_that_says_anything_of_them() {
        let mut society = society();
        let facts = || NodeFacts::from(&node("name=n label:zone=a"));
        let (plain, first) = (of("shop", "name=plain"), aloof("first", "shop"));
        let [plains, firsts] = [&plain, &first].map(|pod| society.terms(pod));
        society.set_node(facts);
        society.enter(&plain.key, &plains, &facts().name);
        assert!(society.view(&firsts).is_none() && !society.begins_with(&plains));
        assert!(society.begins_with(&firsts));
        let name = facts().name;
        society.engage([facts()].into_iter(), [(&plain.key, &plains, &name)].into_iter());
        assert!(!society.begins_with(&firsts), "they do already");
        let objections = |society: &Society| society.view(&firsts).unwrap().objections(&facts()).len();
        assert_eq!(objections(&society), 1, "who was there before counts");
        society.lift([&plain.key].into_iter());
        assert_eq!(objections(&society), 0, "for a question, it is not there");
        society.enter(&plain.key, &plains, &name);
        assert_eq!(objections(&society), 1);
        society.leave(&plain.key, plains);
        assert_eq!(objections(&society), 0);
    }

    #[test]
    fn what_nobody_says_any_more_is_not_kept() {
        let mut society = society();
        let pod = aloof("p", "shop");
        let one = society.terms(&pod);
        assert!(Arc::ptr_eq(&one, &society.terms(&aloof("q", "shop"))), "one copy for all who say the same");
        society.drop_unused(&one);
        assert!(society.terms.is_empty());
    }

    #[test]
    fn terms_are_counted_for_up_to_a_bound_and_then_learned_anew() {
        let mut society = society();
        society.engage(std::iter::empty(), std::iter::empty());
        for nth in 0..=LEARNED_MOST {
            let terms = society.terms(&aloof("p", &format!("tenant-{nth}")));
            society.learn(&terms);
            assert!(society.learned.contains(&terms) && society.learned.len() <= LEARNED_MOST);
        }
        assert_eq!((society.learned.len(), society.terms.len()), (1, 1));
    }
}
