//! What a pod asks for, added up.
//!
//! Init containers run one at a time, before the others start: of each resource a pod needs the
//! larger of what its largest init container asks for and what the others ask for together, and
//! its sandbox's overhead on top. Source: Kubernetes, "Init Containers", resource sharing.

use casemate_model::{Capacity, Container, Demand, DeviceKind, PAGE_SIZE, Pod};
use casemate_mutant::{Mutant, active as seeded};

use crate::Resource;
use crate::resource::{Amounts, most, sum};

/// A pod and what it needs at most at any moment.
pub(crate) struct Ask<'a> {
    pub(crate) pod: &'a Pod,
    /// Of each resource, the sandbox's overhead included.
    pub(crate) request: Amounts,
}

impl<'a> Ask<'a> {
    /// # Errors
    ///
    /// The resource of which the pod asks for more than can be counted.
    pub(crate) fn of(pod: &'a Pod) -> Result<Self, Resource> {
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
        Ok(Self { pod, request: Amounts { capacity: sum(&largest, &overhead(pod))?, devices } })
    }
}

/// What the sandbox costs beside its containers.
fn overhead(pod: &Pod) -> Capacity {
    if seeded(Mutant::PlacementForgetsOverhead) {
        return Capacity::default();
    }
    let key_slots = if seeded(Mutant::PlacementForgetsOverheadKeys) { 0 } else { pod.overhead_key_slots };
    Capacity { cpu: pod.overhead_cpu, memory: pod.overhead_memory, key_slots, ..Capacity::default() }
}

fn requested(container: &Container) -> Result<Capacity, Resource> {
    request_of(&container.demand)
}

/// One container's request. An enclave's pages are its own, so its encrypted memory is whole pages.
fn request_of(demand: &Demand) -> Result<Capacity, Resource> {
    let Demand { cpu, memory, enclave, .. } = *demand;
    let plain = Capacity { cpu, memory, ..Capacity::default() };
    let Some(enclave) = enclave else { return Ok(plain) };
    let epc = enclave.epc_guaranteed.to_pages_ceil().to_bytes();
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
    use casemate_model::{Bytes, MilliCpu};

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
        assert_eq!(Ask::of(&pod).unwrap_or_else(|r| panic!("{r}")).request.capacity, expected);
    }

    #[test]
    fn of_init_containers_the_largest_counts_and_only_beside_what_the_others_ask_for() {
        let asked = |words: &str| Ask::of(&pod(words)).unwrap_or_else(|r| panic!("{r}")).request.capacity;
        let large = asked("tee=sgx epc=8 cpu=10 > tee=sgx epc=9 cpu=20 > tee=sgx epc=4 cpu=100 + cpu=100");
        assert_eq!((large.epc, large.cpu), (Bytes::mib(9), MilliCpu(200)));
        let small =
            asked("epc=1 tee=sgx slots=3 keys=2 > tee=sgx epc=4 slots=1 + tee=sgx epc=4 slots=1 keys=3");
        assert_eq!((small.epc, small.slots, small.key_slots), (Bytes::mib(8), 3, 3));
    }

    #[test]
    fn overhead_comes_on_top_of_the_larger_and_takes_key_slots_too() {
        let words = "tee=tdx keys=2 memory=9 > tee=tdx keys=1 memory=8 overhead-memory=2 overhead-keys=1";
        let asked = Ask::of(&pod(words)).unwrap_or_else(|r| panic!("{r}")).request.capacity;
        assert_eq!((asked.key_slots, asked.memory), (3, Bytes::mib(11)));
    }

    #[test]
    fn each_enclave_rounds_up_to_its_own_pages() {
        let mut pod = pod("tee=sgx epc=0 + tee=sgx epc=0");
        for container in &mut pod.containers {
            container.demand.enclave.as_mut().unwrap().epc_guaranteed = Bytes(1);
        }
        assert_eq!(Ask::of(&pod).map(|ask| ask.request.capacity.epc).ok(), Some(Bytes(8192)));
    }

    #[test]
    fn what_cannot_be_counted_is_an_answer_and_no_wrapped_sum() {
        for (bytes, counts) in [(u64::MAX - 4095, false), (u64::MAX, false), (1 << 62, true)] {
            let mut pod = pod("tee=sgx epc=1 + tee=sgx epc=1");
            pod.containers[0].demand.enclave.as_mut().unwrap().epc_guaranteed = Bytes(bytes);
            assert_eq!(Ask::of(&pod).is_ok(), counts, "{bytes}");
        }
    }
}
