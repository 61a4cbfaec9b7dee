//! From sources to workloads: every document of every source, every problem of every document.

use std::collections::BTreeMap;

use casemate_model::PodKey;

use crate::field::Field;
use crate::job::job;
use crate::metadata;
use crate::pod::pod;
use crate::policy::{self, PolicyDocument};
use crate::problem::Findings;
use crate::tree::Tree;
use crate::{Note, Place, Problem, ProblemKind, Provenance, Source, Workload, WorkloadKind};

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Pods to place and run, in the order written. Documents with a problem are not among them.
    pub workloads: Vec<Workload>,
    /// The policy found among the documents, if any.
    pub policy: Option<PolicyDocument>,
    /// Everything wrong, in the order written.
    pub problems: Vec<Problem>,
    /// What is understood but not acted upon.
    pub notes: Vec<Note>,
    /// Problems found beyond those listed, where there are very many.
    pub problems_left_out: usize,
}

/// Reads manifests. A problem in one document keeps none of the others from being read.
#[must_use]
pub fn read(sources: &[Source]) -> Reading {
    let mut reader = Reader::default();
    for source in sources {
        reader.source(source);
    }
    if sources.is_empty() {
        reader.findings.refuse(whole_file(
            "(no input)",
            "no manifest is given",
            "Name a file with a Pod or a Job in it",
        ));
    }
    Reading {
        workloads: reader.workloads,
        policy: reader.policy,
        problems_left_out: reader.findings.found - reader.findings.problems.len(),
        problems: reader.findings.problems,
        notes: reader.findings.notes,
    }
}

/// Reads a file that is to hold a policy and nothing else.
///
/// # Errors
///
/// Everything wrong with it; also where it holds no policy.
pub fn read_policy(source: &Source) -> Result<PolicyDocument, Vec<Problem>> {
    let mut reading = read(std::slice::from_ref(source));
    for workload in &reading.workloads {
        reading.problems.push(Problem {
            kind: ProblemKind::Invalid,
            place: workload.provenance.place.clone(),
            field: String::new(),
            cause: "a workload in a file that was given as policy".to_owned(),
            remedy: "Give it as a manifest instead".to_owned(),
        });
    }
    match reading.policy {
        Some(policy) if reading.problems.is_empty() => Ok(policy),
        None if reading.problems.is_empty() => Err(vec![policy::none_in(&source.name)]),
        _ => Err(reading.problems),
    }
}

/// What is wrong with a directory that has no manifest in it. The caller lists directories.
#[must_use]
pub fn empty_directory(path: &str) -> Problem {
    let remedy = "Name a file, or a directory with manifests in it";
    Problem { place: Place::whole(path), ..whole_file(path, "no `*.yaml` in this directory", remedy) }
}

#[derive(Default)]
struct Reader {
    workloads: Vec<Workload>,
    policy: Option<PolicyDocument>,
    findings: Findings,
    /// Where each pod was first written.
    seen: BTreeMap<PodKey, Place>,
}

impl Reader {
    fn source(&mut self, source: &Source) {
        if source.text.len() > Source::BYTES_MAX {
            let cause = format!("{} bytes are more than are read ({})", source.text.len(), Source::BYTES_MAX);
            self.findings.refuse(whole_file(&source.name, &cause, "Split it, or give another file"));
            return;
        }
        let documents = source.documents();
        if documents.is_empty() {
            self.findings.refuse(whole_file(&source.name, "holds no document", "Write a Pod or a Job in it"));
        }
        if documents.len() > Source::DOCUMENTS_MAX {
            let cause =
                format!("{} documents are more than are read ({})", documents.len(), Source::DOCUMENTS_MAX);
            self.findings.refuse(whole_file(&source.name, &cause, "Split it"));
            return;
        }
        let mut unreadable = 0;
        for chunk in documents {
            match Tree::parse(chunk) {
                Ok(tree) => {
                    let root = Field::root(&tree);
                    if self.findings.spend(&root, root.weight()) {
                        self.document(&root, None);
                    }
                }
                Err(problem) => {
                    self.findings.refuse(*problem);
                    unreadable += 1;
                    // Documents that cost much to refuse are not paid for a thousand times.
                    if unreadable == UNREADABLE_MAX {
                        let cause =
                            format!("{unreadable} documents could not be read: the rest is not tried");
                        self.findings.refuse(whole_file(&source.name, &cause, "Mend these first"));
                        return;
                    }
                }
            }
        }
    }

    /// Reads one document. `inherited` is what a typed list says its items are.
    fn document(&mut self, document: &Field<'_>, inherited: Option<(&str, &str)>) {
        let to = &mut self.findings;
        if document.is_null() || !document.map(to) {
            return;
        }
        let text = |key: &str, to: &mut Findings| document.get(key).map(|field| field.text(to));
        let kind = match (text("kind", to), inherited) {
            (Some(kind), _) => kind,
            (None, Some((_, kind))) => Some(kind),
            (None, None) => {
                let remedy = "Say what the document is: `kind: Pod` or `kind: Job`";
                let _ = document.need("kind", remedy, to);
                return;
            }
        };
        let version = match (text("apiVersion", to), inherited) {
            (Some(version), _) => version,
            (None, Some((version, _))) => Some(version),
            (None, None) => {
                let remedy = "Say which version: `v1` for a Pod, `batch/v1` for a Job";
                let _ = document.need("apiVersion", remedy, to);
                return;
            }
        };
        let (Some(kind), Some(version)) = (kind, version) else { return };
        match (version, kind) {
            ("v1", "Pod") => self.pod(document),
            ("batch/v1", "Job") => self.job(document),
            (policy::API_VERSION, policy::KIND) => self.policy(document),
            ("v1", "List") => self.list(document, None),
            ("v1", "PodList") => self.list(document, Some(("v1", "Pod"))),
            ("batch/v1", "JobList") => self.list(document, Some(("batch/v1", "Job"))),
            _ => refuse_kind(document, version, kind, to),
        }
    }

    fn list(&mut self, list: &Field<'_>, inherited: Option<(&str, &str)>) {
        let Some(items) = list.get("items") else { return };
        for item in items.items(&mut self.findings) {
            self.document(&item.as_root(), inherited);
        }
    }

    fn pod(&mut self, document: &Field<'_>) {
        let to = &mut self.findings;
        let read = to.sound(|to| {
            let key = metadata::key(document, to);
            let spec = document.need("spec", "Describe the pod's containers here", to)?;
            pod(key.unwrap_or_else(metadata::unnamed), &spec, &[], to)
        });
        if let Some(spec) = read {
            let provenance = Provenance { place: document.place(), kind: WorkloadKind::Pod };
            self.admit(Workload { pod: spec.pod, provenance, images: spec.images }, document);
        }
    }

    fn job(&mut self, document: &Field<'_>) {
        for (index, spec) in job(document, &mut self.findings) {
            let provenance = Provenance { place: document.place(), kind: WorkloadKind::Job { index } };
            self.admit(Workload { pod: spec.pod, provenance, images: spec.images }, document);
        }
    }

    fn policy(&mut self, document: &Field<'_>) {
        let Some(policy) = policy::policy(document, &mut self.findings) else { return };
        match self.policy.as_ref().and_then(|first| first.place.as_ref()) {
            Some(first) => {
                let cause = format!("a second policy; the first is at {first}");
                self.findings.refuse(document.problem(cause, "Keep one, or name it with --policy"));
            }
            None => self.policy = Some(policy),
        }
    }

    fn admit(&mut self, workload: Workload, document: &Field<'_>) {
        match self.seen.get(&workload.pod.key) {
            Some(first) => {
                let cause = format!("a second pod named {}; the first is at {first}", workload.pod.key);
                self.findings.refuse(document.problem(cause, "Give it another name or namespace"));
            }
            None => {
                self.seen.insert(workload.pod.key.clone(), document.place());
                self.workloads.push(workload);
            }
        }
    }
}

/// After how many documents that are no YAML a source is given up.
const UNREADABLE_MAX: usize = 100;

/// Kinds that are run, with the only version of each.
const RUN: [(&str, &str); 3] = [("Pod", "v1"), ("Job", "batch/v1"), (policy::KIND, policy::API_VERSION)];

fn refuse_kind(document: &Field<'_>, version: &str, kind: &str, to: &mut Findings) {
    let shown = |text: &str| text.chars().take(64).collect::<String>();
    match RUN.iter().find(|(known, _)| *known == kind) {
        Some((_, right)) => {
            let field = document.get("apiVersion").unwrap_or_else(|| document.clone());
            let cause = format!("`{}` is not a version of {kind} that is read", shown(version));
            to.refuse(field.problem(cause, format!("Write `apiVersion: {right}`")));
        }
        None => {
            let field = document.get("kind").unwrap_or_else(|| document.clone());
            let cause = format!("`{}` is not run by this version", shown(kind));
            to.refuse(
                field.not_run(
                    cause,
                    "It runs Pods and Jobs: take the document out, or write it as one of these",
                ),
            );
        }
    }
}

fn whole_file(file: &str, cause: &str, remedy: &str) -> Problem {
    Problem {
        kind: ProblemKind::Invalid,
        place: Place::start_of(file),
        field: String::new(),
        cause: cause.to_owned(),
        remedy: remedy.to_owned(),
    }
}
