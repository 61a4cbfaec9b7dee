//! What the user of a run sees, and where it goes.
//!
//! With a table, everything is on stdout but errors, warnings and notes. With JSON,
//! stdout is the one document at the end and all else is on stderr.

use std::io::{self, IsTerminal};

use casemate_manifest::{Problem, Source};
use casemate_model::Timestamp;
use casemate_report::{Event, RunReport, Sample, table};
use miette::{Diagnostic, NamedSource, Report, SourceSpan};
use thiserror::Error;

use crate::output::Output;
use crate::terminal::{Stream, Terminal};

/// The terminal or pipe of a run.
pub(crate) struct Screen {
    output: Output,
    terminal: Terminal,
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
        let terminal = Terminal::new(match output {
            Output::Table => Stream::Stdout,
            Output::Json => Stream::Stderr,
        });
        Self { output, terminal }
    }

    /// Whether samples are looked at.
    pub(crate) fn is_live(&self) -> bool {
        self.terminal.is_live()
    }

    /// Where people read.
    pub(crate) fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// Events are timed from here.
    pub(crate) fn begin(&self, now: Timestamp) {
        self.terminal.begin(now);
    }

    /// One line for a state change.
    pub(crate) fn event(&self, event: &Event) {
        self.terminal.event(event);
    }

    /// How memory and CPU are shared out.
    pub(crate) fn sample(&self, sample: &Sample) {
        self.terminal.sample(sample);
    }

    /// Something that keeps a part of the run, or all of it, from happening.
    pub(crate) fn error(&self, message: &str) {
        self.terminal.print_error(&format!("error: {message}\n"));
    }

    /// Something that is probably not meant.
    pub(crate) fn warn(&self, message: &str) {
        self.terminal.print_error(&format!("warning: {message}\n"));
    }

    /// What is understood and comes to nothing, or to something else than elsewhere.
    pub(crate) fn note(&self, message: &str) {
        self.terminal.print_error(&format!("note: {message}\n"));
    }

    /// A problem of a manifest, with its lines where they are known.
    pub(crate) fn problem(&self, problem: &Problem, source: Option<&Source>) {
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
        self.terminal.print_error(&format!("{:?}\n", Report::new(located)));
    }

    /// The end: the table or the document.
    pub(crate) fn report(&self, report: &RunReport) {
        self.terminal.clear();
        match self.output {
            // Why nothing ran has just been said; a table of nothing would say it again.
            Output::Table if report.node.is_none() => {}
            Output::Table => self.terminal.print(&format!("\n{}", table(report, self.terminal.style()))),
            Output::Json => {
                // A reader that has gone away is told nothing.
                let _ = report.write_json(io::stdout().lock());
            }
        }
    }
}

impl Drop for Screen {
    /// A panic leaves no hidden cursor.
    fn drop(&mut self) {
        self.terminal.clear();
    }
}
