//! The workspace as the rules see it: its members with their direct
//! dependencies, and the text of its files.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cargo;

/// Everything the rules look at.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The packages of the workspace, by folder.
    pub(crate) members: Vec<Member>,
    /// Every text file outside `target` and `.git`, by path.
    pub(crate) files: Vec<File>,
}

/// One package of the workspace.
#[derive(Debug)]
pub(crate) struct Member {
    /// The package's name, such as `casemate-epc`.
    pub(crate) package: String,
    /// Its folder relative to the root, such as `crates/core/epc`.
    pub(crate) folder: String,
    /// The root files of its library and binaries, relative to the workspace's root.
    pub(crate) roots: Vec<String>,
    /// The names of its integration-test binaries, with their root files.
    pub(crate) tests: Vec<(String, String)>,
    /// Its features, each with what it turns on.
    pub(crate) features: Vec<(String, Vec<String>)>,
    /// What its manifest asks for, of every kind.
    pub(crate) dependencies: Vec<Dependency>,
}

/// A package's own line about another package.
#[derive(Debug)]
pub(crate) struct Dependency {
    /// The other package's name, whatever it is renamed to.
    pub(crate) package: String,
    /// Only tests need it.
    pub(crate) dev: bool,
    /// The features asked for by name.
    pub(crate) features: Vec<String>,
    /// Only under this `cfg`, where there is one.
    pub(crate) target: Option<String>,
    /// The line of the manifest.
    pub(crate) line: usize,
}

/// A text file.
#[derive(Debug)]
pub(crate) struct File {
    /// Relative to the root, with forward slashes.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
}

/// Where a member stands in the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Decides.
    Core,
    /// Translates.
    Edge,
    /// Does.
    Shell,
    /// Benchmarks and chores: they may see everything, nothing sees them.
    Tool,
}

impl Tree {
    /// Reads the workspace at `root`.
    ///
    /// # Errors
    /// Where cargo cannot read a manifest, or a file cannot be read.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let root = root.canonicalize().with_context(|| format!("no folder {}", root.display()))?;
        let metadata = cargo::metadata(&root)?;
        let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
        let mut members = packages.iter().map(|it| member(&root, it)).collect::<Result<Vec<_>>>()?;
        members.sort_by(|a, b| a.folder.cmp(&b.folder));
        let mut files = Vec::new();
        collect(&root, &root, &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { members, files })
    }

    /// The member whose package has this name.
    pub(crate) fn member(&self, package: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.package == package)
    }

    /// The file at this path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The Rust files below a folder.
    pub(crate) fn rust_below<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a File> {
        let folder = format!("{folder}/");
        self.files.iter().filter(move |file| file.path.starts_with(&folder) && file.path.ends_with(".rs"))
    }
}

impl Member {
    /// The noun it is called by: the last part of its folder.
    pub(crate) fn noun(&self) -> &str {
        self.folder.rsplit('/').next().unwrap_or(&self.folder)
    }

    /// Where it stands.
    pub(crate) fn layer(&self) -> Layer {
        if self.folder.starts_with("crates/core/") {
            Layer::Core
        } else if self.folder.starts_with("crates/edge/") {
            Layer::Edge
        } else if self.folder.starts_with("crates/shell/") {
            Layer::Shell
        } else {
            Layer::Tool
        }
    }

    /// Its manifest, relative to the root.
    pub(crate) fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }

    /// What it needs to be built: normal and build dependencies.
    pub(crate) fn imports(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|dependency| !dependency.dev)
    }
}

fn member(root: &Path, package: &Value) -> Result<Member> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let name = text(&package["name"]).context("a package without a name")?;
    let manifest = text(&package["manifest_path"]).context("a package without a manifest")?;
    let manifest = Path::new(&manifest);
    let folder = relative(root, manifest.parent().unwrap_or(root));
    let lines = fs::read_to_string(manifest).with_context(|| manifest.display().to_string())?;

    let targets = package["targets"].as_array().context("a package without targets")?;
    let of_kind = |wanted: &'static [&str]| {
        targets.iter().filter(move |target| {
            let mut kinds = target["kind"].as_array().into_iter().flatten().filter_map(Value::as_str);
            kinds.any(|kind| wanted.contains(&kind))
        })
    };
    let source = |target: &Value| Some(relative(root, Path::new(target["src_path"].as_str()?)));
    let roots = of_kind(&["lib", "bin", "proc-macro", "rlib", "staticlib"]).filter_map(source).collect();
    let tests =
        of_kind(&["test"]).filter_map(|target| Some((text(&target["name"])?, source(target)?))).collect();

    let dependencies = package["dependencies"].as_array().context("a package without dependencies")?;
    let dependencies = dependencies
        .iter()
        .map(|it| {
            let package = text(&it["name"]).context("a dependency without a name")?;
            let dev = it["kind"].as_str() == Some("dev");
            let written = it["rename"].as_str().unwrap_or(&package);
            let line = dependency_line(&lines, written, dev);
            let features = strings(&it["features"]);
            Ok(Dependency { line, dev, features, target: text(&it["target"]), package })
        })
        .collect::<Result<Vec<_>>>()?;
    let features = package["features"].as_object().context("a package without features")?;
    let features = features.iter().map(|(name, enables)| (name.clone(), strings(enables))).collect();
    Ok(Member { package: name, folder, roots, tests, features, dependencies })
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The line of a manifest that asks for `name`: under a header of the right
/// kind, or a header of its own. 1 where it is written in a way not foreseen.
fn dependency_line(manifest: &str, name: &str, dev: bool) -> usize {
    let mut in_section = false;
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            let (section, own) = match header.strip_suffix(name).and_then(|it| it.strip_suffix('.')) {
                Some(section) => (section, true),
                None => (header, false),
            };
            in_section = section.ends_with("dependencies") && section.ends_with("dev-dependencies") == dev;
            if own && in_section {
                return index + 1;
            }
        } else if in_section
            && let Some(rest) = line.trim_start_matches('"').strip_prefix(name)
            && rest.starts_with(['.', ' ', '=', '"'])
        {
            return index + 1;
        }
    }
    1
}

/// Text files are those whose name says so; `target` and `.git` are not ours.
fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) -> Result<()> {
    const TEXT: [&str; 13] =
        ["rs", "toml", "md", "sh", "yaml", "yml", "json", "wat", "svg", "lock", "snap", "stderr", "txt"];
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let name = entry.file_name();
        if kind.is_dir() {
            if name != "target" && name != ".git" {
                collect(root, &path, files)?;
            }
            continue;
        }
        let known = path.extension().and_then(|it| it.to_str()).is_some_and(|it| TEXT.contains(&it));
        let script = folder.file_name().is_some_and(|it| it == ".ci");
        if kind.is_file() && (known || script) {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            files.push(File { path: relative(root, &path), text });
        }
    }
    Ok(())
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_found_under_the_header_of_its_kind() {
        let manifest = "[dev-dependencies]\nattest.workspace = true\n\n[dependencies]\nattest-more = \"1\"\n\
                        attest = \"1\"\n";
        assert_eq!(dependency_line(manifest, "attest", false), 6);
        assert_eq!(dependency_line(manifest, "attest", true), 2);
    }

    #[test]
    fn a_dependency_may_have_a_header_of_its_own() {
        let manifest = "[target.'cfg(unix)'.dependencies.attest]\nversion = \"1\"\n";
        assert_eq!(dependency_line(manifest, "attest", false), 1);
    }
}
