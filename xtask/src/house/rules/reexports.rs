//! `policy` hands on nothing of `attest`, so that `placement` and `enclave`, who
//! import `policy` only, cannot come by evidence.
//!
//! Looked at: public `use`, `type` and `extern crate` statements of what `policy`
//! ships. A name imported privately cannot be handed on; the compiler holds that.

use crate::house::production::production;
use crate::house::tree::Tree;
use crate::house::violation::Violation;

/// Who may not hand on names of whom.
const SEALED: [(&str, &str); 1] = [("casemate-policy", "casemate_attest")];

/// Every public name that hands on what is sealed.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (package, library) in SEALED {
        let Some(member) = tree.member(package) else { continue };
        for (file, source) in production(tree, member) {
            for mention in source.public_names() {
                if mention.path.first().is_some_and(|first| first == library) {
                    violations.push(Violation {
                        path: file.path.clone(),
                        line: mention.line,
                        rule: "reexports",
                        what: format!("`{}` hands on `{}`", member.noun(), mention.path.join("::")),
                        remedy: "import it privately; whoever needs evidence depends on `attest` openly"
                            .into(),
                    });
                }
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let tree = Fixture::new().file("crates/core/policy/src/more.rs", text).tree();
        check(&tree).iter().map(|it| it.line).collect()
    }

    #[test]
    fn policy_may_not_hand_on_evidence() {
        assert_eq!(lines("\npub use casemate_attest::VerifiedEvidence;"), [2]);
        assert_eq!(lines("pub use casemate_attest as evidence;"), [1]);
        assert_eq!(lines("pub extern crate casemate_attest;"), [1]);
    }

    #[test]
    fn not_under_another_name_either() {
        assert_eq!(lines("pub type Evidence = casemate_attest::VerifiedEvidence;"), [1]);
    }

    #[test]
    fn using_it_is_what_policy_is_for() {
        assert!(lines("use casemate_attest::Claims;\npub(crate) use casemate_attest::Evidence;").is_empty());
    }
}
