//! Volumes and where containers see them.

use std::collections::BTreeMap;

use casemate_manifest::{Options, Reading, read_with};
use casemate_model::{Bytes, Mount, VolumeSource};
use proptest::prelude::*;

use crate::fixture::{reading, source, summary, with_container};

const CONFIGS: &str = r#"---
apiVersion: v1
kind: ConfigMap
metadata: {name: m}
data: {a: alpha, b: beta}
binaryData: {raw: /w==}
---
apiVersion: v1
kind: Secret
metadata: {name: s}
data: {token: c2VjcmV0}
"#;

/// A pod with these volumes, all mounted below `/v`, where `/data/in` of the host may be read.
fn with_volumes(volumes: &str) -> Reading {
    let text = with_container("") + &format!("  volumes:\n{volumes}\n") + CONFIGS;
    let options = Options { host_path_roots: vec!["/data/in/".into()], ..Options::default() };
    read_with(&[source(&text)], &options)
}

fn one(volume: &str) -> VolumeSource {
    let mut reading = with_volumes(&format!("  - {{name: v, {volume}}}"));
    assert_eq!(reading.problems, [], "{volume}");
    reading.workloads.remove(0).pod.volumes.remove(0).source
}

fn files(volume: &str) -> BTreeMap<String, Vec<u8>> {
    match one(volume) {
        VolumeSource::Files(files) => files,
        other => panic!("{other:?}"),
    }
}

fn named<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> BTreeMap<String, Vec<u8>> {
    files.into_iter().map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).collect()
}

#[test]
fn empty_directories_have_the_size_they_name() {
    let sized = |size_limit| VolumeSource::EmptyDir { size_limit };
    assert_eq!(one("emptyDir: {sizeLimit: 8Mi}"), sized(Some(Bytes::mib(8))));
    for volume in ["emptyDir: {}", "emptyDir:", "emptyDir: {medium: Memory, sizeLimit: 0}"] {
        assert_eq!(one(volume), sized(None), "{volume}");
    }
    let notes = with_volumes("  - {name: v, emptyDir: {medium: Memory}}").notes;
    assert!(notes[0].text.contains("left the enclave") && notes[0].text.contains("on disk"), "{}", notes[0]);
}

#[test]
fn a_config_map_is_all_its_keys_or_those_listed() {
    let mut all = named([("a", "alpha"), ("b", "beta")]);
    all.insert("raw".into(), vec![0xff]);
    assert_eq!(files("configMap: {name: m, defaultMode: 256}"), all);
    assert_eq!(
        files("configMap: {name: m, items: [{key: a, path: deep/er, mode: 256}]}"),
        named([("deep/er", "alpha")])
    );
    assert_eq!(files("secret: {secretName: s}"), named([("token", "secret")]));
    assert_eq!(files("secret: {secretName: none, optional: true}"), named([]));
    assert_eq!(files("configMap: {name: m, optional: true, items: [{key: none, path: p}]}"), named([]));
}

#[test]
fn a_pod_can_read_of_itself_in_files_and_several_sources_make_one_volume() {
    let downward = "items: [{path: name, fieldRef: {fieldPath: metadata.name}}, {path: epc, resourceFieldRef: \
                    {containerName: c, resource: requests.memory}}]";
    assert_eq!(files(&format!("downwardAPI: {{{downward}}}")), named([("name", "p"), ("epc", "0")]));
    let projected = format!(
        "projected: {{sources: [{{downwardAPI: {{{downward}}}}}, {{secret: {{name: s}}}}, {{configMap: {{name: m, items: \
         [{{key: a, path: c/a}}]}}}}]}}"
    );
    assert_eq!(
        files(&projected),
        named([("name", "p"), ("epc", "0"), ("token", "secret"), ("c/a", "alpha")])
    );
}

#[test]
fn labels_are_written_one_a_line_in_quotes() {
    let text = with_container("").replace("{name: p}", "{name: p, labels: {b: x, a: \"say \\\"hi\\\"\"}}")
        + "  volumes: [{name: v, downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}]}}]\n";
    let reading = reading(&text);
    let VolumeSource::Files(files) = &reading.workloads[0].pod.volumes[0].source else { panic!() };
    assert_eq!(files["l"], b"a=\"say \\\"hi\\\"\"\nb=\"x\"");
}

#[test]
fn the_host_is_read_only_below_what_is_allowed() {
    let path = |volume: &str| match one(volume) {
        VolumeSource::HostPath { path } => path,
        other => panic!("{other:?}"),
    };
    assert_eq!(path("hostPath: {path: /data/in}"), "/data/in");
    assert_eq!(path("hostPath: {path: /data//in/./x/, type: Directory}"), "/data/in/x");
    let nothing_allowed =
        reading(&(with_container("") + "  volumes: [{name: v, hostPath: {path: /data/in}}]\n"));
    assert!(
        nothing_allowed.problems[0].remedy.contains("--allow-host-path"),
        "{}",
        nothing_allowed.problems[0]
    );
}

#[test]
fn a_service_of_the_tee_is_left_out_with_its_mounts() {
    let text = with_container("volumeMounts: [{name: aesm, mountPath: /var/run/aesmd}]")
        + "  volumes: [{name: aesm, hostPath: {path: /var/run/aesmd}}]\n";
    let reading = reading(&text);
    assert_eq!(reading.problems, []);
    let pod = &reading.workloads[0].pod;
    assert!(pod.volumes.is_empty() && pod.containers[0].mounts.is_empty());
    assert!(reading.notes[0].text.starts_with("left out"), "{}", reading.notes[0]);
}

#[test]
fn volumes_that_cannot_be_had_are_refused_by_name() {
    let volumes = r#"
  - {name: a, persistentVolumeClaim: {claimName: c}}
  - {name: b, csi: {driver: d}}
  - {name: c, nfs: {server: s, path: /}}
  - {name: d, hostPath: {path: /data/inner}}
  - {name: e, hostPath: {path: /data/in/../../etc}}
  - {name: f, hostPath: {path: data/in}}
  - {name: g, hostPath: {path: /data/in, type: Socket}}
  - {name: h, hostPath: {path: /data/in, type: Sometimes}}
  - {name: i, emptyDir: {sizeLimit: lots}}
  - {name: j, emptyDir: {medium: Tape}}
  - {name: k, emptyDir: {}, configMap: {name: m}}
  - {name: l, configMap: {name: none}}
  - {name: m, configMap: {name: m, items: [{key: none, path: p}]}}
  - {name: nn, configMap: {name: m, items: [{key: a, path: ../up}, {key: a, path: /abs}]}}
  - {name: o, configMap: {name: m, items: [{key: a, path: x}, {key: b, path: x/y}]}}
  - {name: p, projected: {sources: [{serviceAccountToken: {path: token}}]}}
  - {name: q, downwardAPI: {items: [{path: p, fieldRef: {fieldPath: spec.nodeName}}]}}
  - {name: a, emptyDir: {}}
  - {name: Bad, emptyDir: {}}
  - {emptyDir: {}}
  - {name: r, configMap: text}
"#;
    insta::assert_snapshot!(summary(&with_volumes(volumes)));
}

const MOUNTED: &str =
    "  volumes: [{name: e}, {name: f, configMap: {name: m}}, {name: h, hostPath: {path: /data/in}}]\n";

fn mounted(mounts: &str) -> Reading {
    let text = with_container(mounts) + MOUNTED + CONFIGS;
    let options = Options { host_path_roots: vec!["/data".into()], ..Options::default() };
    read_with(&[source(&text)], &options)
}

#[test]
fn mounts_say_where_and_whether_a_container_may_write() {
    let reading = mounted(
        r#"env: [{name: WHO, value: me}]
workingDir: /job//dir/
volumeMounts:
- {name: e, mountPath: /tmp/}
- {name: e, mountPath: /logs, subPathExpr: "logs/$(WHO)", readOnly: true}
- {name: f, mountPath: /etc/app, subPath: a}
- {name: h, mountPath: /in, readOnly: true}"#,
    );
    assert_eq!(reading.problems, []);
    let container = &reading.workloads[0].pod.containers[0];
    let mount = |volume: &str, path: &str, sub_path: Option<&str>, read_only| Mount {
        volume: volume.into(),
        path: path.into(),
        sub_path: sub_path.map(Into::into),
        read_only,
    };
    assert_eq!(
        container.mounts,
        [
            mount("e", "/tmp", None, false),
            mount("e", "/logs", Some("logs/me"), true),
            mount("f", "/etc/app", Some("a"), true),
            mount("h", "/in", None, true),
        ]
    );
    assert_eq!(container.working_dir.as_deref(), Some("/job/dir"));
}

#[test]
fn mounts_that_lead_elsewhere_are_refused() {
    let reading = mounted(
        r#"workingDir: ../up
volumeDevices: [{name: e, devicePath: /dev/x}]
volumeMounts:
- {name: none, mountPath: /a}
- {name: h, mountPath: /b}
- {name: e, mountPath: relative}
- {name: e, mountPath: /c/../d}
- {name: e, mountPath: "/c:d"}
- {name: e, mountPath: /e, subPath: ../x}
- {name: e, mountPath: /f, subPath: /abs}
- {name: e, mountPath: /g, subPathExpr: "$(NOBODY)"}
- {name: e, mountPath: /h, subPath: a, subPathExpr: b}
- {name: e, mountPath: /twice}
- {name: f, mountPath: //twice/}
- {mountPath: /i}
- {name: e}"#,
    );
    insta::assert_snapshot!(summary(&reading));
}

#[test]
fn a_volume_that_is_refused_is_not_also_missing() {
    let text = with_container("volumeMounts: [{name: v, mountPath: /v}]")
        + "  volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]\n";
    assert_eq!(reading(&text).problems.len(), 1);
}

#[test]
fn a_config_map_in_many_replicas_is_refused_before_it_fills_memory() {
    let text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d}}\nspec: {{replicas: 1000, template: {{spec: \
         {{containers: [{{name: c, image: i}}], volumes: [{{name: v, configMap: {{name: m}}}}]}}}}}}\n---\napiVersion: \
         v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata: {{a: {}}}\n",
        "x".repeat(1 << 19)
    );
    let reading = reading(&text);
    assert_eq!((reading.workloads.len(), reading.problems.len()), (0, 1));
    assert!(reading.problems[0].cause.contains("64 MiB"), "{}", reading.problems[0]);
}

proptest! {
    #[test]
    fn no_host_path_that_is_taken_leads_out_of_what_is_allowed(path in "/(data|in|\\.\\.|\\.|/){0,6}(/x)?") {
        let path = path.replace("datain", "data/in");
        let reading = with_volumes(&format!("  - {{name: v, hostPath: {{path: \"{path}\"}}}}"));
        for workload in &reading.workloads {
            let VolumeSource::HostPath { path } = &workload.pod.volumes[0].source else { panic!() };
            prop_assert!(path == "/data/in" || path.starts_with("/data/in/"), "{path}");
            prop_assert!(path.split('/').all(|part| part != ".."), "{path}");
        }
    }

    #[test]
    fn no_mount_that_is_taken_leads_up(path in "[/.a]{0,8}", sub_path in "[/.a]{0,8}") {
        let reading = mounted(&format!(
            "volumeMounts: [{{name: e, mountPath: \"{path}\", subPath: \"{sub_path}\"}}]"
        ));
        for mount in reading.workloads.iter().flat_map(|it| &it.pod.containers[0].mounts) {
            prop_assert!(mount.path.starts_with('/'));
            let sub_path = mount.sub_path.iter().flat_map(|path| path.split('/'));
            prop_assert!(mount.path.split('/').chain(sub_path).all(|part| part != ".."));
            prop_assert!(mount.sub_path.as_ref().is_none_or(|path| !path.starts_with('/') && !path.is_empty()));
        }
    }
}
