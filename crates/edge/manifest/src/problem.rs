//! What is wrong with a manifest, and what is understood but not acted upon.

use std::fmt;

use crate::Place;
use crate::field::Field;
use crate::inputs::Purpose;

/// Something in a source that keeps a document from being used. The operator's to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether the document is wrong, or only beyond this version.
    pub kind: ProblemKind,
    /// Where it is written.
    pub place: Place,
    /// The field, as a path from the document's root: `spec.containers[0].image`.
    /// Empty where the whole document or file is meant.
    pub field: String,
    /// What is wrong.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
}

/// Whose limit a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The document is wrong: no version would take it.
    Invalid,
    /// The document is right, but this version does not run what it says.
    NotRun,
    /// The document is right, but the policy does not let this account ask for it.
    NotAdmitted,
}

/// Something that is understood but not acted upon, or not as Kubernetes would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where it is written.
    pub place: Place,
    /// The field, as a path from the document's root.
    pub field: String,
    /// What is done instead.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "{}. {}", self.cause, self.remedy)
    }
}

impl std::error::Error for Problem {}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.text)
    }
}

/// Problems and notes as they are found. Keeps the first [`Findings::KEPT_MAX`] of
/// each, so that a hostile file cannot fill memory with complaints about itself.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<Problem>,
    pub(crate) notes: Vec<Note>,
    /// Problems found in all, kept or not.
    pub(crate) found: usize,
    /// What the pod that is being read asks for that is not planned.
    unsupported: Vec<String>,
    /// Bytes that may still be made of the sources.
    allowance: usize,
}

impl Default for Findings {
    fn default() -> Self {
        let (problems, notes, unsupported) = (Vec::new(), Vec::new(), Vec::new());
        Self { problems, notes, found: 0, unsupported, allowance: Self::MADE_MAX }
    }
}

/// What is wrong where expanding a document would make more of it than is kept.
pub(crate) fn exhausted(field: &Field<'_>) -> Problem {
    field.problem(
        format!("the manifests come to more than {} MiB once expanded", Findings::MADE_MAX >> 20),
        "Use fewer aliases, references, replicas or completions, or read fewer files at once",
    )
}

/// The beginning of a text, for messages: as much of it as anybody needs to find it again.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}

/// What is wrong with a file as a whole.
pub(crate) fn whole_file(file: &str, cause: &str, remedy: &str) -> Problem {
    Problem {
        kind: ProblemKind::Invalid,
        place: Place::start_of(file),
        field: String::new(),
        cause: cause.to_owned(),
        remedy: remedy.to_owned(),
    }
}

impl Findings {
    /// With so many bytes that may still be made of the sources.
    pub(crate) fn with_allowance(allowance: usize) -> Self {
        Self { allowance, ..Self::default() }
    }

    pub(crate) const KEPT_MAX: usize = 500;
    /// Most reasons that are kept of one pod: each alone is enough.
    const UNSUPPORTED_MAX: usize = 16;
    /// Most bytes that all sources may come to once aliases are expanded, references are
    /// replaced and every pod is counted.
    pub(crate) const MADE_MAX: usize = 64 << 20;

    /// Takes `bytes` made on behalf of `field` out of the allowance; a problem where that is spent.
    pub(crate) fn spend(&mut self, field: &Field<'_>, bytes: usize) -> bool {
        match self.allowance.checked_sub(bytes) {
            Some(rest) => {
                self.allowance = rest;
                true
            }
            None => {
                self.refuse(exhausted(field));
                false
            }
        }
    }

    pub(crate) fn refuse(&mut self, problem: Problem) {
        self.found += 1;
        if self.problems.len() < Self::KEPT_MAX {
            self.problems.push(problem);
        }
    }

    /// What this version does not do of a pod that is right. To run, that is a problem of its document; to
    /// plan, the pod waits because of it.
    pub(crate) fn not_done(&mut self, purpose: Purpose, problem: Problem) {
        match purpose {
            Purpose::Run => self.refuse(problem),
            Purpose::Plan if self.unsupported.len() < Self::UNSUPPORTED_MAX => {
                self.unsupported.push(problem.to_string());
            }
            Purpose::Plan => {}
        }
    }

    /// What was found of a pod that is not planned; the next pod begins with nothing.
    pub(crate) fn take_unsupported(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unsupported)
    }

    pub(crate) fn note(&mut self, note: Note) {
        if self.notes.len() < Self::KEPT_MAX {
            self.notes.push(note);
        }
    }

    /// Takes over what was found on another way through the documents.
    pub(crate) fn absorb(&mut self, other: Self) {
        let kept = other.problems.len();
        other.problems.into_iter().for_each(|problem| self.refuse(problem));
        self.found = self.found.saturating_add(other.found.saturating_sub(kept));
        other.notes.into_iter().for_each(|note| self.note(note));
    }

    /// Runs `read`; its value, unless it found problems on the way.
    pub(crate) fn sound<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.found;
        let value = read(self);
        value.filter(|_| self.found == before)
    }
}
