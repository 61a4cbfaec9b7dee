//! Nothing is left half done: no marker for work to be done later.
//!
//! Looked at: every line of every text file but the lock file, whose checksums
//! may spell anything.

use crate::house::tree::Tree;
use crate::house::violation::Violation;

const MARKERS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Every line that has one as a word of its own.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree.files.iter().filter(|file| !file.path.ends_with(".lock")) {
        for (index, line) in file.text.lines().enumerate() {
            let mut words = line.split(|it: char| !it.is_alphanumeric() && it != '_');
            if let Some(marker) = words.find(|word| MARKERS.contains(word)) {
                violations.push(Violation {
                    path: file.path.clone(),
                    line: index + 1,
                    rule: "markers",
                    what: format!("`{marker}`"),
                    remedy: "do it, or open an issue and say here what does not work and why".into(),
                });
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn a_marker_is_reported_in_sources_and_documents() {
        let tree = Fixture::new()
            .file("crates/core/model/src/more.rs", &format!("\n// {}(me): later\n", MARKERS[0]))
            .file("docs/page.md", &format!("{}: write this\n", MARKERS[1]))
            .tree();
        let places: Vec<_> = check(&tree).into_iter().map(|it| (it.path, it.line)).collect();
        assert_eq!(places, [("crates/core/model/src/more.rs".into(), 2), ("docs/page.md".into(), 1)]);
    }

    #[test]
    fn a_longer_word_is_not_a_marker() {
        let tree = Fixture::new().file("docs/page.md", &format!("{}S {}_x\n", MARKERS[0], MARKERS[2])).tree();
        assert!(check(&tree).is_empty());
    }
}
