//! Why nothing was booted.

use std::io;
use std::path::Path;

/// What a machine may be without, for which nobody's sources or designs are to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A Rust for the target.
    Toolchain,
    /// QEMU.
    Qemu,
    /// Linux.
    Kernel,
}

impl Missing {
    /// Its name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Toolchain => "toolchain",
            Self::Qemu => "qemu",
            Self::Kernel => "kernel",
        }
    }
}

/// Something that is needed and is not there: why, and what helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}: {remedy}")]
pub struct Refusal {
    /// What is missing or went wrong, and where.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
    /// What this machine is without, if that is why.
    pub missing: Option<Missing>,
}

impl Refusal {
    /// A refusal of this cause and remedy.
    #[must_use]
    pub fn new(cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { cause: cause.into(), remedy: remedy.into(), missing: None }
    }

    /// The same, because this machine is without something.
    #[must_use]
    pub(crate) fn for_want_of(self, missing: Missing) -> Self {
        Self { missing: Some(missing), ..self }
    }

    /// A file or folder of ours that cannot be used.
    pub(crate) fn of_file(path: &Path, error: &io::Error) -> Self {
        let remedy = match error.kind() {
            io::ErrorKind::NotFound => "check the path",
            io::ErrorKind::PermissionDenied => "give yourself the right to it",
            io::ErrorKind::StorageFull => "make room there, or name another folder in CASEMATE_CACHE",
            _ => "name another folder in CASEMATE_CACHE",
        };
        Self::new(format!("{}: {error}", path.display()), remedy)
    }
}
