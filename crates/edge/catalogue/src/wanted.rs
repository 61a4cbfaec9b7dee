//! What is asked of one instance.

use casemate_model::{Bytes, Capacity, Container, MilliCpu, Pod, Tee};
use thiserror::Error;

use crate::Resource;

/// What one instance is to hold: a pod, or several added up by whoever asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The TEE. `None`: any instance will do.
    pub tee: Option<Tee>,
    /// How much of each resource.
    pub capacity: Capacity,
}

/// A pod that no single instance can be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WantedError {
    /// Its containers ask for different TEEs.
    #[error("its containers ask for {0} and for {1}, which no instance has at once; split the pod")]
    TwoTees(Tee, Tee),
    /// It asks for more than can be counted.
    #[error("it asks for more {0} than can be counted; lower its requests")]
    Uncountable(Resource),
}

impl Wanted {
    /// What a pod needs at most at any moment, as Kubernetes counts it: the larger of its
    /// largest init container and of the others together, and its sandbox's overhead.
    ///
    /// # Errors
    ///
    /// [`WantedError`]: the pod asks for what no single instance has.
    pub fn of(pod: &Pod) -> Result<Self, WantedError> {
        let mut tee = None;
        for (_, enclave) in pod.enclaves() {
            match tee {
                None => tee = Some(enclave.tee),
                Some(other) if other != enclave.tee => return Err(WantedError::TwoTees(other, enclave.tee)),
                Some(_) => {}
            }
        }
        let together = pod.containers.iter().map(request).try_fold(Capacity::default(), sum)?;
        let largest = pod.init_containers.iter().map(request).fold(together, most);
        let overhead = Capacity {
            cpu: pod.overhead_cpu,
            memory: pod.overhead_memory,
            key_slots: pod.overhead_key_slots,
            ..Capacity::default()
        };
        Ok(Self { tee, capacity: sum(largest, overhead)? })
    }
}

fn request(container: &Container) -> Capacity {
    let demand = &container.demand;
    let enclave = demand.enclave;
    Capacity {
        epc: enclave.map_or(Bytes::ZERO, |it| it.epc_guaranteed.to_pages_ceil().to_bytes()),
        slots: enclave.map_or(0, |it| it.slots),
        key_slots: enclave.map_or(0, |it| it.key_slots),
        cpu: demand.cpu,
        memory: demand.memory,
    }
}

fn sum(a: Capacity, b: Capacity) -> Result<Capacity, WantedError> {
    let uncountable = WantedError::Uncountable;
    Ok(Capacity {
        epc: a.epc.checked_add(b.epc).ok_or(uncountable(Resource::Epc))?,
        slots: a.slots.checked_add(b.slots).ok_or(uncountable(Resource::EnclaveSlots))?,
        key_slots: a.key_slots.checked_add(b.key_slots).ok_or(uncountable(Resource::KeySlots))?,
        cpu: a.cpu.checked_add(b.cpu).ok_or(uncountable(Resource::Cpu))?,
        memory: a.memory.checked_add(b.memory).ok_or(uncountable(Resource::Memory))?,
    })
}

fn most(a: Capacity, b: Capacity) -> Capacity {
    Capacity {
        epc: a.epc.max(b.epc),
        slots: a.slots.max(b.slots),
        key_slots: a.key_slots.max(b.key_slots),
        cpu: a.cpu.max(b.cpu),
        memory: a.memory.max(b.memory),
    }
}

impl Wanted {
    /// As much of one resource: milli-CPUs, bytes, or a number.
    #[must_use]
    pub const fn of_resource(&self, resource: Resource) -> u64 {
        let Capacity { epc, slots, key_slots, cpu: MilliCpu(cpu), memory } = self.capacity;
        match resource {
            Resource::Cpu => cpu,
            Resource::Memory => memory.0,
            Resource::Epc => epc.0,
            Resource::EnclaveSlots => slots as u64,
            Resource::KeySlots => key_slots as u64,
        }
    }
}
