//! `casemate attest inspect`: every field of evidence and endorsements, no verdict.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use casemate_dossier::{Piece, inspect as pieces};
use casemate_report::field_tree;
use clap::Args;
use serde::Serialize;

use super::dossiers::inputs;
use super::exit;
use crate::output::Output;
use crate::terminal::{Stream, Terminal};

/// Ends the help.
const EXAMPLES: &str = "Examples:\n\
\x20 casemate attest inspect quote.bin\n\
\x20 casemate attest inspect node-1/ -o json";

/// Show every field of evidence, certificates, revocation lists, collateral and reference values.
/// Nothing is verified.
///
/// Exit codes: 0 each argument was read; 2 one cannot be read, or has nothing in it that is read here,
/// or the command line would not do.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InspectArguments {
    /// Files, or directories with all below them; `-` is stdin.
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,

    /// What is printed on stdout. With json it is exactly one document, and all else goes to stderr.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Output::Table)]
    output: Output,
}

/// A file, as the document has it.
#[derive(Serialize)]
struct Inspected {
    file: String,
    pieces: Vec<Piece>,
    error: Option<String>,
}

impl Inspected {
    fn is_read(&self) -> bool {
        self.pieces.iter().any(|piece| piece.error.is_none())
    }
}

/// Runs the command.
pub(super) fn inspect(arguments: &InspectArguments) -> ExitCode {
    let terminal = Terminal::new(match arguments.output {
        Output::Table => Stream::Stdout,
        Output::Json => Stream::Stderr,
    });
    let named: Vec<_> = arguments.paths.iter().map(|path| read(path)).collect();
    // Of a directory not everything has to be something.
    let failed = named.iter().any(|files| !files.iter().any(Inspected::is_read));
    let inspected: Vec<_> = named.into_iter().flatten().collect();
    match arguments.output {
        Output::Table => {
            for one in &inspected {
                terminal.print(&shown(one, &terminal));
            }
        }
        Output::Json => print(&inspected),
    }
    if failed { ExitCode::from(exit::BROKEN) } else { ExitCode::SUCCESS }
}

/// Prints the document of a command line that would not do.
pub(super) fn refuse(cause: &str) {
    print(&[Inspected { file: String::new(), pieces: Vec::new(), error: Some(cause.to_owned()) }]);
}

fn read(path: &Path) -> Vec<Inspected> {
    let named = path.display().to_string();
    match inputs(path) {
        Ok(inputs) if inputs.is_empty() => {
            let error = Some("no file in this directory, nor below it".to_owned());
            vec![Inspected { file: named, pieces: Vec::new(), error }]
        }
        Ok(inputs) => {
            let of = |input: &casemate_dossier::Input| {
                let file = if input.name == named {
                    named.clone()
                } else {
                    path.join(&input.name).display().to_string()
                };
                match pieces(&input.bytes) {
                    Ok(pieces) => Inspected { file, pieces, error: None },
                    Err(why) => Inspected { file, pieces: Vec::new(), error: Some(why.to_string()) },
                }
            };
            inputs.iter().map(of).collect()
        }
        Err(error) => vec![Inspected { file: named, pieces: Vec::new(), error: Some(error) }],
    }
}

fn shown(one: &Inspected, terminal: &Terminal) -> String {
    let style = terminal.style();
    let mut text = String::new();
    if let Some(error) = &one.error {
        text.push_str(&field_tree(&one.file, "not read", &[], Some(error), style));
    }
    for piece in &one.pieces {
        text.push_str(&field_tree(
            &one.file,
            &piece.what,
            &rows(&piece.fields, 0),
            piece.error.as_deref(),
            style,
        ));
    }
    text
}

/// Fields in the order they are read, each with its depth.
fn rows(fields: &[casemate_attest::inspect::Field], depth: usize) -> Vec<casemate_report::FieldRow> {
    let mut found = Vec::new();
    for field in fields {
        found.push(casemate_report::FieldRow {
            depth,
            name: field.name.clone(),
            offset: field.offset,
            value: field.value.clone(),
            meaning: field.meaning.clone().unwrap_or_default(),
        });
        found.extend(rows(&field.children, depth.saturating_add(1)));
    }
    found
}

fn print(inspected: &[Inspected]) {
    // A reader that has gone away is told nothing.
    let mut out = io::BufWriter::new(io::stdout().lock());
    let _ = serde_json::to_writer_pretty(&mut out, inspected).map(|()| writeln!(out));
}
