//! The `casemate` command: argument parsing and wiring.

#![forbid(unsafe_code)]

mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "casemate", version, about = "Schedules confidential computations", long_about = None)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Admit, attest, place and run workloads on this machine, in software enclaves.
    Run(run::RunArguments),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(arguments) => run::run(&arguments),
    }
}
