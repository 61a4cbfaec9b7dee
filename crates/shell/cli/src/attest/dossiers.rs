//! What the command line names, read: a file or a directory is one attester's dossier.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use casemate_dossier::{Dossier, Input, MAX_FILE_BYTES};

use crate::files;
use crate::progress::Progress;
use crate::terminal::Terminal;

/// Names standard input.
const STDIN: &str = "-";
/// Most bytes of one directory.
const DIRECTORY_BYTES_MAX: usize = 64 << 20;

/// What one argument names.
pub(super) struct Named {
    /// As it was given.
    pub(super) name: String,
    /// What is in it, or why it cannot be read.
    pub(super) dossier: Result<Dossier, String>,
}

impl Named {
    /// Reads everything that was named, in order.
    pub(super) fn read_all(paths: &[PathBuf], terminal: &Terminal) -> Vec<Self> {
        let progress = Progress::begin(terminal, "reading evidence", paths.len());
        let mut named = Vec::new();
        for path in paths {
            progress.step(path.display());
            let dossier = inputs(path).map(|inputs| Dossier::of(&inputs));
            named.push(Self { name: path.display().to_string(), dossier });
            progress.done();
        }
        named
    }
}

/// The files that a path names.
pub(super) fn inputs(path: &Path) -> Result<Vec<Input>, String> {
    let (files, problems) = files::below(path, |_| true);
    if let Some(problem) = problems.first() {
        return Err(format!("{}. {}", problem.cause, problem.remedy));
    }
    let mut inputs = Vec::new();
    let mut bytes: usize = 0;
    for file in &files {
        let input = read(path, file)?;
        bytes = bytes.saturating_add(input.bytes.len());
        if bytes > DIRECTORY_BYTES_MAX {
            return Err(format!(
                "holds more than {} MiB; name a directory with the files of one attester",
                DIRECTORY_BYTES_MAX >> 20
            ));
        }
        inputs.push(input);
    }
    Ok(inputs)
}

/// A file of a directory is called by where it is in it.
fn read(named: &Path, file: &Path) -> Result<Input, String> {
    // One byte more than is looked at, so that what is too long is seen to be.
    let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = if file == Path::new(STDIN) {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|it| it.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| format!("{}: cannot be read: {error}", file.display()))?;
    let within = file.strip_prefix(named).ok().filter(|it| !it.as_os_str().is_empty());
    Ok(Input { name: within.unwrap_or(file).display().to_string(), bytes })
}
