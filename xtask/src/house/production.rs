//! The sources of one package that end up in what is shipped: everything below
//! its `src`, without modules and items that only tests compile.

use super::source::Source;
use super::tree::{File, Member, Tree};

/// The files of the package with what they ship. Files that are not Rust are left
/// to the rule `tokens`.
pub(crate) fn production<'a>(tree: &'a Tree, member: &Member) -> Vec<(&'a File, Source)> {
    let folder = format!("{}/src", member.folder);
    let mut test_only: Vec<String> = Vec::new();
    let mut sources = Vec::new();
    for file in tree.rust_below(&folder) {
        let Ok(source) = Source::read(&file.text) else { continue };
        let source = source.without_tests();
        for module in source.test_modules() {
            let module = format!("{}/{}", module_folder(&file.path), module.join("/"));
            test_only.push(format!("{module}.rs"));
            test_only.push(format!("{module}/"));
        }
        sources.push((file, source));
    }
    sources.retain(|(file, _)| {
        !test_only
            .iter()
            .any(|gone| file.path == *gone || (gone.ends_with('/') && file.path.starts_with(gone)))
    });
    sources
}

/// Where the modules that a file declares have their files.
fn module_folder(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        _ => path.trim_end_matches(".rs").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn modules_that_only_tests_compile_are_left_out() {
        let tree = Fixture::new()
            .file("crates/core/policy/src/lib.rs", "mod witness;\n#[cfg(test)]\nmod fakes;\n")
            .file("crates/core/policy/src/fakes.rs", "mod deeper;\n")
            .file("crates/core/policy/src/fakes/deeper.rs", "")
            .file("crates/core/policy/src/witness.rs", "#[cfg(test)]\nmod tests;\n")
            .file("crates/core/policy/src/witness/tests.rs", "")
            .tree();
        let files = production(&tree, tree.member("casemate-policy").unwrap());
        let paths: Vec<_> = files.iter().map(|(file, _)| file.path.as_str()).collect();
        assert_eq!(paths, ["crates/core/policy/src/lib.rs", "crates/core/policy/src/witness.rs"]);
    }
}
