//! What programs are told by reference: ConfigMaps, Secrets, and the pod itself.

use casemate_manifest::{Options, read, read_with};

use crate::fixture::{reading, source, summary, with_container};

/// A ConfigMap `m` and a Secret `s`: `c2VjcmV0` is `secret`, `/w==` is one byte 0xff.
const CONFIGS: &str = r#"---
apiVersion: v1
kind: ConfigMap
metadata: {name: m}
data: {A: alpha, B: "$(A)", EMPTY:}
binaryData: {raw: /w==}
---
apiVersion: v1
kind: Secret
metadata: {name: s}
data: {token: c2VjcmV0, raw: /w==, both: c2VjcmV0}
stringData: {both: text}
"#;

fn env(lines: &str) -> Vec<(String, String)> {
    let reading = reading(&(with_container(lines) + CONFIGS));
    assert_eq!(reading.problems, [], "{lines}");
    reading.workloads[0].pod.containers[0].env.clone()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn values_come_from_config_maps_and_secrets_as_they_are() {
    let lines = r#"env:
- {name: A, valueFrom: {configMapKeyRef: {name: m, key: B}}}
- {name: T, valueFrom: {secretKeyRef: {name: s, key: token}}}
- {name: U, valueFrom: {secretKeyRef: {name: s, key: both}}}
- {name: USES, value: "<$(T)>"}"#;
    assert_eq!(
        env(lines),
        [pair("A", "$(A)"), pair("T", "secret"), pair("U", "text"), pair("USES", "<secret>")]
    );
}

#[test]
fn all_of_a_config_map_comes_first_and_what_env_says_wins() {
    let lines = "envFrom: [{configMapRef: {name: m}}, {prefix: P_, configMapRef: {name: m}}]\nenv: [{name: B, value: \
                 \"own $(P_A)\"}]";
    let expected = [
        ("A", "alpha"),
        ("B", "own alpha"),
        ("EMPTY", ""),
        ("P_A", "alpha"),
        ("P_B", "$(A)"),
        ("P_EMPTY", ""),
    ];
    assert_eq!(env(lines), expected.map(|(name, value)| pair(name, value)));
}

#[test]
fn what_is_optional_may_be_absent() {
    let lines = r#"envFrom: [{configMapRef: {name: none, optional: true}}]
env:
- {name: A, valueFrom: {configMapKeyRef: {name: none, key: k, optional: true}}}
- {name: B, valueFrom: {secretKeyRef: {name: s, key: none, optional: true}}}"#;
    assert_eq!(env(lines), []);
}

#[test]
fn references_that_lead_nowhere_are_refused_by_their_field() {
    let lines = r#"envFrom:
- {configMapRef: {name: none}}
- {secretRef: {name: s}}
- {prefix: x}
- {prefix: "a=", configMapRef: {name: m}}
env:
- {name: A, valueFrom: {configMapKeyRef: {name: none, key: k}}}
- {name: B, valueFrom: {configMapKeyRef: {name: m, key: none}}}
- {name: C, valueFrom: {configMapKeyRef: {name: m, key: raw}}}
- {name: D, valueFrom: {secretKeyRef: {name: s, key: raw}}}
- {name: E, valueFrom: {secretKeyRef: {key: raw}}}
- {name: F, valueFrom: {fileKeyRef: {key: raw}}}
- {name: G, valueFrom: {}}
- {name: H, value: x, valueFrom: {secretKeyRef: {name: s, key: token}}}
- {name: I, valueFrom: {configMapKeyRef: {name: 7, key: k}}}"#;
    insta::assert_snapshot!(summary(&reading(&(with_container(lines) + CONFIGS))));
}

#[test]
fn what_a_pod_is_told_of_itself() {
    let text = with_container(
        r#"resources: {limits: {cpu: 1500m, memory: 64Mi, sgx.intel.com/epc: 8Mi}, requests: {sgx.intel.com/epc: 4Mi}}
env:
- {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
- {name: SPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
- {name: LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app.kubernetes.io/name']"}}}
- {name: NOTE, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['a']"}}}
- {name: NONE, valueFrom: {fieldRef: {fieldPath: "metadata.labels['none']"}}}
- {name: ACCOUNT, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}
- {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
- {name: CPUS, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
- {name: MILLI, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}
- {name: BYTES, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
- {name: MEBI, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
- {name: REQUEST, valueFrom: {resourceFieldRef: {resource: requests.memory, divisor: 1Mi}}}
- {name: EPC, valueFrom: {resourceFieldRef: {resource: limits.sgx.intel.com/epc}}}
- {name: GUARANTEED, valueFrom: {resourceFieldRef: {resource: requests.sgx.intel.com/epc, divisor: 1Mi}}}
- {name: NOTHING, valueFrom: {resourceFieldRef: {resource: requests.ephemeral-storage, divisor: "0"}}}"#,
    )
    .replace(
        "metadata: {name: p}",
        "metadata: {name: p, namespace: shop, labels: {app.kubernetes.io/name: l}, annotations: {a: b}}",
    );
    let options = Options { node_name: Some("here".into()), ..Options::default() };
    let reading = read_with(&[source(&text)], &options);
    assert_eq!(reading.problems, []);
    let told: Vec<_> = reading.workloads[0].pod.containers[0]
        .env
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        told,
        [
            "NAME=p",
            "SPACE=shop",
            "LABEL=l",
            "NOTE=b",
            "NONE=",
            "ACCOUNT=default",
            "NODE=here",
            "CPUS=2",
            "MILLI=1500",
            "BYTES=67108864",
            "MEBI=64",
            "REQUEST=64",
            "EPC=8388608",
            "GUARANTEED=4",
            "NOTHING=0",
        ]
    );
}

#[test]
fn what_has_no_meaning_here_is_refused_by_name() {
    let lines = r#"env:
- {name: A, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
- {name: B, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}
- {name: C, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
- {name: D, valueFrom: {fieldRef: {fieldPath: metadata.labels}}}
- {name: E, valueFrom: {fieldRef: {fieldPath: "metadata.labels['x"}}}
- {name: F, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
- {name: G, valueFrom: {resourceFieldRef: {resource: memory}}}
- {name: H, valueFrom: {resourceFieldRef: {resource: limits.memory, containerName: none}}}
- {name: I, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: lots}}}
resources: {requests: {cpu: 1}}"#;
    insta::assert_snapshot!(summary(&reading(&with_container(lines))));
}

#[test]
fn config_maps_and_secrets_are_checked_themselves_and_secrets_are_never_repeated() {
    let text = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: m}
data: {A: 1, "a/b": x, "..": x, twice: x}
binaryData: {raw: "not base64!", twice: /w==}
---
apiVersion: v1
kind: Secret
metadata: {name: s}
data: {password: hunter2!, list: [hunter3]}
stringData: {pin: 48151623}
"#;
    let pod = with_container("envFrom: [{secretRef: {name: s}}, {configMapRef: {name: m}}]");
    let reading = reading(&format!("{text}---\n{pod}"));
    let said = summary(&reading);
    for secret in ["hunter2", "hunter3", "48151623"] {
        assert!(!said.contains(secret), "{said}");
    }
    let secret_line = 8;
    let of_secret =
        reading.problems.iter().filter(|it| it.field.contains("ata.p") || it.field.contains("list"));
    assert!(
        of_secret.clone().count() == 3 && of_secret.clone().all(|it| it.place.line == secret_line + 1),
        "{said}"
    );
    insta::assert_snapshot!(said);
}

#[test]
fn a_config_map_of_more_than_a_mebibyte_is_refused() {
    let map = |bytes: usize| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata: {{a: {}}}\n",
            "x".repeat(bytes)
        )
    };
    assert_eq!(reading(&map((1 << 20) - 1)).problems, []);
    assert_eq!(reading(&map(1 << 20)).problems.len(), 1, "the key counts as well");
}

#[test]
fn the_order_of_files_does_not_matter_but_a_second_of_the_same_name_does() {
    let pod = with_container("envFrom: [{configMapRef: {name: m}}]");
    for order in [[pod.as_str(), CONFIGS], [CONFIGS, pod.as_str()]] {
        assert_eq!(read(&order.map(source)).problems, []);
    }
    let twice = read(&[CONFIGS, CONFIGS].map(source));
    assert_eq!(twice.problems.len(), 2, "{}", summary(&twice));
    let elsewhere = CONFIGS.replace("{name: m}", "{name: m, namespace: other}");
    assert_eq!(read(&[pod.as_str(), &elsewhere].map(source)).problems.len(), 1, "of another namespace");
}

#[test]
fn many_references_to_one_large_value_are_refused_before_they_fill_memory() {
    let map = format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata: {{a: {}}}\n",
        "x".repeat(1 << 19)
    );
    let reference =
        |index: u32| format!("- {{name: V{index}, valueFrom: {{configMapKeyRef: {{name: m, key: a}}}}}}\n");
    let env: String = (0..2_000).map(reference).collect();
    let reading = reading(&(with_container(&format!("env:\n{env}")) + &map));
    assert_eq!(reading.workloads.len(), 0);
    assert!(reading.problems[0].cause.contains("64 MiB"), "{}", reading.problems[0]);
}
