//! A small workspace in a temporary folder that breaks no rule, for the tests of
//! the rules to break.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::Tree;

/// The crates that conform, with what each imports of the others.
const CRATES: [(&str, &[&str]); 8] = [
    ("crates/core/model", &[]),
    ("crates/core/attest", &["model"]),
    ("crates/core/policy", &["model", "attest"]),
    ("crates/core/placement", &["model", "policy"]),
    ("crates/core/checker", &["model"]),
    ("crates/edge/report", &["model"]),
    ("crates/shell/node", &["model", "policy", "checker", "report"]),
    ("crates/shell/cli", &["node"]),
];

/// A workspace to be changed and then read.
pub(crate) struct Fixture {
    folder: TempDir,
}

impl Fixture {
    /// One that breaks no rule.
    pub(crate) fn new() -> Self {
        let fixture = Self { folder: TempDir::new().unwrap() };
        let mut map = String::from("# Architecture\n");
        let mut fixture = fixture.file(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*/*\"]\n\n[workspace.lints.rust]\n",
        );
        for (folder, imports) in CRATES {
            fixture = fixture.package(folder, imports);
            map += &format!("- `{folder}`\n");
        }
        fixture.file("ARCHITECTURE.md", &map)
    }

    /// Adds a package, or replaces its manifest and root file, importing our
    /// crates by noun and others as a whole manifest line.
    pub(crate) fn package(self, folder: &str, imports: &[&str]) -> Self {
        let noun = folder.rsplit('/').next().unwrap();
        let mut manifest = format!(
            "[package]\nname = \"{}\"\nedition = \"2024\"\n\n[lints]\nworkspace = true\n\n[dependencies]\n",
            package_name(noun)
        );
        for import in imports {
            match CRATES.iter().find(|(folder, _)| folder.rsplit('/').next() == Some(import)) {
                Some((folder, _)) => {
                    manifest += &format!("{} = {{ path = \"../../../{folder}\" }}\n", package_name(import));
                }
                None => manifest += &format!("{import}\n"),
            }
        }
        let attributes = match noun {
            "model" => "#![no_std]\n#![forbid(unsafe_code)]\n",
            "node" => "#![deny(unsafe_code)]\n",
            _ => "#![forbid(unsafe_code)]\n",
        };
        let root = if noun == "cli" { "main.rs" } else { "lib.rs" };
        self.file(&format!("{folder}/Cargo.toml"), &manifest)
            .file(&format!("{folder}/src/{root}"), &format!("//! A crate.\n{attributes}"))
    }

    /// Writes a file, whatever was there.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// A file as it stands.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    /// Reads it as the rules see it.
    pub(crate) fn tree(self) -> Tree {
        Tree::read(self.root()).unwrap()
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }
}

fn package_name(noun: &str) -> String {
    if noun == "cli" { "casemate".into() } else { format!("casemate-{noun}") }
}
