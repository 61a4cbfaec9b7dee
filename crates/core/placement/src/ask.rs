//! What a pod asks for, added up.
//!
//! Init containers run one at a time, before the others start: of each resource a pod needs the
//! larger of what its largest init container asks for and what the others ask for together, and
//! its sandbox's overhead on top. Source: Kubernetes, "Init Containers", resource sharing.
//!
//! *Encrypted memory* is asked for by all enclaves of a pod together. Linux takes it from the NUMA node where the
//! program runs and, where that is full, from the nearest others (`sgx_alloc_epc_page`); so it may come from
//! several, and a pod with affinity gets all of it from one where a node has that. Who asks to be *exclusive*
//! is never paged: its enclaves are reserved up to their limit, since that is what nobody has to measure and no
//! enclave can exceed; where no limit is named, up to the working set that was measured, if that is more.
//!
//! *Exclusive cores* are charged whole: CPU is rounded up to all hardware threads of a core, one core at least,
//! the pod's containers and sandbox together, since they are one tenant. That is an account only. It comes true
//! where the node keeps others off those cores: with kubelet's static CPU manager and its option
//! `full-pcpus-only`, which does so for containers of Guaranteed pods that ask for whole cores each; with a runtime
//! that gives the pod's cgroup a cpuset of its own; or with SMT off and such a cpuset.
//!
//! *Bandwidth* comes from one NUMA node, the one of the encrypted memory if there is enough of it.

use std::borrow::Cow;

use casemate_model::{
    Bytes, Capacity, Container, Demand, DeviceKind, MilliCpu, Node, PAGE_SIZE, PlacementPolicy, Pod, Scope,
    Sharing,
};
use casemate_mutant::{Mutant, active as seeded};

use crate::Resource;
use crate::amounts::{Amounts, most, sum};
use crate::overcommit::Excess;
use crate::span::Span;
use casemate_fleet::Want;

/// A pod and what it needs at most at any moment.
pub(crate) struct Ask<'a> {
    pub(crate) pod: &'a Pod,
    /// How it shares its node.
    pub(crate) policy: PlacementPolicy,
    /// Of each resource, the sandbox's overhead included; of CPU where a core has one thread.
    pub(crate) request: Amounts,
}

/// Where encrypted memory may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locality {
    /// All from one NUMA node.
    Local,
    /// From one if it has enough, else from the nearest others too.
    Anywhere,
}

/// A core whose number of threads nobody knows.
const CORE: u64 = 1000;

impl<'a> Ask<'a> {
    /// Of a pod in a cluster with this policy for those that name none.
    ///
    /// # Errors
    ///
    /// The resource of which the pod asks for more than can be counted.
    pub(crate) fn under(pod: &'a Pod, default: PlacementPolicy) -> Result<Self, Resource> {
        let policy = pod.scheduling.policy.unwrap_or(default);
        let requested = |container: &Container| requested(container, reserve_of(pod, container, policy));
        let together = pod
            .containers
            .iter()
            .map(requested)
            .try_fold(Capacity::default(), |total, one| sum(&total, &one?))?;
        let init = pod.init_containers.iter().filter(|_| !seeded(Mutant::PlacementForgetsInit));
        let largest = init.map(requested).try_fold(together, |largest, one| Ok(most(&largest, &one?)))?;
        let mut devices = pod.devices();
        // Each pod is one.
        devices.insert(DeviceKind(DeviceKind::PODS.to_owned()), 1);
        let mut capacity = sum(&largest, &overhead(pod))?;
        if policy.sharing == Sharing::Exclusive(Scope::Core) {
            let cores = capacity.cpu.0.max(1).checked_next_multiple_of(CORE);
            capacity.cpu = MilliCpu(cores.ok_or(Resource::Cpu)?);
        }
        let excess = match policy.sharing {
            Sharing::Exclusive(_) => Excess::NONE,
            Sharing::Shared => Excess::of(pod),
        };
        let bandwidth = pod.scheduling.bandwidth.unwrap_or(0);
        Ok(Self { pod, policy, request: Amounts { capacity, devices, bandwidth, excess } })
    }

    /// What is wanted of a resource, on any node.
    pub(crate) fn want(&self, resource: &Resource, locality: Locality) -> Want {
        let amount = resource.among(&self.request);
        match resource {
            Resource::Epc if locality == Locality::Anywhere => Want::Spread(amount),
            Resource::Bandwidth if seeded(Mutant::PlacementSumsNuma) => Want::Spread(amount),
            Resource::Device(_) if seeded(Mutant::PlacementIgnoresUnits) => Want::Spread(amount),
            _ => Want::Share(amount),
        }
    }

    /// In the order in which they are tried.
    pub(crate) fn localities(&self) -> &'static [Locality] {
        let is_local = self.policy.affinity && self.request.capacity.epc > Bytes::ZERO;
        if is_local { &[Locality::Local, Locality::Anywhere] } else { &[Locality::Anywhere] }
    }

    /// How much of a resource it is charged on this node.
    pub(crate) fn amount(&self, resource: &Resource, node: &Node) -> u64 {
        let amount = resource.among(&self.request);
        if *resource == Resource::Cpu && self.has_whole_cores() { whole_cores(amount, node) } else { amount }
    }

    /// All that it is charged on this node.
    pub(crate) fn charge(&self, node: &Node) -> Cow<'_, Amounts> {
        let cpu = self.amount(&Resource::Cpu, node);
        if cpu == self.request.capacity.cpu.0 {
            return Cow::Borrowed(&self.request);
        }
        let mut charge = self.request.clone();
        charge.capacity.cpu = MilliCpu(cpu);
        Cow::Owned(charge)
    }

    /// How long it needs its witness: as long as it is expected to run, and no longer than it may.
    pub(crate) fn lasts(&self) -> Span {
        if !self.pod.is_confidential() {
            return Span::NONE;
        }
        let told = [self.pod.scheduling.expected, self.pod.active_deadline];
        told.into_iter().flatten().min().map_or(Span::NONE, Span::of)
    }

    fn has_whole_cores(&self) -> bool {
        self.policy.sharing == Sharing::Exclusive(Scope::Core) && !seeded(Mutant::PlacementSplitsCores)
    }
}

/// Rounded up to all threads of a core. More than can be counted is more than there is.
fn whole_cores(cpu: u64, node: &Node) -> u64 {
    let core = u64::from(node.hardware.threads_per_core.max(1)).saturating_mul(CORE);
    cpu.checked_next_multiple_of(core).unwrap_or(u64::MAX)
}

/// The encrypted memory that is reserved for an enclave.
fn reserve_of(pod: &Pod, container: &Container, policy: PlacementPolicy) -> Bytes {
    let Some(enclave) = container.demand.enclave else { return Bytes::ZERO };
    let most = match policy.sharing {
        Sharing::Shared => None,
        Sharing::Exclusive(_) if seeded(Mutant::PlacementOvercommitsExclusive) => None,
        Sharing::Exclusive(_) => {
            let measured = pod.scheduling.working_sets.get(&container.name).copied();
            enclave.epc_limit.or(measured)
        }
    };
    most.map_or(enclave.epc_guaranteed, |most| most.max(enclave.epc_guaranteed))
}

/// What the sandbox costs beside its containers.
fn overhead(pod: &Pod) -> Capacity {
    if seeded(Mutant::PlacementForgetsOverhead) {
        return Capacity::default();
    }
    let key_slots = if seeded(Mutant::PlacementForgetsOverheadKeys) { 0 } else { pod.overhead_key_slots };
    Capacity { cpu: pod.overhead_cpu, memory: pod.overhead_memory, key_slots, ..Capacity::default() }
}

/// One container's request. An enclave's pages are its own, so its encrypted memory is whole pages.
fn requested(container: &Container, reserve: Bytes) -> Result<Capacity, Resource> {
    let Demand { cpu, memory, enclave, .. } = container.demand;
    let plain = Capacity { cpu, memory, ..Capacity::default() };
    let Some(enclave) = enclave else { return Ok(plain) };
    let epc = reserve.to_pages_ceil().to_bytes();
    // Rounding up saturates where the last page would not fit.
    if !epc.0.is_multiple_of(PAGE_SIZE) {
        return Err(Resource::Epc);
    }
    Ok(Capacity { epc, slots: enclave.slots, key_slots: enclave.key_slots, ..plain })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::fixture::words::pod;

    #[test]
    fn requests_are_summed_over_containers_and_overhead() {
        let pod = pod(
            "tee=sgx epc=4 slots=1 cpu=100 memory=8 overhead-cpu=50 overhead-memory=2 + tee=sgx epc=8 slots=1 keys=1",
        );
        let expected = Capacity {
            epc: Bytes::mib(12),
            slots: 2,
            key_slots: 1,
            cpu: MilliCpu(150),
            memory: Bytes::mib(10),
        };
        assert_eq!(
            Ask::under(&pod, PlacementPolicy::default()).unwrap_or_else(|r| panic!("{r}")).request.capacity,
            expected
        );
    }

    #[test]
    fn of_init_containers_the_largest_counts_and_only_beside_what_the_others_ask_for() {
        let asked = |words: &str| {
            Ask::under(&pod(words), PlacementPolicy::default())
                .unwrap_or_else(|r| panic!("{r}"))
                .request
                .capacity
        };
        let large = asked("tee=sgx epc=8 cpu=10 > tee=sgx epc=9 cpu=20 > tee=sgx epc=4 cpu=100 + cpu=100");
        assert_eq!((large.epc, large.cpu), (Bytes::mib(9), MilliCpu(200)));
        let small =
            asked("epc=1 tee=sgx slots=3 keys=2 > tee=sgx epc=4 slots=1 + tee=sgx epc=4 slots=1 keys=3");
        assert_eq!((small.epc, small.slots, small.key_slots), (Bytes::mib(8), 3, 3));
    }

    #[test]
    fn overhead_comes_on_top_of_the_larger_and_takes_key_slots_too() {
        let words = "tee=tdx keys=2 memory=9 > tee=tdx keys=1 memory=8 overhead-memory=2 overhead-keys=1";
        let asked = Ask::under(&pod(words), PlacementPolicy::default())
            .unwrap_or_else(|r| panic!("{r}"))
            .request
            .capacity;
        assert_eq!((asked.key_slots, asked.memory), (3, Bytes::mib(11)));
    }

    #[test]
    fn each_enclave_rounds_up_to_its_own_pages() {
        let mut pod = pod("tee=sgx epc=0 + tee=sgx epc=0");
        for container in &mut pod.containers {
            container.demand.enclave.as_mut().unwrap().epc_guaranteed = Bytes(1);
        }
        assert_eq!(
            Ask::under(&pod, PlacementPolicy::default()).map(|ask| ask.request.capacity.epc).ok(),
            Some(Bytes(8192))
        );
    }

    #[test]
    fn what_cannot_be_counted_is_an_answer_and_no_wrapped_sum() {
        for (bytes, counts) in [(u64::MAX - 4095, false), (u64::MAX, false), (1 << 62, true)] {
            let mut pod = pod("tee=sgx epc=1 + tee=sgx epc=1");
            pod.containers[0].demand.enclave.as_mut().unwrap().epc_guaranteed = Bytes(bytes);
            assert_eq!(Ask::under(&pod, PlacementPolicy::default()).is_ok(), counts, "{bytes}");
        }
    }
}
