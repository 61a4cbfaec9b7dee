//! `casemate attest`: evidence verified, read, measured and forecast; verdicts served.

mod arguments;
mod dossiers;
mod ear;
mod exit;
mod forecast;
mod inspect;
mod measure;
mod policy_file;
mod roots;
mod serve;
mod verify;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use self::policy_file::policy;

/// Verify evidence of TEEs, look into it, forecast its fall, measure programs, and serve
/// verdicts.
#[derive(Args)]
pub(crate) struct AttestArguments {
    #[command(subcommand)]
    command: AttestCommand,
}

// The help of each is that of its arguments.
#[derive(Subcommand)]
enum AttestCommand {
    Verify(Box<verify::VerifyArguments>),
    Inspect(inspect::InspectArguments),
    Measure(measure::MeasureArguments),
    Forecast(Box<forecast::ForecastArguments>),
    Serve(Box<serve::ServeArguments>),
}

/// Runs the command.
pub(crate) fn attest(arguments: &AttestArguments) -> ExitCode {
    match &arguments.command {
        AttestCommand::Verify(arguments) => verify::verify(arguments),
        AttestCommand::Inspect(arguments) => inspect::inspect(arguments),
        AttestCommand::Measure(arguments) => measure::measure(arguments),
        AttestCommand::Forecast(arguments) => forecast::forecast(arguments),
        AttestCommand::Serve(arguments) => serve::serve(arguments),
    }
}

/// Prints the document of a command line that would not do. `arguments` are those after `attest`.
pub(crate) fn refuse(arguments: &[std::ffi::OsString], cause: &str) {
    match arguments.first() {
        Some(command) if command == "verify" => verify::refuse(cause),
        Some(command) if command == "inspect" => inspect::refuse(cause),
        Some(command) if command == "measure" => measure::refuse(cause),
        Some(command) if command == "forecast" => forecast::refuse(cause),
        _ => {}
    }
}
