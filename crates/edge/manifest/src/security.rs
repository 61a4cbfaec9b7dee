//! `securityContext` of pods and containers: what it asks for, and what a WASI program is
//! held to in any case.
//!
//! A WASI program has no users, groups or capabilities, makes no system calls of its own,
//! and sees no network and no files but its mounts. Whatever a security context *takes away* is
//! therefore taken away, and a note says so; whatever it *adds* is a matter of
//! [`crate::admission`]. Refused: what contradicts itself, as Kubernetes does.

use crate::field::Field;
use crate::problem::{Findings, shown};

/// Notes what the security contexts of a pod ask for; refuses what is wrong in them.
pub(crate) fn understand(spec: &Field<'_>, to: &mut Findings) {
    let pod = spec.get("securityContext");
    let of_pod = pod.as_ref().map(|field| context(field, to)).unwrap_or_default();
    for list in ["initContainers", "containers"] {
        for container in spec.elements_of(list) {
            let own = container.get("securityContext");
            let of_container = own.as_ref().map(|field| context(field, to)).unwrap_or_default();
            let non_root = of_container.non_root.or(of_pod.non_root);
            let user = of_container.user.or(of_pod.user);
            if let (Some(true), Some(0), Some(field)) = (non_root, user, own.as_ref().or(pod.as_ref())) {
                to.refuse(field.problem(
                    "demands another user than root, and that the user is root",
                    "Take `runAsUser: 0` out, or `runAsNonRoot: true`",
                ));
            }
        }
    }
}

/// What contexts can contradict each other in.
#[derive(Clone, Copy, Default)]
struct Asked {
    non_root: Option<bool>,
    user: Option<u64>,
}

/// What is held of every WASI program, by the key that asks for it.
const HELD: [&str; 8] = [
    "runAsNonRoot",
    "allowPrivilegeEscalation",
    "readOnlyRootFilesystem",
    "seccompProfile",
    "appArmorProfile",
    "seLinuxOptions",
    "capabilities",
    "procMount",
];

/// What a WASI program has not, so that nothing can be set.
const WITHOUT_EFFECT: [&str; 6] =
    ["runAsUser", "runAsGroup", "fsGroup", "supplementalGroups", "sysctls", "windowsOptions"];

fn context(field: &Field<'_>, to: &mut Findings) -> Asked {
    if !field.map(to) {
        return Asked::default();
    }
    let found = to.found;
    let boolean = |key: &str, to: &mut Findings| field.get(key).and_then(|field| field.boolean(to));
    let integer = |key: &str, to: &mut Findings| field.get(key).and_then(|field| field.integer::<u64>(to));
    let asked = Asked { non_root: boolean("runAsNonRoot", to), user: integer("runAsUser", to) };
    let escalates = boolean("allowPrivilegeEscalation", to);
    let privileged = field.get("privileged").is_some_and(|field| field.is_true());
    boolean("readOnlyRootFilesystem", to);
    integer("runAsGroup", to);
    integer("fsGroup", to);
    if escalates == Some(false) && privileged {
        let remedy = "Take one of the two out";
        to.refuse(field.problem("is privileged, and may not gain privilege", remedy));
    }
    if let Some(profile) = field.get("seccompProfile") {
        seccomp(&profile, to);
    }
    if let Some(dropped) = field.get("capabilities").and_then(|field| field.get("drop")) {
        for item in dropped.items(to) {
            item.text(to);
        }
    }
    let present = |keys: &[&str]| {
        let present = keys.iter().filter(|key| restricts(field, key));
        present.copied().collect::<Vec<_>>().join(", ")
    };
    if to.found > found {
        return asked;
    }
    let held = present(&HELD);
    if !held.is_empty() {
        to.note(field.note(format!(
            "{held}: held of every WASI program, which has no user and no privilege to gain, makes no system \
             calls of its own, and sees no network and no files but its mounts"
        )));
    }
    let without = present(&WITHOUT_EFFECT);
    if !without.is_empty() {
        to.note(field.note(format!(
            "{without}: without effect, a WASI program has no users and no kernel of its own"
        )));
    }
    asked
}

/// Whether a context says something under a key that takes from the program.
fn restricts(context: &Field<'_>, key: &str) -> bool {
    match key {
        "runAsNonRoot" | "readOnlyRootFilesystem" => context.get(key).is_some_and(|it| it.is_true()),
        "allowPrivilegeEscalation" => context.get(key).is_some_and(|it| it.is_false()),
        // Dropping them is held; adding them is a matter of admission.
        "capabilities" => context.at(&[key, "drop"]).is_some_and(|it| !it.is_empty()),
        _ => context.get(key).is_some_and(|it| !it.is_empty()),
    }
}

fn seccomp(profile: &Field<'_>, to: &mut Findings) {
    let Some(field) = profile.need("type", TYPES, to) else { return };
    let Some(kind) = field.text(to) else { return };
    let local = profile.get("localhostProfile").is_some();
    match (kind, local) {
        ("RuntimeDefault" | "Unconfined", false) | ("Localhost", true) => {}
        ("Localhost", false) => {
            let _ = profile.need("localhostProfile", "Name the profile", to);
        }
        ("RuntimeDefault" | "Unconfined", true) => {
            let remedy = "Take it out, or write `type: Localhost`";
            to.refuse(profile.problem("names a profile that its type does not use", remedy));
        }
        (other, _) => {
            to.refuse(field.problem(format!("unknown type of profile `{}`", shown(other)), TYPES));
        }
    }
}

const TYPES: &str = "Write `RuntimeDefault`, `Localhost` or `Unconfined`";
