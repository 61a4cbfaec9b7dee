//! Manifests that were named on the command line: files, directories with all below them, standard input.

use std::collections::BTreeSet;
use std::path::PathBuf;

use casemate_manifest::{Problem, Source, is_manifest_name};

use crate::files;
use crate::progress::Progress;
use crate::terminal::Terminal;

/// Most bytes of all files together.
const BYTES_MAX: usize = 512 << 20;

/// Reads everything that was named, a file named twice once; and what could not be read.
pub(crate) fn sources(
    paths: &[PathBuf],
    doing: &'static str,
    terminal: &Terminal,
) -> (Vec<Source>, Vec<Problem>) {
    let (files, mut problems) = files(paths);
    let progress = Progress::begin(terminal, doing, files.len());
    let mut sources = Vec::new();
    let mut bytes = 0;
    for file in &files {
        progress.step(file.display());
        match files::source(file) {
            Ok(source) => {
                bytes += source.text.len();
                sources.push(source);
            }
            Err(problem) => problems.push(*problem),
        }
        progress.done();
        if bytes > BYTES_MAX {
            let cause =
                format!("with this file more than {} MiB were read: the rest is not", BYTES_MAX >> 20);
            problems.push(files::problem(file, cause, "Name fewer files at once"));
            break;
        }
    }
    progress.step("");
    (sources, problems)
}

/// The files to read, and what could not be looked into.
fn files(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<Problem>) {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        let (below, unreadable) = files::below(path, |file| {
            file.file_name().is_some_and(|name| is_manifest_name(&name.to_string_lossy()))
        });
        if below.is_empty() && unreadable.is_empty() {
            let remedy = "Name a file, or a directory with manifests in it";
            problems.push(files::problem(path, "no manifest in this directory, nor below it", remedy));
        }
        problems.extend(unreadable);
        files.extend(below.into_iter().filter(|file| seen.insert(file.clone())));
    }
    (files, problems)
}
