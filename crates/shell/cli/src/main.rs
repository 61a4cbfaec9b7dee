//! The `casemate` command: argument parsing and wiring.

#![forbid(unsafe_code)]

mod attest;
mod files;
mod inspect;
mod interrupt;
mod manifests;
mod output;
mod picture;
mod plan;
mod progress;
mod run;
mod terminal;
mod world;

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
    Run(Box<run::RunArguments>),
    Inspect(inspect::InspectArguments),
    Plan(plan::PlanArguments),
    Attest(attest::AttestArguments),
    World(world::WorldArguments),
}

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(Arguments { command: Command::Run(arguments) }) => run::run(&arguments),
        Ok(Arguments { command: Command::Inspect(arguments) }) => inspect::inspect(&arguments),
        Ok(Arguments { command: Command::Plan(arguments) }) => plan::plan(&arguments),
        Ok(Arguments { command: Command::Attest(arguments) }) => attest::attest(&arguments),
        Ok(Arguments { command: Command::World(arguments) }) => world::world(&arguments),
        Err(error) => refused(&error),
    }
}

/// Help, or a command line that will not do: said on stderr, and in the document where
/// one is asked for.
fn refused(error: &clap::Error) -> ExitCode {
    // Nothing is left to be done where not even this can be said.
    let _ = error.print();
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if error.use_stderr() && output::wants_json(&arguments) {
        let cause = output::cause(&error.to_string());
        match arguments.first() {
            Some(command) if command == "run" => run::refuse(cause),
            Some(command) if command == "inspect" => inspect::refuse(cause),
            Some(command) if command == "plan" => plan::refuse(cause),
            Some(command) if command == "attest" => {
                attest::refuse(arguments.get(1..).unwrap_or_default(), &cause);
            }
            Some(command) if command == "world" => {
                world::refuse(arguments.get(1..).unwrap_or_default(), cause);
            }
            _ => {}
        }
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}
