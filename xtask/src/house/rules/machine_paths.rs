//! No file names a folder of the machine it was written on.
//!
//! Looked at: every line of every text file, comments and strings included,
//! because that is where such paths are left behind.

use crate::house::tree::Tree;
use crate::house::violation::Violation;

/// Folders that exist only where somebody happened to work.
const FOLDERS: [&str; 3] = [concat!("/", "work"), concat!("/tmp", "/t-"), concat!("/", "root")];

/// Every line that names one.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in &tree.files {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(folder) = FOLDERS.iter().find(|folder| names(line, folder)) {
                violations.push(Violation {
                    path: file.path.clone(),
                    line: index + 1,
                    rule: "machine-paths",
                    what: format!("`{folder}` is a folder of one machine"),
                    remedy: "write the path relative to the workspace, or take it as an argument".into(),
                });
            }
        }
    }
    violations
}

/// Whether the line has `folder` as an absolute path: not as the tail of a
/// longer path, nor as the head of a longer name.
fn names(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + folder.len()..].chars().next();
        let path_goes_on = |it: char| it.is_alphanumeric() || "._-}~/".contains(it);
        let name_goes_on = |it: char| it.is_alphanumeric() || "._-".contains(it);
        !before.is_some_and(path_goes_on) && (folder.ends_with('-') || !after.is_some_and(name_goes_on))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn a_path_of_this_machine_is_reported_even_in_a_comment() {
        let text = format!("fn f() {{}}\n// see {}/main/target\n", FOLDERS[0]);
        let tree = Fixture::new().file("crates/core/model/src/more.rs", &text).tree();
        let violations = check(&tree);
        assert_eq!(violations.len(), 1);
        assert_eq!((violations[0].path.as_str(), violations[0].line), ("crates/core/model/src/more.rs", 2));
    }

    #[test]
    fn a_scratch_folder_is_reported_whatever_its_name() {
        assert!(names(&format!("CARGO_TARGET_DIR={}anything", FOLDERS[1]), FOLDERS[1]));
    }

    #[test]
    fn longer_names_and_relative_paths_are_not_reported() {
        for line in ["/workspace/x", "/workers", "target/work/x", "./root", "https://example.org/work/x"] {
            assert!(!FOLDERS.iter().any(|folder| names(line, folder)), "{line}");
        }
    }
}
