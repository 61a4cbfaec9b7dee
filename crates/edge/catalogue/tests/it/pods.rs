//! What a pod comes to.

use std::collections::BTreeMap;

use casemate_catalogue::{Resource, Wanted, WantedError};
use casemate_model::{
    Bytes, Capacity, Container, Demand, EnclaveDemand, MilliCpu, Pod, PodKey, RestartPolicy, Tee,
};

fn enclave(tee: Tee, epc_mib: u64) -> EnclaveDemand {
    let epc_guaranteed = Bytes::mib(epc_mib);
    EnclaveDemand { tee, epc_guaranteed, epc_limit: None, slots: 1, key_slots: 0 }
}

fn container(cpu: u64, enclave: Option<EnclaveDemand>) -> Container {
    Container {
        name: "app".into(),
        image: "app".into(),
        args: Vec::new(),
        env: Vec::new(),
        working_dir: None,
        mounts: Vec::new(),
        demand: Demand { cpu: MilliCpu(cpu), memory: Bytes::mib(64), enclave, ..Demand::default() },
    }
}

fn pod(init_containers: Vec<Container>, containers: Vec<Container>) -> Pod {
    Pod {
        key: PodKey { namespace: "default".into(), name: "p".into() },
        priority: 0,
        node_selector: BTreeMap::new(),
        tolerations: Vec::new(),
        overhead_memory: Bytes::ZERO,
        overhead_cpu: MilliCpu::ZERO,
        overhead_key_slots: 0,
        init_containers,
        containers,
        restart_policy: RestartPolicy::Never,
        restarts_max: None,
        active_deadline: None,
        volumes: Vec::new(),
        scheduling: casemate_model::Scheduling::default(),
    }
}

#[test]
fn containers_add_up_and_of_init_containers_the_largest_counts() {
    let sgx = |epc| Some(enclave(Tee::Sgx, epc));
    let pod = pod(
        vec![container(3000, sgx(1)), container(10, sgx(100))],
        vec![container(500, sgx(8)), container(250, None)],
    );
    let wanted = Wanted::of(&pod).unwrap();
    let expected = Capacity {
        epc: Bytes::mib(100),
        slots: 1,
        key_slots: 0,
        cpu: MilliCpu(3000),
        memory: Bytes::mib(128),
    };
    assert_eq!(wanted, Wanted { tee: Some(Tee::Sgx), capacity: expected });
}

#[test]
fn the_sandbox_comes_on_top() {
    let mut pod = pod(Vec::new(), vec![container(1000, Some(enclave(Tee::Tdx, 0)))]);
    (pod.overhead_memory, pod.overhead_cpu, pod.overhead_key_slots) = (Bytes::mib(2048), MilliCpu(1000), 1);
    let capacity = Wanted::of(&pod).unwrap().capacity;
    assert_eq!((capacity.memory, capacity.cpu, capacity.key_slots), (Bytes::mib(2112), MilliCpu(2000), 1));
}

#[test]
fn encrypted_memory_is_whole_pages_of_each_enclave() {
    let mut one = container(0, Some(enclave(Tee::Sgx, 0)));
    one.demand.enclave.as_mut().unwrap().epc_guaranteed = Bytes(1);
    let wanted = Wanted::of(&pod(Vec::new(), vec![one.clone(), one])).unwrap();
    assert_eq!(wanted.capacity.epc, Bytes(8192));
}

#[test]
fn an_ordinary_pod_asks_for_no_tee() {
    assert_eq!(Wanted::of(&pod(Vec::new(), vec![container(1, None)])).unwrap().tee, None);
}

#[test]
fn two_tees_in_one_pod_are_no_one_instance() {
    let containers = vec![container(1, Some(enclave(Tee::Sgx, 1))), container(1, Some(enclave(Tee::Tdx, 1)))];
    let error = Wanted::of(&pod(Vec::new(), containers)).unwrap_err();
    assert_eq!(error, WantedError::TwoTees(Tee::Sgx, Tee::Tdx));
    assert_eq!(
        error.to_string(),
        "its containers ask for sgx and for tdx, which no instance has at once; split the pod"
    );
}

#[test]
fn what_cannot_be_counted_is_an_answer() {
    let containers = vec![container(u64::MAX, None), container(1, None)];
    assert_eq!(
        Wanted::of(&pod(Vec::new(), containers)).unwrap_err(),
        WantedError::Uncountable(Resource::Cpu)
    );
}
