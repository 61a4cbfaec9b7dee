//! Report data: what it binds, and that nothing else gives the same.
//!
//! The expected values were computed from the module's description by a separate program.

use casemate_attest::binding::{config_digest, platform_report_data, workload_report_data};
use casemate_model::{ConfigDigest, ContainerKey, Mount, NodeIdentity, Nonce, PodKey, VolumeSource};
use proptest::prelude::*;

fn nonce() -> Nonce {
    Nonce(std::array::from_fn(|i| i as u8))
}

fn node(uid: &str, boot_id: &str) -> NodeIdentity {
    NodeIdentity { uid: uid.into(), boot_id: boot_id.into() }
}

fn container(namespace: &str, name: &str, container: &str) -> ContainerKey {
    let pod = PodKey { namespace: namespace.into(), name: name.into() };
    ContainerKey { pod, container: container.into() }
}

#[test]
fn platform_report_data_is_as_described() {
    let bound = platform_report_data(&nonce(), &node("node-uid", "boot-id"), b"agent key");
    let expected = "eb922c04b022b46cc962f65ec5172e0b19fd9a0aa7ae7080bc09d4028fec2790\
                    4331023fb271ce7f8c0be2fa5cf9e4d60ec130998ac63c0360ee77cb4d442647";
    assert_eq!(bound.to_string(), expected);
}

#[test]
fn workload_report_data_is_as_described() {
    let key = container("default", "sgx-app", "main");
    let bound = workload_report_data(&nonce(), &node("node-uid", "boot-id"), &key, &ConfigDigest([7; 32]));
    let expected = "98fae983de5ba064ddc259f7dcdda1348b7ad35385ccb7d72e7b18ec4d4df311\
                    b8bed6e0c34f6e83f3fa7e628bb280150b3f61768f8b42e1bdb457368a041385";
    assert_eq!(bound.to_string(), expected);
}

#[test]
fn a_configuration_digest_is_as_described() {
    let digest = config_digest(&["run".into(), "--fast".into()], &[("HOME".into(), "/".into())], &[]);
    assert_eq!(digest.to_string(), "3efd48be8b3459b8fd17bcebd98980239dc7df8e5f1fb0c9eb3ae2575418f869");
    let mount = |sub_path: Option<&str>| Mount {
        volume: "v".into(),
        path: "/data".into(),
        sub_path: sub_path.map(Into::into),
        read_only: true,
    };
    let files = VolumeSource::Files([("a".to_owned(), b"1".to_vec())].into());
    let host = VolumeSource::HostPath { path: "/srv".into() };
    let empty = VolumeSource::EmptyDir { size_limit: None };
    let mounts = [(&mount(None), &files), (&mount(Some("x")), &host), (&mount(None), &empty)];
    let digest = config_digest(&[], &[], &mounts);
    assert_eq!(digest.to_string(), "7a47540d3e8699a6f603abcbdc1f412019b4b678b44fd2c26c26d105d5aa27fa");
}

#[test]
fn an_argument_is_never_taken_for_a_variable() {
    let as_args = config_digest(&["A".into(), "B".into()], &[], &[]);
    let as_env = config_digest(&[], &[("A".into(), "B".into())], &[]);
    assert_ne!(as_args, as_env);
}

#[test]
fn whatever_a_container_is_shown_otherwise_is_another_configuration() {
    let files =
        |name: &str, contents: &[u8]| VolumeSource::Files([(name.to_owned(), contents.to_vec())].into());
    let host = |path: &str| VolumeSource::HostPath { path: path.into() };
    let mount = |volume: &str, path: &str, sub_path: Option<&str>, read_only| Mount {
        volume: volume.into(),
        path: path.into(),
        sub_path: sub_path.map(Into::into),
        read_only,
    };
    let cases = [
        (mount("v", "/d", None, true), files("a", b"1")),
        (mount("w", "/d", None, true), files("a", b"1")),
        (mount("v", "/e", None, true), files("a", b"1")),
        (mount("v", "/d", Some(""), true), files("a", b"1")),
        (mount("v", "/d", Some("a"), true), files("a", b"1")),
        (mount("v", "/d", None, false), files("a", b"1")),
        (mount("v", "/d", None, true), files("a", b"2")),
        (mount("v", "/d", None, true), files("b", b"1")),
        (mount("v", "/d", None, true), host("/a")),
        (mount("v", "/d", None, true), host("/b")),
        (mount("v", "/d", None, true), VolumeSource::EmptyDir { size_limit: None }),
    ];
    let digests: std::collections::BTreeSet<_> =
        cases.iter().map(|(mount, source)| config_digest(&[], &[], &[(mount, source)])).collect();
    assert_eq!(digests.len(), cases.len());
}

/// Short names from few letters, so that equal concatenations are common.
fn short() -> impl Strategy<Value = String> {
    "[ab]{0,2}"
}

proptest! {
    #[test]
    fn only_the_same_platform_gives_the_same_report_data(
        one in (any::<u8>(), short(), short(), short()), other in (any::<u8>(), short(), short(), short()),
    ) {
        let bound = |(n, uid, boot, key): &(u8, String, String, String)| {
            platform_report_data(&Nonce([*n; 32]), &node(uid, boot), key.as_bytes())
        };
        prop_assert_eq!(bound(&one) == bound(&other), one == other);
    }

    #[test]
    fn only_the_same_workload_gives_the_same_report_data(
        one in (short(), short(), short(), short(), short(), 0_u8..2),
        other in (short(), short(), short(), short(), short(), 0_u8..2),
    ) {
        let bound = |(uid, boot, namespace, pod, name, config): &(String, String, String, String, String, u8)| {
            let key = container(namespace, pod, name);
            workload_report_data(&nonce(), &node(uid, boot), &key, &ConfigDigest([*config; 32]))
        };
        prop_assert_eq!(bound(&one) == bound(&other), one == other);
    }
}
