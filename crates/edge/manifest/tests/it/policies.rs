//! The policy document.

use casemate_manifest::{PolicyDocument, RootName, Source, read_policy};
use casemate_model::{ContainerKey, Fingerprint, Nanos, PodKey};
use casemate_policy::Reference;

use crate::fixture::{reading, source, summary, with_container};

const POLICY: &str = r#"
apiVersion: casemate.dev/v1alpha1
kind: AppraisalPolicy
metadata: {name: quickstart}
spec:
  softwareRoot: [this-machine, "sha256:0101010101010101010101010101010101010101010101010101010101010101"]
  ttl: 90s
  platform: {measurements: image}
  workloads:
  - match: {namespace: default, name: "quick-*"}
    measurements: image
  - match: {container: pinned}
    measurements: [0202020202020202020202020202020202020202020202020202020202020202]
"#;

fn key(name: &str, container: &str) -> ContainerKey {
    let pod = PodKey { namespace: "default".into(), name: name.into() };
    ContainerKey { pod, container: container.into() }
}

#[test]
fn a_policy_among_workloads_is_the_policy_and_this_machine_is_resolved_when_asked() {
    let reading = reading(&format!("{}---\n{POLICY}", with_container("")));
    assert_eq!((reading.problems.len(), reading.workloads.len()), (0, 1));
    let document = reading.policy.expect("there is one");
    assert_eq!((document.name.as_str(), document.ttl), ("quickstart", Nanos::from_secs(90)));
    let here = Fingerprint([9; 32]);
    let resolved = document.resolve(here).unwrap();
    let named = Fingerprint([1; 32]);
    assert_eq!(resolved.roots, [(RootName::ThisMachine, here), (RootName::Sha256(named), named)]);
    assert!(!resolved.policy.debug_allowed());
    assert_eq!(resolved.policy.workload(&key("quick-hog", "app")), Some(&Reference::Image));
    assert!(matches!(resolved.policy.workload(&key("other", "pinned")), Some(Reference::OneOf(_))));
    assert_eq!(resolved.policy.workload(&key("other", "app")), None, "no rule, no entry");
}

#[test]
fn roots_read_back_as_a_policy_writes_them() {
    assert_eq!(RootName::ThisMachine.to_string(), "this-machine");
    assert_eq!(RootName::Sha256(Fingerprint([0xab; 32])).to_string(), format!("sha256:{}", "ab".repeat(32)));
}

#[test]
fn the_built_in_policy_trusts_this_machine_only_and_demands_what_manifests_name() {
    let here = Fingerprint([9; 32]);
    let resolved = PolicyDocument::built_in().resolve(here).unwrap();
    assert_eq!(resolved.roots, [(RootName::ThisMachine, here)]);
    assert!(!resolved.policy.debug_allowed());
    assert_eq!(resolved.policy.workload(&key("any", "thing")), Some(&Reference::Image));
    assert_eq!(resolved.policy.platform(), &Reference::Image);
}

#[test]
fn everything_wrong_with_a_policy_is_found_and_misspelt_keys_are_recognised() {
    let text = r#"
apiVersion: casemate.dev/v1alpha1
kind: AppraisalPolicy
metadata: {}
spec:
  softwareRoot: [any, "sha256:12"]
  allowdebug: true
  ttl: 5
  platform: {measurement: image, measurements: maybe}
  workloads:
  - match: {name: "a*b", nam: x, container: ""}
    measurements: []
  - {}
  extra: 1
"#;
    insta::assert_snapshot!(summary(&reading(text)));
}

#[test]
fn a_policy_that_accepts_nothing_is_refused_when_it_is_read() {
    for (good, bad) in [
        ("[this-machine, \"sha256:0101010101010101010101010101010101010101010101010101010101010101\"]", "[]"),
        ("ttl: 90s", "ttl: 0s"),
        ("softwareRoot:", "#"),
        ("allowDebug", "allowDebug"),
    ] {
        let text = POLICY.replace(good, bad);
        assert_eq!(reading(&text).problems.is_empty(), good == bad, "{bad}");
    }
}

#[test]
fn a_policy_file_holds_one_policy_and_nothing_else() {
    assert!(read_policy(&source(POLICY)).is_ok());
    let said = |text: &str| {
        let problems = read_policy(&Source { name: "policy.yaml".into(), text: text.into() }).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let texts =
        [with_container(""), format!("{POLICY}---{POLICY}"), POLICY.replace("v1alpha1", "v9"), String::new()];
    insta::assert_snapshot!(texts.map(|text| said(&text)).join("\n"));
}
