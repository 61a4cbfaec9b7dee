//! `casemate world`: designs of two worlds on one CPU.

mod boot;
mod check;
mod simulate;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;

/// Designs of a rich and a trusted world that share CPUs: whether they hold, how they fare, and what they do on
/// metal.
#[derive(Args)]
pub(crate) struct WorldArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Boot(boot::BootArguments),
    Check(check::CheckArguments),
    Simulate(simulate::SimulateArguments),
}

/// Runs the command.
pub(crate) fn world(arguments: &WorldArguments) -> ExitCode {
    match &arguments.command {
        Command::Boot(arguments) => boot::boot(arguments),
        Command::Check(arguments) => check::check(arguments),
        Command::Simulate(arguments) => simulate::simulate(arguments),
    }
}

/// Prints the document of what never began, for the subcommand of this command line.
pub(crate) fn refuse(arguments: &[OsString], cause: String) {
    match arguments.first() {
        Some(command) if command == "boot" => boot::refuse(cause),
        Some(command) if command == "check" => check::refuse(cause),
        Some(command) if command == "simulate" => simulate::refuse(cause),
        _ => {}
    }
}

/// A reader that has gone away is told nothing.
fn print_json(document: &impl Serialize) {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let _ = serde_json::to_writer_pretty(&mut out, document).map(|()| writeln!(out));
}
