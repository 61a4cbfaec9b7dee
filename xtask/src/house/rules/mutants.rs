//! Nothing turns the seeded bugs on but a test that is asked to: no dependency
//! and no feature of any crate, so that neither what ships nor the ordinary tests
//! contain one.

use crate::house::tree::Tree;
use crate::house::violation::Violation;

const PACKAGE: &str = "casemate-mutant";
const FEATURE: &str = "mutants";

/// Every manifest that turns them on.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut report = |path: String, line, what| {
        let remedy = format!("let `cargo test --package {PACKAGE} --features {FEATURE}` turn it on");
        violations.push(Violation { path, line, rule: "mutants", what, remedy });
    };
    for member in &tree.members {
        let asked = member.dependencies.iter().filter(|it| it.package == PACKAGE && !it.features.is_empty());
        for dependency in asked {
            report(member.manifest(), dependency.line, format!("`{}` asks for seeded bugs", member.noun()));
        }
        for (feature, enables) in &member.features {
            let own = member.package == PACKAGE && enables.iter().any(|it| it == FEATURE);
            let others = enables.iter().any(|it| it.starts_with(PACKAGE) && it.ends_with(FEATURE));
            if own || others {
                let what = format!("the feature `{feature}` of `{}` turns seeded bugs on", member.noun());
                report(member.manifest(), 1, what);
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    fn told(fixture: Fixture) -> Vec<String> {
        check(&fixture.tree()).into_iter().map(|it| it.what).collect()
    }

    fn with_mutants() -> Fixture {
        Fixture::new().package("crates/core/mutant", &["[features]", "mutants = []"])
    }

    #[test]
    fn seeded_bugs_that_nothing_turns_on_are_allowed() {
        let line = "casemate-mutant = { path = \"../mutant\" }";
        assert!(told(with_mutants().package("crates/core/policy", &[line])).is_empty());
    }

    #[test]
    fn a_dependency_that_asks_for_them_is_reported() {
        let line = "casemate-mutant = { path = \"../mutant\", features = [\"mutants\"] }";
        assert_eq!(
            told(with_mutants().package("crates/core/policy", &[line])),
            ["`policy` asks for seeded bugs"]
        );
    }

    #[test]
    fn a_feature_that_turns_them_on_is_reported() {
        let lines = [
            "casemate-mutant = { path = \"../mutant\" }",
            "[features]",
            "bugs = [\"casemate-mutant/mutants\"]",
        ];
        let told_of_policy = told(with_mutants().package("crates/core/policy", &lines));
        assert_eq!(told_of_policy, ["the feature `bugs` of `policy` turns seeded bugs on"]);
        let by_default = ["[features]", "default = [\"mutants\"]", "mutants = []"];
        let told_of_mutant = told(Fixture::new().package("crates/core/mutant", &by_default));
        assert_eq!(told_of_mutant, ["the feature `default` of `mutant` turns seeded bugs on"]);
    }
}
