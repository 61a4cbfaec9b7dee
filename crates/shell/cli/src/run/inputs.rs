//! What the user gave: manifests and a policy, read from files.

use std::path::{Path, PathBuf};

use casemate_manifest::{
    Admission, Options, PolicyDocument, Problem, Reading, Source, Workload, empty_directory, read_with,
};

use casemate_model::NodeName;

use super::RunArguments;
use super::screen::Screen;
use crate::files::{in_directory, source};
use crate::progress::Progress;

/// The file of a directory that is its policy.
const POLICY_FILE: &str = "policy.yaml";

/// Everything that was read, and everything wrong with it.
pub(crate) struct Inputs {
    reading: Reading,
    sources: Vec<Source>,
    /// The policy given by name.
    given_policy: Option<Result<PolicyDocument, Vec<Problem>>>,
}

impl Inputs {
    /// Reads the files and directories of the command line.
    pub(crate) fn read(arguments: &RunArguments, node: &NodeName, screen: &Screen) -> Result<Self, String> {
        let (mut sources, mut policies) = (Vec::new(), Vec::new());
        let mut found = Vec::new();
        let mut files = Vec::new();
        for path in &arguments.paths {
            match manifests_in(path, arguments.policy.is_some()) {
                Ok(listed) if listed.is_empty() => found.push(empty_directory(&path.display().to_string())),
                Ok(listed) => files.extend(listed),
                Err(problem) => found.push(*problem),
            }
        }
        let progress = Progress::begin(screen.terminal(), "reading manifests", files.len());
        for file in &files {
            progress.step(file.display());
            match source(file) {
                Ok(source) => sources.push(source),
                Err(problem) => found.push(*problem),
            }
            progress.done();
        }
        progress.step("");
        let given_policy = arguments.policy.as_ref().map(|path| {
            let source = source(path).map_err(|problem| vec![*problem])?;
            let policy = casemate_manifest::read_policy(&source);
            // It is shown where it is wrong, but is no manifest.
            policies.push(source);
            policy
        });
        let options = Options {
            host_path_roots: host_path_roots(&arguments.allow_host_path)?,
            node_name: Some(node.0.clone()),
            admission: given_policy.as_ref().map(|policy| match policy {
                Ok(policy) => policy.admission.clone(),
                // Nothing is run by it; until that is said, nobody may have anything.
                Err(_) => Admission::default(),
            }),
        };
        let mut reading = if sources.is_empty() { Reading::default() } else { read_with(&sources, &options) };
        found.append(&mut reading.problems);
        reading.problems = found;
        sources.append(&mut policies);
        Ok(Self { reading, sources, given_policy })
    }

    /// Whether everything was read, and there is nothing in it that needs to run here.
    pub(crate) fn need_nothing(&self) -> bool {
        self.reading.workloads.is_empty()
            && !self.reading.understood.is_empty()
            && self.all_problems().next().is_none()
    }

    /// The workloads that can be tried.
    pub(crate) fn workloads(&self) -> &[Workload] {
        &self.reading.workloads
    }

    /// Every problem in words, one each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let listed = self.all_problems().map(ToString::to_string);
        let left_out = match self.reading.problems_left_out {
            0 => None,
            more => Some(format!("and {more} more problems")),
        };
        listed.chain(left_out).collect()
    }

    /// The policy to appraise by; `None` where none was given or found.
    ///
    /// A policy that cannot be read must not be replaced by a laxer one, so it ends
    /// the run; so does a broken one beside the manifests.
    pub(crate) fn policy(&self) -> Result<Option<PolicyDocument>, String> {
        match &self.given_policy {
            Some(Ok(policy)) => Ok(Some(policy.clone())),
            Some(Err(_)) => Err("the policy cannot be used, so nothing is run".to_owned()),
            None => {
                let broken = self.reading.policy.is_none()
                    && self.sources.iter().any(|source| Path::new(&source.name).ends_with(POLICY_FILE));
                if broken {
                    return Err(format!("{POLICY_FILE} holds no policy that can be used, so nothing is run"));
                }
                Ok(self.reading.policy.clone())
            }
        }
    }

    /// Shows each problem where it is written.
    pub(crate) fn show_problems(&self, screen: &Screen) {
        for problem in self.all_problems() {
            let source = self.sources.iter().find(|source| source.name == problem.place.file);
            screen.problem(problem, source);
        }
        for note in &self.reading.notes {
            screen.note(&note.to_string());
        }
    }

    fn all_problems(&self) -> impl Iterator<Item = &Problem> {
        let of_policy = self.given_policy.iter().filter_map(|policy| policy.as_ref().err()).flatten();
        self.reading.problems.iter().chain(of_policy)
    }
}

/// Absolute paths of directories, as a manifest may name them: as given, and as they really are.
fn host_path_roots(given: &[PathBuf]) -> Result<Vec<String>, String> {
    let mut roots = Vec::new();
    for path in given {
        let wrong = |why: &str| format!("--allow-host-path {}: {why}", path.display());
        let unreadable = |error| wrong(&format!("cannot be read: {error}"));
        let real = path.canonicalize().map_err(unreadable)?;
        if !real.is_dir() {
            return Err(wrong("is no directory; name one, below which volumes may be"));
        }
        for root in [std::path::absolute(path).map_err(unreadable)?, real] {
            let root = root.into_os_string().into_string();
            roots.push(root.map_err(|_| wrong("is not UTF-8, so no manifest can name it"))?);
        }
    }
    Ok(roots)
}

/// A file as it is; of a directory its `*.yaml`, by name, without its policy where another is given.
fn manifests_in(path: &Path, without_policy: bool) -> Result<Vec<PathBuf>, Box<Problem>> {
    in_directory(path, |file| {
        let is_yaml = file.extension().is_some_and(|extension| extension == "yaml");
        let is_policy = file.file_name().is_some_and(|name| name == POLICY_FILE);
        is_yaml && !(is_policy && without_policy)
    })
}
