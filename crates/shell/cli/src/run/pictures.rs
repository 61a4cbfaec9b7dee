//! The files a run can be looked at in afterwards: a page, a trace.
//!
//! They are opened before the run, so that a path that will not do is found at once, and
//! written when it is over, also when it was interrupted. Until then a file that was there
//! stays as it is.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use casemate_report::{Limits, Recording, RunReport, write_html, write_trace};

use super::RunArguments;

/// How files that are read as manifests end. None of them is written over.
const MANIFESTS: [&str; 3] = ["yaml", "yml", "json"];

/// The files asked for.
pub(crate) struct Pictures {
    page: Option<Picture>,
    trace: Option<Picture>,
}

struct Picture {
    path: PathBuf,
    file: File,
}

impl Pictures {
    /// Opens them.
    pub(crate) fn open(arguments: &RunArguments) -> Result<Self, String> {
        let open = |flag, path: &Option<PathBuf>| {
            path.as_deref().map(|path| Picture::open(path).map_err(|why| format!("{flag} {why}"))).transpose()
        };
        let pictures =
            Self { page: open("--report", &arguments.report)?, trace: open("--trace", &arguments.trace)? };
        match (&arguments.report, &arguments.trace) {
            (Some(page), Some(trace)) if page == trace => {
                Err(format!("--report and --trace both name {}; name two files", page.display()))
            }
            _ => Ok(pictures),
        }
    }

    /// What they are made of, where there are any.
    pub(crate) fn recording(&self) -> Option<Recording> {
        (self.page.is_some() || self.trace.is_some()).then(|| Recording::new(Limits::default()))
    }

    /// Writes them, and their names into the report. What could not be written is a problem of the report's.
    pub(crate) fn write(self, recording: &Recording, report: &mut RunReport) {
        let name = |picture: &Option<Picture>| picture.as_ref().map(|it| it.path.display().to_string());
        (report.report, report.trace) = (name(&self.page), name(&self.trace));
        if let Some(trace) = self.trace
            && let Err(problem) = trace.write(|to| write_trace(recording, to))
        {
            report.trace = None;
            report.failed(problem);
        }
        if let Some(page) = self.page
            && let Err(problem) = page.write(|to| write_html(report, recording, to))
        {
            report.report = None;
            report.failed(problem);
        }
    }
}

impl Picture {
    fn open(path: &Path) -> Result<Self, String> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        if let Some(ending) = ending.filter(|ending| MANIFESTS.contains(&ending.as_str())) {
            return Err(format!("{}: a `.{ending}` file is not written over; name another", path.display()));
        }
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        match opened {
            Ok(file) => Ok(Self { path: path.to_owned(), file }),
            Err(error) => Err(format!(
                "{}: cannot be written: {error}; name a file in a directory of yours",
                path.display()
            )),
        }
    }

    fn write(mut self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), String> {
        let written = (|| {
            // A pipe or device has no length to take away.
            if self.file.metadata()?.is_file() {
                self.file.set_len(0)?;
                self.file.rewind()?;
            }
            let mut to = BufWriter::new(&self.file);
            content(&mut to)?;
            to.flush()
        })();
        written.map_err(|error| format!("{}: cannot be written: {error}", self.path.display()))
    }
}
