//! Imports point down only: core ← edge ← shell.
//!
//! Looked at: normal and build dependencies between members. What only tests
//! need is free: a decider's tests may call the checker, or ask `softtee` for
//! evidence. Within core the table below is exact.

use crate::house::tree::{Layer, Member, Tree};
use crate::house::violation::Violation;

const RULE: &str = "imports";

/// What each crate of core may import of the others.
///
/// `checker` is in nobody's row: the judge shares no code with the judged.
/// `mutant` is in the rows of deciders: without its feature it is the constant `false`.
/// `attest` is only in the rows of those that turn evidence into verdicts.
const CORE: [(&str, &[&str]); 16] = [
    ("model", &[]),
    ("affinity", &["model"]),
    ("attest", &["model", "mutant"]),
    ("mutant", &[]),
    ("policy", &["model", "attest", "mutant"]),
    ("verifier", &["model", "attest", "policy", "mutant"]),
    ("fleet", &[]),
    ("bound", &["fleet"]),
    ("placement", &["model", "affinity", "fleet", "policy", "mutant"]),
    ("enclave", &["model", "policy", "mutant"]),
    ("epc", &["model", "mutant"]),
    ("cpu", &["model", "mutant"]),
    ("pod", &["model", "mutant"]),
    ("world", &["mutant"]),
    ("world-log", &["world"]),
    ("checker", &["model"]),
];

/// Every import that does not point down.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for member in &tree.members {
        if member.layer() == Layer::Core && row(member.noun()).is_none() {
            violations.push(Violation {
                path: member.manifest(),
                line: 1,
                rule: RULE,
                what: format!("`{}` is in core, but no row says what it may import", member.noun()),
                remedy: "add its row to CORE in xtask/src/house/rules/imports.rs, and to ARCHITECTURE.md"
                    .into(),
            });
        }
        for dependency in member.imports() {
            let Some(other) = tree.member(&dependency.package) else { continue };
            if let Some((what, remedy)) = objection(member, other) {
                let (path, line) = (member.manifest(), dependency.line);
                violations.push(Violation { path, line, rule: RULE, what, remedy });
            }
        }
    }
    violations
}

fn row(noun: &str) -> Option<&'static [&'static str]> {
    CORE.iter().find(|(name, _)| *name == noun).map(|(_, row)| *row)
}

/// Why `member` may not import `other`, and what to do instead.
fn objection(member: &Member, other: &Member) -> Option<(String, String)> {
    let (from, to) = (member.noun(), other.noun());
    let upwards = |layer: &str, below: &str| {
        let what = format!("`{from}` is in {layer} and imports `{to}`, which is not below it");
        let remedy =
            format!("{layer} imports {below} only: let the caller pass values, or move the code down");
        Some((what, remedy))
    };
    match (member.layer(), other.layer()) {
        (Layer::Core, Layer::Core) => {
            let allowed = row(from)?;
            if allowed.contains(&to) {
                return None;
            }
            let list = if allowed.is_empty() { "nothing of ours".into() } else { allowed.join(", ") };
            let remedy = match (from, to) {
                (_, "checker") => "the judge is called by shells and tests, never by what it judges".into(),
                ("placement", "attest") => {
                    "placement takes witnesses from `policy`; it never sees evidence".into()
                }
                _ => format!("`{from}` may import {list}; let the caller pass values"),
            };
            Some((format!("`{from}` imports `{to}`"), remedy))
        }
        (Layer::Core, _) => upwards("core", "core"),
        (Layer::Edge, Layer::Core) | (Layer::Shell, Layer::Core | Layer::Edge) => None,
        // How a design is written is one thing, wherever it is written.
        (Layer::Edge, Layer::Edge) if (from, to) == ("world-sim", "world-config") => None,
        // So is what was recorded, whoever replays it.
        (Layer::Edge, Layer::Edge) if (from, to) == ("world-sim", "sched-trace") => None,
        // What happened on metal is told as what was simulated is.
        (Layer::Edge, Layer::Edge) if from == "world-metal" && matches!(to, "world-config" | "world-sim") => {
            None
        }
        // Pictures of what was simulated, searched and booted, with what draws pages and traces.
        (Layer::Edge, Layer::Edge)
            if from == "world-report"
                && matches!(to, "report" | "world-metal" | "world-model" | "world-sim") =>
        {
            None
        }
        (Layer::Edge, _) => upwards("edge", "core"),
        (Layer::Shell, Layer::Shell) => match (from, to) {
            ("cli", _) | ("server", "sim" | "node") => None,
            _ => Some((
                format!("the shells `{from}` and `{to}` know each other"),
                "only `cli` sees all shells, and `server` sees `sim` and `node`; wire them in `cli`".into(),
            )),
        },
        (Layer::Shell, Layer::Tool) => upwards("shell", "core and edge"),
        (Layer::Tool, Layer::Tool) => Some((
            format!("`{from}` imports `{to}`"),
            "benchmarks and chores stand apart; neither is a library".into(),
        )),
        (Layer::Tool, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    fn told(fixture: Fixture) -> Vec<String> {
        check(&fixture.tree()).iter().map(|it| format!("{}:{} {}", it.path, it.line, it.what)).collect()
    }

    #[test]
    fn placement_may_not_import_attest() {
        let told = told(Fixture::new().package("crates/core/placement", &["model", "attest"]));
        assert_eq!(told, ["crates/core/placement/Cargo.toml:10 `placement` imports `attest`"]);
    }

    #[test]
    fn no_decider_may_import_the_checker() {
        let told = told(Fixture::new().package("crates/core/policy", &["checker"]));
        assert_eq!(told, ["crates/core/policy/Cargo.toml:9 `policy` imports `checker`"]);
    }

    #[test]
    fn core_may_not_import_edge() {
        let told = told(Fixture::new().package("crates/core/policy", &["report"]));
        assert!(told[0].contains("`policy` is in core and imports `report`"), "{told:?}");
    }

    #[test]
    fn edge_may_not_import_a_shell() {
        let told = told(Fixture::new().package("crates/edge/report", &["node"]));
        assert!(told[0].contains("`report` is in edge and imports `node`"), "{told:?}");
    }

    #[test]
    fn edge_may_not_import_edge() {
        let told = told(Fixture::new().package("crates/edge/host", &["report"]));
        assert!(told[0].contains("`host` is in edge and imports `report`"), "{told:?}");
    }

    /// What is told of two crates of edge, of which the first imports the second.
    fn told_of_edge(from: &str, to: &str) -> Vec<String> {
        let import = format!("casemate-{to} = {{ path = \"../{to}\" }}");
        let fixture = Fixture::new().package(&format!("crates/edge/{to}"), &[]);
        told(fixture.package(&format!("crates/edge/{from}"), &[&import]))
    }

    #[test]
    fn scenarios_of_worlds_have_designs_as_they_are_written_elsewhere() {
        assert!(told_of_edge("world-sim", "world-config").is_empty());
        assert!(told_of_edge("world-sim", "sched-trace").is_empty());
        assert_eq!(told_of_edge("report", "world-config").len(), 1);
        assert_eq!(told_of_edge("world-report", "sched-trace").len(), 1);
    }

    #[test]
    fn pictures_of_worlds_are_made_with_what_draws_other_pages_and_not_the_other_way_round() {
        for to in ["report", "world-model", "world-sim"] {
            assert!(told_of_edge("world-report", to).is_empty(), "{to}");
            assert_eq!(told_of_edge(to, "world-report").len(), 1, "{to}");
        }
        assert_eq!(told_of_edge("world-report", "manifest").len(), 1);
    }

    #[test]
    fn shells_may_not_import_each_other() {
        let told = told(Fixture::new().package("crates/shell/kube", &["node"]));
        assert!(told[0].contains("the shells `kube` and `node` know each other"), "{told:?}");
    }

    #[test]
    fn the_server_may_import_the_node() {
        assert!(told(Fixture::new().package("crates/shell/server", &["node"])).is_empty());
    }

    #[test]
    fn a_build_dependency_is_an_import_too() {
        let fixture = Fixture::new();
        let fixture = fixture.package(
            "crates/core/policy",
            &["[build-dependencies]", "casemate-report = { path = \"../../edge/report\" }"],
        );
        assert_eq!(told(fixture).len(), 1);
    }

    #[test]
    fn what_only_tests_import_is_free() {
        let fixture = Fixture::new().package(
            "crates/core/policy",
            &["[dev-dependencies]", "casemate-checker = { path = \"../checker\" }"],
        );
        assert!(told(fixture).is_empty());
    }

    #[test]
    fn a_renamed_import_is_still_seen() {
        let fixture = Fixture::new().package(
            "crates/core/placement",
            &["claims = { package = \"casemate-attest\", path = \"../attest\" }"],
        );
        assert_eq!(told(fixture), ["crates/core/placement/Cargo.toml:9 `placement` imports `attest`"]);
    }

    #[test]
    fn a_crate_of_core_without_a_row_is_reported() {
        let told = told(Fixture::new().package("crates/core/fortune", &[]));
        assert!(told[0].contains("`fortune` is in core"), "{told:?}");
    }
}
