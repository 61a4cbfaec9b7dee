//! Which libraries of others the pure crates may use, and where the runtime may
//! be seen.
//!
//! A library that reads the clock or the environment by itself cannot sit in
//! core, and no scan of our sources would see it. So core's libraries are listed
//! here, each with the reason why it is harmless.

use crate::house::tree::{Layer, Tree};
use crate::house::violation::Violation;

const RULE: &str = "libraries";

/// Libraries that core may use.
const PURE: &[(&str, &str)] = &[
    ("aws-lc-rs", "verifies signatures and hashes; its random source is forbidden by the rule `purity`"),
    ("base64ct", "encodes and decodes bytes; takes no input that is not canonical"),
    ("cel", "reads and evaluates expressions; without `chrono` it has no notion of time"),
    ("ciborium", "parses bytes, to a depth"),
    ("const-oid", "constants"),
    ("der", "parses bytes"),
    ("serde", "derives readers"),
    ("serde_json", "parses bytes, to a depth"),
    ("thiserror", "derives Display for errors"),
    ("x509-cert", "parses bytes"),
    ("zeroize", "overwrites memory"),
    ("loom", "only where cfg(loom) is set: model checking"),
];

/// Who may see wasmtime: a port to another runtime edits these only.
const RUNTIME_USERS: [&str; 2] = ["crates/shell/node", "benches"];

/// Every library where it should not be.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for member in &tree.members {
        for dependency in member.imports().filter(|it| tree.member(&it.package).is_none()) {
            let name = dependency.package.as_str();
            let modelled = name != "loom" || dependency.target.as_deref() == Some("cfg(loom)");
            let (what, remedy) =
                if member.layer() == Layer::Core && !(modelled && PURE.iter().any(|(it, _)| *it == name)) {
                    (
                        format!(
                            "`{}` is in core and uses `{name}`, which is not known to be pure",
                            member.noun()
                        ),
                        "use it in edge or shell; if it is pure, list it with its reason in \
                         xtask/src/house/rules/libraries.rs",
                    )
                } else if name.starts_with("wasmtime") && !RUNTIME_USERS.contains(&member.folder.as_str()) {
                    (
                        format!("`{}` sees `{name}`", member.noun()),
                        "only `node` knows the runtime; ask `node` for what you need",
                    )
                } else {
                    continue;
                };
            let (path, line) = (member.manifest(), dependency.line);
            violations.push(Violation { path, line, rule: RULE, what, remedy: remedy.into() });
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    fn told(folder: &str, line: &str) -> Vec<String> {
        check(&Fixture::new().package(folder, &[line]).tree()).into_iter().map(|it| it.what).collect()
    }

    #[test]
    fn a_library_that_reads_the_clock_cannot_sit_in_core() {
        let told = told("crates/core/policy", "moka = \"0.12\"");
        assert_eq!(told, ["`policy` is in core and uses `moka`, which is not known to be pure"]);
    }

    #[test]
    fn loom_is_for_model_checking_only() {
        assert_eq!(told("crates/core/epc", "loom = \"0.7\"").len(), 1);
        assert!(told("crates/core/epc", "[target.'cfg(loom)'.dependencies]\nloom = \"0.7\"").is_empty());
    }

    #[test]
    fn only_node_sees_the_runtime() {
        assert_eq!(told("crates/edge/host", "wasmtime = \"48\""), ["`host` sees `wasmtime`"]);
        assert!(told("crates/shell/node", "wasmtime = \"48\"").is_empty());
    }
}
