//! No file is longer than 800 lines; most should be half of that. Beyond it, ask
//! which noun is missing.
//!
//! Looked at: Rust sources, WebAssembly texts, manifests and documents, blank
//! lines and comments included. Generated files say so by their folder.

use crate::house::tree::Tree;
use crate::house::violation::Violation;

const LINES_MAX: usize = 800;

/// Every file that is too long.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    const COUNTED: [&str; 4] = [".rs", ".wat", ".toml", ".md"];
    let mut violations = Vec::new();
    for file in &tree.files {
        let counted = COUNTED.iter().any(|extension| file.path.ends_with(extension));
        let generated = file.path.split('/').any(|part| part == "generated");
        let lines = file.text.lines().count();
        if counted && !generated && lines > LINES_MAX {
            violations.push(Violation {
                path: file.path.clone(),
                line: LINES_MAX + 1,
                rule: "size",
                what: format!("{lines} lines, at most {LINES_MAX} are allowed"),
                remedy: "find the noun that is missing and give it a file".into(),
            });
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn a_file_of_801_lines_is_reported_and_one_of_800_is_not() {
        let tree = Fixture::new()
            .file("crates/core/model/src/long.rs", &"\n".repeat(801))
            .file("crates/core/model/src/full.rs", &"\n".repeat(800))
            .file("crates/core/model/src/generated/table.rs", &"\n".repeat(900))
            .tree();
        let paths: Vec<_> = check(&tree).into_iter().map(|it| it.path).collect();
        assert_eq!(paths, ["crates/core/model/src/long.rs"]);
    }
}
