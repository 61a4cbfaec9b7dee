//! Manifests as files: `-` is standard input, a directory is what is in it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use casemate_manifest::{Place, Problem, ProblemKind, Source};

/// Names standard input.
const STDIN: &str = "-";
/// What standard input is called in messages.
const STDIN_NAME: &str = "<stdin>";
/// Directories within directories that are looked into. Deeper than any repository.
const DEPTH_MAX: usize = 64;
/// Most files of one directory: a mistyped path must not read a whole disk.
const FILES_MAX: usize = 100_000;

/// A file's text; standard input's for `-`.
pub(crate) fn source(path: &Path) -> Result<Source, Box<Problem>> {
    let mut bytes = Vec::new();
    // One byte more than is accepted, so that what is too long is seen to be.
    let limit = Source::BYTES_MAX as u64 + 1;
    let (name, read) = if path == Path::new(STDIN) {
        (STDIN_NAME.to_owned(), io::stdin().lock().take(limit).read_to_end(&mut bytes))
    } else {
        let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
        (path.display().to_string(), read)
    };
    match read {
        Ok(_) => Source::from_bytes(name, bytes),
        Err(error) => Err(Box::new(unreadable(path, &error))),
    }
}

/// What is wrong with a file or directory as a whole.
pub(crate) fn problem(path: &Path, cause: impl Into<String>, remedy: impl Into<String>) -> Problem {
    Problem {
        kind: ProblemKind::Invalid,
        place: Place::whole(&path.display().to_string()),
        field: String::new(),
        cause: cause.into(),
        remedy: remedy.into(),
    }
}

/// The file itself, or the files of a directory whose names are `wanted`, by name.
pub(crate) fn in_directory(
    path: &Path,
    wanted: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, Box<Problem>> {
    if !is_directory(path)? {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = entries(path)?;
    files.retain(|file| wanted(file));
    Ok(files)
}

/// The file itself, or the files of a directory and all below whose names are `wanted`,
/// each directory by name. Directories that begin with a dot are passed over; links are
/// followed, but none into a directory that was looked into already. What cannot be
/// looked into is told and passed over.
pub(crate) fn below(path: &Path, wanted: impl Fn(&Path) -> bool) -> (Vec<PathBuf>, Vec<Problem>) {
    match is_directory(path) {
        Ok(false) => (vec![path.to_owned()], Vec::new()),
        Ok(true) => {
            let mut walk = Walk { wanted, files: Vec::new(), problems: Vec::new(), seen: BTreeSet::new() };
            walk.directory(path, 0);
            (walk.files, walk.problems)
        }
        Err(problem) => (Vec::new(), vec![*problem]),
    }
}

struct Walk<F> {
    wanted: F,
    files: Vec<PathBuf>,
    problems: Vec<Problem>,
    /// Directories, by where they really are.
    seen: BTreeSet<PathBuf>,
}

impl<F: Fn(&Path) -> bool> Walk<F> {
    fn directory(&mut self, path: &Path, depth: usize) {
        if depth > DEPTH_MAX {
            let cause = format!("is {DEPTH_MAX} directories deep: what is in it is not looked at");
            return self.problems.push(problem(path, cause, "Name it as an argument of its own"));
        }
        match fs::canonicalize(path).map(|real| self.seen.insert(real)) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return self.problems.push(unreadable(path, &error)),
        }
        let entries = match entries(path) {
            Ok(entries) => entries,
            Err(problem) => return self.problems.push(*problem),
        };
        for entry in entries {
            if self.files.len() == FILES_MAX {
                let cause = format!("holds more than {FILES_MAX} manifests: the rest is not read");
                return self.problems.push(problem(path, cause, "Name directories with fewer in them"));
            }
            match fs::metadata(&entry) {
                Ok(kind) if kind.is_dir() => {
                    if !is_hidden(&entry) {
                        self.directory(&entry, depth + 1);
                    }
                }
                // Pipes and devices in a directory are nobody's manifest, and may never end.
                Ok(kind) if kind.is_file() && (self.wanted)(&entry) => self.files.push(entry),
                Ok(_) => {}
                Err(error) if (self.wanted)(&entry) => self.problems.push(unreadable(&entry, &error)),
                Err(_) => {}
            }
        }
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn is_directory(path: &Path) -> Result<bool, Box<Problem>> {
    if path == Path::new(STDIN) {
        return Ok(false);
    }
    fs::metadata(path).map(|kind| kind.is_dir()).map_err(|error| Box::new(unreadable(path, &error)))
}

fn entries(path: &Path) -> Result<Vec<PathBuf>, Box<Problem>> {
    let listed: io::Result<Vec<_>> =
        fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut entries = listed.map_err(|error| Box::new(unreadable(path, &error)))?;
    entries.sort();
    Ok(entries)
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let remedy = match error.kind() {
        io::ErrorKind::NotFound => "Check the path",
        io::ErrorKind::PermissionDenied => "Give yourself the right to read it, or leave it out",
        _ => "Name a file or directory that can be read",
    };
    problem(path, format!("cannot be read: {error}"), remedy)
}
