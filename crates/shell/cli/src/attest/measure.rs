//! `casemate attest measure`: what software enclaves made from a program will measure.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use casemate_manifest::argument;
use casemate_model::{Bytes, Measurement};
use casemate_node::{DEFAULT_LIMIT, Image};
use clap::Args;
use serde::Serialize;

use crate::output::Output;

/// Every program was measured.
const MEASURED: u8 = 0;
/// Something could not be read.
const NOT_ALL_MEASURED: u8 = 2;

/// Ends the help.
const EXAMPLES: &str = "Examples:\n\
\x20 casemate attest measure program.wasm\n\
\x20 casemate attest measure program.wasm --limit 64Mi -o json";

/// Tell what a software enclave made from a program measures (MRENCLAVE), for a policy's list of
/// reference values.
///
/// Exit codes: 0 every program was measured; 2 something could not be read, or the command line would
/// not do.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MeasureArguments {
    /// WASI programs: WebAssembly core modules, binary or text.
    #[arg(required = true, value_name = "PROGRAM")]
    programs: Vec<PathBuf>,

    /// The enclave's limit of encrypted memory, in bytes, which is measured too: 64Mi, 1G. It is the
    /// manifest's limit of `sgx.intel.com/epc`, else of `memory`.
    #[arg(long, value_name = "BYTES", default_value_t = Limit(DEFAULT_LIMIT), value_parser = limit)]
    limit: Limit,

    /// What is printed on stdout. With json it is exactly one document, and all else goes to stderr.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Output::Table)]
    output: Output,
}

/// Bytes as a command line has them.
#[derive(Clone, Copy, Debug)]
struct Limit(Bytes);

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

fn limit(text: &str) -> Result<Limit, String> {
    argument::bytes(text).map(Limit)
}

/// One program, as the document has it.
#[derive(Serialize)]
struct Measured {
    program: String,
    limit_bytes: u64,
    measurement: Option<String>,
    error: Option<String>,
}

/// Runs the command.
pub(super) fn measure(arguments: &MeasureArguments) -> ExitCode {
    let limit = arguments.limit.0;
    let measured: Vec<_> = arguments
        .programs
        .iter()
        .map(|program| {
            let measurement = Image::read(program).map(|image| image.measure(limit));
            let (measurement, error) = match measurement {
                Ok(measurement) => (Some(measurement), None),
                Err(error) => (None, Some(error.to_string())),
            };
            Measured {
                program: program.display().to_string(),
                limit_bytes: limit.0,
                measurement: measurement.as_ref().map(Measurement::to_string),
                error,
            }
        })
        .collect();
    for error in measured.iter().filter_map(|it| it.error.as_ref()) {
        eprintln!("error: {error}");
    }
    match arguments.output {
        Output::Table => {
            let mut out = io::stdout().lock();
            for one in &measured {
                if let Some(measurement) = &one.measurement {
                    // A reader that has gone away is told nothing.
                    let _ = writeln!(out, "{measurement}  {}", one.program);
                }
            }
        }
        Output::Json => print(&measured),
    }
    let failed = measured.iter().any(|it| it.error.is_some());
    ExitCode::from(if failed { NOT_ALL_MEASURED } else { MEASURED })
}

/// Prints the document of a command line that would not do.
pub(super) fn refuse(cause: &str) {
    let error = Some(cause.to_owned());
    print(&[Measured { program: String::new(), limit_bytes: 0, measurement: None, error }]);
}

fn print(measured: &[Measured]) {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let _ = serde_json::to_writer_pretty(&mut out, measured).map(|()| writeln!(out));
}
