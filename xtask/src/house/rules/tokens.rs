//! Every Rust file can be split into tokens: what cannot be read cannot be
//! checked by the other rules.

use crate::house::source::Source;
use crate::house::tree::Tree;
use crate::house::violation::Violation;

/// Every file that is not Rust.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let rust = tree.files.iter().filter(|file| file.path.ends_with(".rs"));
    rust.filter_map(|file| {
        let error = Source::read(&file.text).err()?;
        Some(Violation {
            path: file.path.clone(),
            line: error.line,
            rule: "tokens",
            what: "not Rust: brackets or quotes do not match".into(),
            remedy: "close what was opened".into(),
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn a_file_with_an_open_bracket_is_reported() {
        let tree = Fixture::new().file("crates/core/model/src/more.rs", "fn f() {\n").tree();
        assert_eq!(check(&tree).len(), 1);
    }
}
