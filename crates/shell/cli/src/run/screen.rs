//! What the user sees, and where it goes.
//!
//! With a table, everything is on stdout but errors and warnings. With JSON,
//! stdout is the one document at the end and all else is on stderr.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use casemate_manifest::{Problem, Source};
use casemate_model::Timestamp;
use casemate_report::{Event, RunReport, Style, line, table};
use miette::{Diagnostic, NamedSource, Report, SourceSpan};
use thiserror::Error;

use super::arguments::Output;

/// The terminal or pipe of a run.
pub(crate) struct Screen {
    output: Output,
    /// Of the stream that events go to.
    style: Style,
    started: Timestamp,
    interrupted: Arc<AtomicBool>,
}

/// A problem of a manifest, with the place it is written.
#[derive(Debug, Error, Diagnostic)]
#[error("{message}")]
#[diagnostic(help("{help}"))]
struct Located {
    message: String,
    help: String,
    #[source_code]
    source_code: NamedSource<String>,
    #[label("{label}")]
    at: SourceSpan,
    label: String,
}

impl Screen {
    /// Looks at where the output goes.
    pub(crate) fn new(output: Output) -> Self {
        let (terminal, width) = match output {
            Output::Table => (io::stdout().is_terminal(), columns(&io::stdout())),
            Output::Json => (io::stderr().is_terminal(), columns(&io::stderr())),
        };
        let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let style = Style { width: width.filter(|_| terminal), colour: terminal && !plain };
        Self { output, style, started: Timestamp::default(), interrupted: Arc::default() }
    }

    /// Events are timed from here.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        self.started = now;
    }

    /// One line for a state change.
    pub(crate) fn event(&mut self, event: &Event) {
        let line = line(event, self.started, self.style);
        // A reader that has gone away must not end what runs.
        let _ = match self.output {
            Output::Table => writeln!(io::stdout(), "{line}"),
            Output::Json => writeln!(io::stderr(), "{line}"),
        };
    }

    /// Something that keeps a part of the run, or all of it, from happening.
    pub(crate) fn error(&mut self, message: &str) {
        let _ = writeln!(io::stderr(), "error: {message}");
    }

    /// Something that is probably not meant.
    pub(crate) fn warn(&mut self, message: &str) {
        let _ = writeln!(io::stderr(), "warning: {message}");
    }

    /// A problem of a manifest, with its lines where they are known.
    pub(crate) fn problem(&mut self, problem: &Problem, source: Option<&Source>) {
        let Some(source) = source.filter(|_| io::stderr().is_terminal()) else {
            return self.error(&problem.to_string());
        };
        let located = Located {
            message: problem.cause.clone(),
            help: problem.remedy.clone(),
            source_code: NamedSource::new(&source.name, source.text.clone()),
            at: (problem.place.offset, problem.place.len).into(),
            label: if problem.field.is_empty() { "here".to_owned() } else { problem.field.clone() },
        };
        let _ = writeln!(io::stderr(), "{:?}", Report::new(located));
    }

    /// The end: the table or the document.
    pub(crate) fn report(&mut self, report: &RunReport) {
        let _ = match self.output {
            Output::Table => write!(io::stdout(), "\n{}", table(report, self.style)),
            Output::Json => report.write_json(io::stdout().lock()),
        };
    }

    /// Calls `stop` on the first Ctrl-C; the second ends the process at once.
    pub(crate) fn on_interrupt(&self, stop: impl Fn() + Send + 'static) -> Result<(), ctrlc::Error> {
        let interrupted = Arc::clone(&self.interrupted);
        ctrlc::set_handler(move || {
            if interrupted.swap(true, SeqCst) {
                std::process::exit(i32::from(super::INTERRUPTED));
            }
            let _ = writeln!(io::stderr(), "interrupted: stopping enclaves (again to quit at once)");
            stop();
        })
    }

    /// Whether Ctrl-C was pressed.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.interrupted.load(SeqCst)
    }
}

fn columns(stream: &impl std::os::fd::AsFd) -> Option<u16> {
    rustix::termios::tcgetwinsize(stream).ok().map(|size| size.ws_col).filter(|columns| *columns > 0)
}
