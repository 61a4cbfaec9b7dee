//! What a pod asks for, added up.

use casemate_model::{Capacity, Demand, PAGE_SIZE, Pod};
use casemate_mutant::{Mutant, active as seeded};

use crate::Resource;
use crate::resource::sum;

/// A pod and the sum of its requests.
pub(crate) struct Ask<'a> {
    pub(crate) pod: &'a Pod,
    /// Over all containers, plus the sandbox's overhead.
    pub(crate) request: Capacity,
}

impl<'a> Ask<'a> {
    /// # Errors
    ///
    /// The resource of which the pod asks for more than can be counted.
    pub(crate) fn of(pod: &'a Pod) -> Result<Self, Resource> {
        let overhead = Capacity { cpu: pod.overhead_cpu, memory: pod.overhead_memory, ..Capacity::default() };
        let overhead = if seeded(Mutant::PlacementForgetsOverhead) { Capacity::default() } else { overhead };
        let request = pod
            .containers
            .iter()
            .try_fold(overhead, |total, container| sum(&total, &request_of(&container.demand)?))?;
        Ok(Self { pod, request })
    }
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
        assert_eq!(Ask::of(&pod).unwrap_or_else(|r| panic!("{r}")).request, expected);
    }

    #[test]
    fn each_enclave_rounds_up_to_its_own_pages() {
        let mut pod = pod("tee=sgx epc=0 + tee=sgx epc=0");
        for container in &mut pod.containers {
            container.demand.enclave.as_mut().unwrap().epc_guaranteed = Bytes(1);
        }
        assert_eq!(Ask::of(&pod).map(|ask| ask.request.epc).ok(), Some(Bytes(8192)));
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
