//! The house rules that the compiler does not hold: who may import whom, what
//! the deciding crates may not read, where `unsafe` may stand, and that the map
//! in ARCHITECTURE.md is the territory.
//!
//! Method: the workspace's members and their direct dependencies come from
//! `cargo metadata`; sources are split into tokens, so that comments and strings
//! are never mistaken for code. Nothing is compiled. What a macro of another
//! crate expands to is not seen; clippy's `disallowed_methods` sees that.

mod production;
mod rules;
mod source;
mod tree;
mod violation;

#[cfg(test)]
mod fixture;

use std::path::Path;

use anyhow::Result;

pub(crate) use rules::RULES;
pub(crate) use tree::Tree;
pub(crate) use violation::Violation;

/// Checks the tree, prints every violation, and answers whether there was none.
pub(crate) fn report(root: &Path) -> Result<bool> {
    let tree = Tree::read(root)?;
    let violations = check(&tree);
    for violation in &violations {
        println!("{violation}");
    }
    let scope = format!("{} rules, {} crates, {} files", RULES.len(), tree.members.len(), tree.files.len());
    match violations.len() {
        0 => println!("check-house: {scope}: all held"),
        count => println!("check-house: {scope}: {count} violation(s)"),
    }
    Ok(violations.is_empty())
}

/// Every violation of every rule, in the order of the files.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations: Vec<_> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    violations.sort_by(|a, b| (&a.path, a.line, a.rule).cmp(&(&b.path, b.line, b.rule)));
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_holds_its_own_rules() {
        let tree = Tree::read(&crate::workspace_root()).unwrap();
        let violations = check(&tree);
        assert!(violations.is_empty(), "{}", violation::list(&violations));
    }

    #[test]
    fn a_tree_that_breaks_nothing_is_not_accused() {
        let violations = check(&fixture::Fixture::new().tree());
        assert!(violations.is_empty(), "{}", violation::list(&violations));
    }

    #[test]
    fn violations_of_several_rules_are_all_reported() {
        let marker = format!("// {}: later\n", concat!("FIX", "ME"));
        let tree = fixture::Fixture::new()
            .file("crates/core/model/src/lib.rs", "#![no_std]\n#![forbid(unsafe_code)]\nuse std::fs;\n")
            .file("crates/core/policy/src/more.rs", &marker)
            .tree();
        let rules: Vec<_> = check(&tree).iter().map(|violation| violation.rule).collect();
        assert_eq!(rules, ["purity", "markers"]);
    }
}
