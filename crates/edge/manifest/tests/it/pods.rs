//! Pods: what is understood, and what it comes to.

use casemate_model::{Bytes, EnclaveDemand, MilliCpu, TaintEffect, Tee, Toleration, TolerationOperator};

use crate::fixture::{pod, reading, source, with_container, with_resources};

/// Has what the pod of CC 5.2 has: request below limit, a runtime class, a provision
/// limit without a request, a selector and a toleration.
const SGX_POD: &str = r#"
apiVersion: v1
kind: Pod
metadata:
  name: ledger
spec:
  runtimeClassName: kata-cc
  nodeSelector:
    feature.node.kubernetes.io/cpu-sgx.enabled: "true"
  tolerations:
  - {key: sgx.intel.com/epc, operator: Exists, effect: NoSchedule}
  containers:
  - name: signer
    image: registry.example/ledger/signer:1.2
    securityContext: {runAsNonRoot: true}
    resources:
      requests:
        sgx.intel.com/epc: 32Mi
        sgx.intel.com/enclave: 1
      limits:
        sgx.intel.com/epc: 64Mi
        sgx.intel.com/enclave: 1
        sgx.intel.com/provision: 1
"#;

fn enclave(text: &str) -> EnclaveDemand {
    pod(text).containers[0].demand.enclave.expect("it asks for a TEE")
}

#[test]
fn a_pod_like_that_of_cc_5_2_is_guaranteed_32_mib_of_at_most_64_and_takes_one_slot() {
    let pod = pod(SGX_POD);
    assert_eq!(pod.key.to_string(), "default/ledger");
    assert_eq!(pod.node_selector["feature.node.kubernetes.io/cpu-sgx.enabled"], "true");
    let tolerated = Toleration {
        key: Some("sgx.intel.com/epc".into()),
        operator: TolerationOperator::Exists,
        effect: Some(TaintEffect::NoSchedule),
    };
    assert_eq!(pod.tolerations, [tolerated]);
    let demand = EnclaveDemand {
        tee: Tee::Sgx,
        epc_guaranteed: Bytes::mib(32),
        epc_limit: Some(Bytes::mib(64)),
        slots: 1,
        key_slots: 0,
    };
    assert_eq!(pod.containers[0].demand.enclave, Some(demand));
}

#[test]
fn json_reads_like_yaml_and_places_point_into_it() {
    let text = "{\n  \"apiVersion\": \"v1\", \"kind\": \"Pod\",\n  \"metadata\": {\"name\": \"p\"},\n  \"spec\": \
                {\"containers\": [\n    {\"name\": \"c\", \"image\": \"i\"}, {\"name\": \"c\", \"image\": \"i\"}]}\n}\n";
    let problems = reading(text).problems;
    assert_eq!(problems.len(), 1);
    let place = &problems[0].place;
    assert_eq!((place.line, place.column), (5, 34));
    assert!(source(text).text[place.offset..].starts_with("{\"name\""), "{place:?}");
}

#[test]
fn without_a_request_the_limit_is_guaranteed_and_without_a_limit_there_is_none() {
    let limit_only = enclave(&with_resources("", "sgx.intel.com/epc: 8Mi"));
    assert_eq!((limit_only.epc_guaranteed, limit_only.epc_limit), (Bytes::mib(8), Some(Bytes::mib(8))));
    let request_only = enclave(&with_resources("sgx.intel.com/epc: 8Mi", ""));
    assert_eq!((request_only.epc_guaranteed, request_only.epc_limit), (Bytes::mib(8), None));
}

#[test]
fn encrypted_memory_without_a_slot_takes_one_and_a_slot_without_memory_is_guaranteed_none() {
    assert_eq!(enclave(&with_resources("sgx.intel.com/epc: 8Mi", "")).slots, 1);
    let slot_only = enclave(&with_resources("", "sgx.intel.com/enclave: 3"));
    assert_eq!((slot_only.slots, slot_only.epc_guaranteed, slot_only.epc_limit), (3, Bytes::ZERO, None));
}

#[test]
fn every_vocabulary_for_encrypted_memory_comes_to_bytes() {
    for (request, bytes) in [
        ("sgx.intel.com/epc: 10485760", 10 << 20),
        ("sgx.intel.com/epc: \"10Mi\"", 10 << 20),
        ("kubernetes.azure.com/sgx_epc_mem_in_MiB: 10", 10 << 20),
        ("alibabacloud.com/sgx_epc_MiB: 10", 10 << 20),
        ("intel.com/sgx: 2560", 10 << 20),
    ] {
        let demand = enclave(&with_resources(request, ""));
        assert_eq!((demand.tee, demand.epc_guaranteed), (Tee::Sgx, Bytes(bytes)), "{request}");
    }
}

#[test]
fn confidential_vms_take_key_slots() {
    for (request, tee) in [("tdx.intel.com/keys: 1", Tee::Tdx), ("sev-snp.amd.com/esids: 1", Tee::SevSnp)] {
        let demand = enclave(&with_resources("", request));
        assert_eq!((demand.tee, demand.key_slots, demand.slots), (tee, 1, 0));
    }
}

#[test]
fn zero_of_a_tee_resource_asks_for_no_tee() {
    assert_eq!(
        pod(&with_resources("sgx.intel.com/epc: 0", "sgx.intel.com/enclave: 0")).containers[0].demand.enclave,
        None
    );
}

#[test]
fn numbers_are_read_from_the_digits_written() {
    let demand = pod(&with_resources("memory: 1.1e3, cpu: 0.1", "memory: 9007199254740993"))
        .containers
        .remove(0)
        .demand;
    assert_eq!((demand.memory, demand.cpu), (Bytes(1_100), MilliCpu(100)));
    assert_eq!(demand.memory_limit, Some(Bytes(9_007_199_254_740_993)), "a double would round it");
}

#[test]
fn arguments_and_environment_reach_the_program_as_kubernetes_would_hand_them_over() {
    let text = with_container(
        "command: [\"/bin/x\", \"$(WHO)\"]\nargs: [\"$$(WHO)\", \"$(NOBODY)\"]\nenv:\n- {name: WHO, value: a}\n\
         - {name: EMPTY}\n- {name: SUM, value: \"$(WHO)$(EMPTY)b\"}\n- {name: WHO, value: c}",
    );
    let container = &pod(&text).containers[0];
    assert_eq!(container.args, ["/bin/x", "c", "$(WHO)", "$(NOBODY)"]);
    let env: Vec<_> = container.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(env, ["WHO=c", "EMPTY=", "SUM=ab"]);
}

#[test]
fn without_a_command_the_image_stands_in_as_program_name() {
    let text = with_container("args: [x]").replace("image: i", "image: file://./dir/prog.wat");
    assert_eq!(pod(&text).containers[0].args, ["prog.wat", "x"]);
}

#[test]
fn priority_overhead_and_every_form_of_toleration_are_read() {
    let text = with_container("")
        + r#"
  priority: -5
  overhead: {cpu: 250m, memory: 160Mi}
  tolerations:
  - operator: Exists
  - {key: a, value: b}
  - {key: a, operator: Equal, effect: NoExecute, tolerationSeconds: 5}
  - {key: a, operator: Exists, effect: PreferNoSchedule}
"#;
    let pod = pod(&text);
    assert_eq!((pod.priority, pod.overhead_cpu, pod.overhead_memory), (-5, MilliCpu(250), Bytes::mib(160)));
    let toleration =
        |key: Option<&str>, operator, effect| Toleration { key: key.map(Into::into), operator, effect };
    assert_eq!(
        pod.tolerations,
        [
            toleration(None, TolerationOperator::Exists, None),
            toleration(Some("a"), TolerationOperator::Equal("b".into()), None),
            toleration(Some("a"), TolerationOperator::Equal(String::new()), Some(TaintEffect::NoExecute)),
            toleration(Some("a"), TolerationOperator::Exists, Some(TaintEffect::PreferNoSchedule)),
        ]
    );
}

#[test]
fn anchors_and_merge_keys_are_expanded() {
    let text = with_container("resources: &r\n  limits: {sgx.intel.com/epc: 4Mi}")
        + "  - name: d\n    image: i\n    resources:\n      <<: *r\n";
    let pod = pod(&text);
    assert_eq!(pod.enclaves().count(), 2);
    assert_eq!(pod.containers[0].demand, pod.containers[1].demand);
}

#[test]
fn every_image_has_its_place() {
    let text = with_container("");
    let workload = &reading(&text).workloads[0];
    let place = &workload.images[0];
    assert_eq!(&text[place.offset..place.offset + place.len], "i");
    assert_eq!(workload.provenance.file(), "test.yaml");
}
