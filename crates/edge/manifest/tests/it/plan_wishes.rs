//! Annotations of pods, read to plan.

use casemate_model::{
    Bytes, Feature, Features, Nanos, PlacementPolicy, Runtime, Scheduling, Scope, Sharing, Tee,
};
use proptest::prelude::*;

use crate::fixture::{source, summary, with_container, with_resources};
use crate::nodes::planned;
use crate::plan::{pod, refused};

/// A text with a pod `p` that has these annotations, in flow style.
fn annotated(text: &str, annotations: &str) -> String {
    text.replace("{name: p}", &format!("{{name: p, annotations: {{{annotations}}}}}"))
}

fn said(annotations: &str) -> Scheduling {
    pod(&annotated(&with_resources("", "sgx.intel.com/epc: 64Mi"), annotations)).scheduling
}

#[test]
fn a_pod_says_how_it_shares_how_long_it_runs_and_what_it_needs() {
    let exclusive = said("casemate.dev/placement-policy: \"exclusive:core,affinity\"").policy;
    let expected =
        PlacementPolicy { sharing: Sharing::Exclusive(Scope::Core), affinity: true, preemptive: false };
    assert_eq!(exclusive, Some(expected));
    assert_eq!(said("casemate.dev/expected-duration: 1h30m").expected, Some(Nanos::from_secs(5_400)));
    let needs = said("casemate.dev/needs: \"threads, fork\"").needs;
    assert_eq!(needs, Features::of(&[Feature::Threads, Feature::Fork]));
    assert_eq!(said("casemate.dev/memory-bandwidth: 2Gi").bandwidth, Some(2 << 30));
    assert_eq!(said("casemate.dev/memory-bandwidth: \"0\"").bandwidth, None);
    assert_eq!(said("casemate.dev/working-set.c: 48Mi").working_sets["c"], Bytes::mib(48));
    assert_eq!(said(""), Scheduling::default());
}

#[test]
fn to_run_annotations_of_ours_say_nothing() {
    let text = annotated(&with_container(""), "casemate.dev/placement-policy: nonsense");
    let reading = casemate_manifest::read(&[source(&text)]);
    assert_eq!((reading.problems.len(), reading.notes.len()), (0, 0));
}

#[test]
fn the_runtime_is_the_class_s_where_that_is_certain_or_what_is_written() {
    let of = |class: &str| {
        pod(&(with_container("") + &format!("  runtimeClassName: {class}\n"))).scheduling.runtime
    };
    for (class, expected) in [
        ("kata-qemu-tdx", Some(Runtime::Kata)),
        ("kata-qemu-snp-debug", Some(Runtime::Kata)),
        ("kata-qemu-cca", None),
        ("kata-qemu", None),
        ("gvisor", None),
    ] {
        assert_eq!(of(class), expected, "{class}");
    }
    let class = "---\napiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: mine}\nhandler: kata-qemu-snp\n";
    assert_eq!(of(&format!("mine\n{class}")), Some(Runtime::Kata), "a handler says more than a name");
    assert_eq!(said("casemate.dev/runtime: gramine").runtime, Some(Runtime::Gramine));
    assert_eq!(said("casemate.dev/runtime: wasi").runtime, Some(Runtime::Wasi), "software stands in for SGX");
}

#[test]
fn other_tees_will_do_where_what_is_asked_for_has_the_same_shape() {
    let of = |limits: &str, tees: &str| {
        pod(&annotated(&with_resources("", limits), &format!("casemate.dev/tees: {tees:?}")))
            .scheduling
            .other_tees
    };
    assert_eq!(of("tdx.intel.com/keys: 1", "tdx,sev-snp"), [Tee::SevSnp]);
    assert_eq!(of("sev-snp.amd.com/esids: 1", "tdx, sev-snp"), [Tee::Tdx]);
    assert_eq!(of("sgx.intel.com/epc: 1Mi", "sgx, software"), [Tee::Software]);
    assert_eq!(of("tdx.intel.com/keys: 1", "tdx"), []);
    let by_class = annotated(&with_container(""), "casemate.dev/tees: \"tdx,sev-snp\"")
        + "  runtimeClassName: kata-qemu-tdx\n";
    let reading = planned(&by_class);
    assert_eq!(reading.workloads[0].pod.scheduling.other_tees, [Tee::SevSnp]);
    assert!(reading.notes.iter().any(|note| note.text.contains("name the class of that TEE")), "{reading:?}");
}

#[test]
fn what_is_wrong_with_an_annotation_is_told_at_its_place() {
    let cases = [
        ("", "casemate.dev/placement-policy: exclusiv"),
        ("", "casemate.dev/placement-policy: \"shared,exclusive\""),
        ("", "casemate.dev/expected-duration: 5"),
        ("", "casemate.dev/expected-duration: 0s"),
        ("", "casemate.dev/needs: telepathy"),
        ("", "casemate.dev/memory-bandwidth: fast"),
        ("", "casemate.dev/memory-bandwidth: 2"),
        ("", "casemate.dev/runtime: jvm"),
        ("tdx.intel.com/keys: 1", "casemate.dev/runtime: gramine"),
        ("", "casemate.dev/tees: \"tdx,sev-snp\""),
        ("tdx.intel.com/keys: 1", "casemate.dev/tees: sev-snp"),
        ("tdx.intel.com/keys: 1", "casemate.dev/tees: \"tdx,sgx\""),
        ("tdx.intel.com/keys: 1", "casemate.dev/tees: \"tdx,cca\""),
        ("tdx.intel.com/keys: 1", "casemate.dev/tees: \"tdx,tdy\""),
        ("tdx.intel.com/tdx-guest: 1", "casemate.dev/tees: \"tdx,sev-snp\""),
        ("sgx.intel.com/epc: 1Mi", "casemate.dev/working-set.d: 1Mi"),
        ("sgx.intel.com/epc: 1Mi", "casemate.dev/working-set.c: 2Mi"),
        ("sgx.intel.com/epc: 1Mi", "casemate.dev/working-set.c: much"),
        ("tdx.intel.com/keys: 1", "casemate.dev/working-set.c: 1Mi"),
    ];
    let told = cases.map(|(limits, annotation)| {
        let reading = planned(&annotated(&with_resources("", limits), annotation));
        assert!(refused(&reading), "{annotation}");
        format!("{limits} {annotation}\n{}", summary(&reading))
    });
    insta::assert_snapshot!(told.join("\n"));
    let deadline = annotated(&with_container(""), "casemate.dev/expected-duration: 2h")
        + "  activeDeadlineSeconds: 60\n";
    assert!(planned(&deadline).problems[0].cause.contains("longer than its deadline"));
    let class =
        annotated(&with_container(""), "casemate.dev/runtime: guest") + "  runtimeClassName: kata-qemu-tdx\n";
    assert!(planned(&class).problems[0].cause.contains("runtime class is one of kata"));
}

#[test]
fn what_is_unknown_or_of_no_matter_is_noted() {
    for (annotation, expected) in [
        ("casemate.dev/placement-polcy: shared", "did you mean `casemate.dev/placement-policy`?"),
        ("casemate.dev/working-set: 1Mi", "did you mean `casemate.dev/working-set.`?"),
        ("casemate.dev/colour: red", "known here: `casemate.dev/expected-duration`"),
        ("casemate.dev/needs: fork", "an ordinary machine has all of it"),
        ("casemate.dev/runtime: kata", "asks for no TEE"),
    ] {
        let reading = planned(&annotated(&with_container(""), annotation));
        assert_eq!((reading.problems.len(), reading.notes.len()), (0, 1), "{annotation}");
        assert!(reading.notes[0].text.contains(expected), "{}", reading.notes[0]);
    }
}

#[test]
fn pods_are_annotated_in_their_template_and_what_makes_them_is_not_looked_at() {
    let deployment = |outer: &str, inner: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d, annotations: {{{outer}}}}}\nspec:\n  replicas: 2\n  \
             template: {{metadata: {{annotations: {{{inner}}}}}, spec: {{containers: [{{name: c, image: i}}]}}}}\n"
        )
    };
    let annotation = "casemate.dev/placement-policy: affinity";
    let inner = planned(&deployment("", annotation));
    assert!(inner.workloads.iter().all(|it| it.pod.scheduling.policy.is_some_and(|policy| policy.affinity)));
    let outer = planned(&deployment(annotation, ""));
    assert!(outer.workloads.iter().all(|it| it.pod.scheduling.policy.is_none()));
    let notes = outer.notes.iter().filter(|note| note.text.contains("`spec.template.metadata.annotations`"));
    assert_eq!(notes.count(), 1);
}

proptest! {
    #[test]
    fn any_value_is_answered_and_what_is_read_is_within_bounds(
        name in proptest::sample::select(vec!["placement-policy", "expected-duration", "needs", "runtime", "tees", "working-set.c", "memory-bandwidth", "x"]),
        value in prop_oneof!["[a-z0-9:, .-]{0,20}", ".{0,16}", Just("tdx,sev-snp".to_owned()), Just("1Mi".to_owned()), Just("5m".to_owned())],
        limits in proptest::sample::select(vec!["", "sgx.intel.com/epc: 1Mi", "tdx.intel.com/keys: 1"]),
    ) {
        let reading = planned(&annotated(&with_resources("", limits), &format!("casemate.dev/{name}: {}", serde_json::to_string(&value).unwrap())));
        prop_assert_eq!(reading.workloads.is_empty(), !reading.problems.is_empty());
        for workload in &reading.workloads {
            let said = &workload.pod.scheduling;
            prop_assert!(said.working_sets.values().all(|bytes| *bytes <= Bytes::mib(1)));
            prop_assert!(said.expected != Some(Nanos::ZERO) && said.bandwidth != Some(0));
            let asked = workload.pod.enclaves().next().map(|(_, enclave)| enclave.tee);
            prop_assert!(said.other_tees.iter().all(|tee| asked.is_some_and(|asked| asked != *tee)));
        }
    }
}
