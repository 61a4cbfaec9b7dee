//! The map is the territory: every crate named in ARCHITECTURE.md exists, every
//! crate that exists is named there by its folder, and packages are called after
//! their folders.
//!
//! A name is either a folder, `crates/LAYER/NOUN`, or a package, `casemate-NOUN`.
//! Crates that are only planned are spoken of by their noun alone.

use crate::house::tree::{Layer, Tree};
use crate::house::violation::Violation;

const RULE: &str = "architecture";
const MAP: &str = "ARCHITECTURE.md";

/// Every stale name, every crate left out, every package called otherwise.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut report = |path: String, line, what, remedy: &str| {
        violations.push(Violation { path, line, rule: RULE, what, remedy: remedy.into() });
    };
    let text = tree.file(MAP).map_or("", |file| file.text.as_str());
    let mut named = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let in_name = |it: char| it.is_ascii_alphanumeric() || "/-_".contains(it);
        for word in line.split(|it| !in_name(it)) {
            let word = word.trim_end_matches('/');
            let folder = word.starts_with("crates/") && word.matches('/').count() >= 2;
            let exists = if folder {
                let mut parts = word.splitn(4, '/');
                let noun: Vec<_> = parts.by_ref().take(3).collect();
                named.push(noun.join("/"));
                tree.members.iter().any(|member| member.folder == noun.join("/"))
            } else if word.starts_with("casemate-") {
                tree.member(word).is_some()
            } else {
                continue;
            };
            if !exists {
                let what = format!("`{word}` is named here and does not exist");
                report(MAP.into(), index + 1, what, "correct the map");
            }
        }
    }
    for member in tree.members.iter().filter(|member| member.layer() != Layer::Tool) {
        if !named.contains(&member.folder) {
            let what = format!("`{}` is not on the map", member.folder);
            report(MAP.into(), 1, what, "say what it does, and what it must not know");
        }
        let wanted =
            if member.noun() == "cli" { "casemate".into() } else { format!("casemate-{}", member.noun()) };
        if member.package != wanted {
            let what = format!("the package in `{}` is called `{}`", member.folder, member.package);
            report(member.manifest(), 1, what, &format!("call it `{wanted}`"));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    fn told(fixture: Fixture) -> Vec<String> {
        check(&fixture.tree()).into_iter().map(|it| format!("{} {}", it.line, it.what)).collect()
    }

    #[test]
    fn a_crate_left_out_is_reported() {
        let told = told(Fixture::new().package("crates/edge/host", &[]));
        assert_eq!(told, ["1 `crates/edge/host` is not on the map"]);
    }

    #[test]
    fn a_crate_that_is_gone_is_reported() {
        let fixture = Fixture::new();
        let map = fixture.read("ARCHITECTURE.md");
        let map = format!("{map}see `crates/core/oracle` and casemate-oracle\n");
        let lines = map.lines().count();
        let told = told(fixture.file("ARCHITECTURE.md", &map));
        assert_eq!(
            told,
            [
                format!("{lines} `crates/core/oracle` is named here and does not exist"),
                format!("{lines} `casemate-oracle` is named here and does not exist"),
            ]
        );
    }

    #[test]
    fn a_package_called_otherwise_is_reported() {
        let manifest = "[package]\nname = \"ledger\"\n[lints]\nworkspace = true\n";
        let fixture = Fixture::new().file("crates/edge/report/Cargo.toml", manifest).file(
            "crates/shell/node/Cargo.toml",
            "[package]\nname = \"casemate-node\"\n[lints]\nworkspace = true\n",
        );
        assert_eq!(told(fixture), ["1 the package in `crates/edge/report` is called `ledger`"]);
    }
}
