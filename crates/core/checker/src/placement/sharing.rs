//! With whom pods share a node. A tenant is a namespace; those of the system, and those that are
//! said to be, are nobody's rivals.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::{Pod, Scope, Sharing};

use super::against::Against;
use crate::Rule;

/// Namespaces of the system itself (Kubernetes v1.34, "Namespaces", initial namespaces).
const OF_THE_SYSTEM: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// Who is on a node, by tenant.
#[derive(Debug, Default)]
pub(super) struct Tenants(BTreeMap<String, Tenancy>);

/// How many pods of a tenant there are, and of these how many are what.
#[derive(Debug, Default)]
struct Tenancy {
    pods: u64,
    confidential: u64,
    alone_in_tee: u64,
    alone_on_node: u64,
}

impl Tenants {
    pub(super) fn come(&mut self, pod: &Pod, sharing: Sharing) {
        let tenancy = self.0.entry(pod.key.namespace.clone()).or_default();
        for count in tenancy.counts(pod, sharing) {
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn go(&mut self, pod: &Pod, sharing: Sharing) {
        let Some(tenancy) = self.0.get_mut(&pod.key.namespace) else { return };
        for count in tenancy.counts(pod, sharing) {
            *count = count.saturating_sub(1);
        }
        if tenancy.pods == 0 {
            self.0.remove(&pod.key.namespace);
        }
    }

    /// What speaks against the pod among those who are here, from its side and from theirs. Of `exempt` namespaces
    /// nothing does, as of those of the system.
    pub(super) fn object(
        &self,
        against: &mut Against,
        pod: &Pod,
        sharing: Sharing,
        exempt: &BTreeSet<String>,
    ) {
        let own = pod.key.namespace.as_str();
        let is_nobodys_rival = |name: &str| OF_THE_SYSTEM.contains(&name) || exempt.contains(name);
        if is_nobodys_rival(own) {
            return;
        }
        let confidential = is_confidential(pod);
        let rivals = self.0.iter().filter(|(name, _)| *name != own && !is_nobodys_rival(name));
        for (rival, tenancy) in rivals {
            let in_the_way = match sharing {
                Sharing::Exclusive(Scope::Node) => tenancy.pods,
                Sharing::Exclusive(Scope::Tee) => tenancy.confidential,
                Sharing::Exclusive(Scope::Core) | Sharing::Shared => 0,
            };
            if in_the_way > 0 {
                against.add(
                    Rule::ExclusiveIgnored,
                    format_args!("beside {in_the_way} pods of {rival}"),
                    format_args!("no other tenant within its scope"),
                );
            }
            if tenancy.alone_on_node > 0 || (confidential && tenancy.alone_in_tee > 0) {
                against.add(
                    Rule::OthersExclusiveIgnored,
                    format_args!("beside pods of {rival} that share with no other tenant"),
                    format_args!("nobody within their scope but their tenant"),
                );
            }
        }
    }
}

impl Tenancy {
    fn counts(&mut self, pod: &Pod, sharing: Sharing) -> impl Iterator<Item = &mut u64> {
        let Self { pods, confidential, alone_in_tee, alone_on_node } = self;
        let tee = sharing == Sharing::Exclusive(Scope::Tee);
        let node = sharing == Sharing::Exclusive(Scope::Node);
        let counts =
            [(pods, true), (confidential, is_confidential(pod)), (alone_in_tee, tee), (alone_on_node, node)];
        counts.into_iter().filter(|(_, counts)| *counts).map(|(count, _)| count)
    }
}

/// Whether any of its containers asks for a TEE.
pub(super) fn is_confidential(pod: &Pod) -> bool {
    pod.containers.iter().chain(&pod.init_containers).any(|container| container.demand.enclave.is_some())
}
