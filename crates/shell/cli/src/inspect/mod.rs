//! `casemate inspect`: what is understood of manifests.

mod rows;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use casemate_manifest::{Inspection, Severity};
use casemate_report::inspection_table;
use clap::{Args, ValueEnum};

use crate::files;
use crate::interrupt::Interrupt;
use crate::manifests;
use crate::output::Output;
use crate::terminal::{Stream, Terminal};

/// Every file was read, and nothing was found that `--fail-on` names.
const UNDERSTOOD: u8 = 0;
/// Something could not be read, or was found that `--fail-on` names.
const NOT_ALL_UNDERSTOOD: u8 = 1;

/// Tell what is understood of manifests: which TEE they ask for, how much of it, and what
/// is wrong or risky in them.
///
/// Exit codes: 0 every file was read; 1 something could not be read, or --fail-on names
/// what was found; 2 the command line would not do; 130 interrupted.
#[derive(Args)]
pub(crate) struct InspectArguments {
    /// Manifests, templates included: files, or directories with all below them: *.yaml,
    /// *.yml, *.json, and these with .in, .tpl, .tmpl, .gotmpl, .template or .j2 behind;
    /// `-` is stdin.
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,

    /// Exit with 1 where a finding is as bad as this, or worse.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,

    /// What is printed on stdout. With json it is exactly one document, and all else goes to stderr.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Output::Table)]
    output: Output,
}

/// From which severity on findings count as failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// It will not run as written, or nothing protects it.
    Error,
    /// It runs, but less protected or less reliably than it seems.
    Warning,
    /// Worth knowing.
    Info,
}

/// Runs the command.
pub(crate) fn inspect(arguments: &InspectArguments) -> ExitCode {
    let terminal = Terminal::new(match arguments.output {
        Output::Table => Stream::Stdout,
        Output::Json => Stream::Stderr,
    });
    let output = arguments.output;
    let watched = Interrupt::watch(&terminal, move || {
        if output == Output::Json {
            refuse("interrupted before everything was read".to_owned());
        }
    });
    if let Err(error) = watched {
        terminal.print_error(&format!("warning: {error}\n"));
    }
    let inspection = read(&arguments.paths, &terminal);
    let errors = listed(&inspection);
    match arguments.output {
        Output::Table => {
            let rows: Vec<_> = inspection.workloads.iter().map(rows::row).collect();
            terminal.print(&inspection_table(&rows, &errors, terminal.style()));
        }
        Output::Json => {
            for error in &errors {
                terminal.print_error(&format!("error: {error}\n"));
            }
            print(&inspection);
        }
    }
    let failed = !errors.is_empty() || arguments.fail_on.is_some_and(|worst| worst.is_met_by(&inspection));
    ExitCode::from(if failed { NOT_ALL_UNDERSTOOD } else { UNDERSTOOD })
}

/// Prints the document of an inspection that never came to be.
pub(crate) fn refuse(cause: String) {
    print(&Inspection {
        schema: Inspection::SCHEMA,
        workloads: Vec::new(),
        errors: vec![files::problem(Path::new(""), cause, "See `casemate inspect --help`")],
        errors_left_out: 0,
    });
}

impl FailOn {
    fn is_met_by(self, inspection: &Inspection) -> bool {
        let mut findings = inspection.workloads.iter().flat_map(|entry| &entry.findings);
        findings.any(|finding| match self {
            Self::Error => finding.severity == Severity::Error,
            Self::Warning => finding.severity != Severity::Info,
            Self::Info => true,
        })
    }
}

/// Reads and inspects everything that was named.
fn read(paths: &[PathBuf], terminal: &Terminal) -> Inspection {
    let (sources, mut problems) = manifests::sources(paths, "inspecting", terminal);
    let mut inspection = casemate_manifest::inspect(&sources);
    problems.append(&mut inspection.errors);
    inspection.errors = problems;
    inspection
}

fn listed(inspection: &Inspection) -> Vec<String> {
    let left_out = match inspection.errors_left_out {
        0 => None,
        more => Some(format!("and {more} more errors")),
    };
    inspection.errors.iter().map(ToString::to_string).chain(left_out).collect()
}

/// A reader that has gone away is told nothing.
fn print(inspection: &Inspection) {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let _ = serde_json::to_writer_pretty(&mut out, inspection).map(|()| writeln!(out));
}
