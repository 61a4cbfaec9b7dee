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
    // Its help is that of its arguments.
    Run(run::RunArguments),
}

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(Arguments { command: Command::Run(arguments) }) => run::run(&arguments),
        Err(error) => refused(&error),
    }
}

/// Help, or a command line that will not do: said on stderr, and in the document where
/// one is asked for.
fn refused(error: &clap::Error) -> ExitCode {
    // Nothing is left to be done where not even this can be said.
    let _ = error.print();
    if error.use_stderr() && run::wants_json(std::env::args_os().skip(1)) {
        run::refuse(&error.to_string());
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}
