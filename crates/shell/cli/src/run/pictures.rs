//! The files a run can be looked at in afterwards: a page, a trace.
//!
//! They are opened before the run and written when it is over, also when it was interrupted.

use std::path::PathBuf;

use casemate_report::{Limits, Recording, RunReport, write_html, write_trace};

use super::RunArguments;
use crate::picture::Picture;

/// The files asked for.
pub(crate) struct Pictures {
    page: Option<Picture>,
    trace: Option<Picture>,
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
        let name = |picture: &Option<Picture>| picture.as_ref().map(|it| it.path().display().to_string());
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
