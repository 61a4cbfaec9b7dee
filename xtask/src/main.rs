//! The project's own chores, as `cargo xtask COMMAND`.
//!
//! This is the one place that says how the project is checked: people and CI
//! run the same commands. It ships nothing and imports none of our crates.

#![forbid(unsafe_code)]

mod bench;
mod browser;
mod cargo;
mod house;
mod metal;
mod one_build;
mod programs;
mod quickstart;
mod readme;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Checks everything: format, house rules, lints, tests, models, documentation, quickstart.
    Test {
        /// Runs only these steps (may be repeated); without it, all of them.
        #[arg(long = "only", value_name = "STEP")]
        only: Vec<String>,
        /// Names the steps and runs none.
        #[arg(long)]
        list: bool,
    },
    /// Checks the rules the compiler does not: who imports whom, what core may not read.
    CheckHouse,
    /// Measures one area against a peer in the same run.
    Bench {
        /// The area; an unknown one lists those there are.
        area: String,
        /// How the rows are printed.
        #[arg(short, long, value_enum, default_value_t = Output::Table)]
        output: Output,
    },
    /// Runs a WASI program that nobody here wrote, with little encrypted memory. Needs python3 with pip.
    Programs,
    /// Loads the page of a run in Chromium, on several screens and on paper. Needs Chromium.
    Browser {
        /// A folder of pages to look at, instead of those of synthetic runs.
        #[arg(long, value_name = "DIR")]
        pages: Option<PathBuf>,
        /// A folder for pictures of them.
        #[arg(long, value_name = "DIR")]
        pictures: Option<PathBuf>,
    },
    /// Boots two worlds under QEMU again and again, and compares what they left byte by byte.
    Metal {
        /// How many times.
        #[arg(long, value_name = "N", default_value_t = 10)]
        repeat: usize,
        /// Below which REE, `bare` or `linux` (may be repeated); without it, both.
        #[arg(long = "ree", value_name = "REE")]
        rees: Vec<String>,
    },
    /// Runs the quickstart and puts what it printed into README.md.
    Readme,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    Table,
    /// One JSON document on stdout.
    Json,
}

fn main() -> ExitCode {
    let root = workspace_root();
    let outcome = match Arguments::parse().chore {
        Chore::Test { list: true, .. } => {
            test::list();
            Ok(true)
        }
        Chore::Test { only, list: false } => test::run(&root, &only),
        Chore::CheckHouse => house::report(&root),
        Chore::Bench { area, output } => bench::run(&root, &area, output == Output::Json),
        Chore::Programs => programs::run(&root).map(|()| true),
        Chore::Browser { pages, pictures } => {
            browser::run(&root, pages.as_deref(), pictures.as_deref()).map(|()| true)
        }
        Chore::Metal { repeat, rees } => {
            let rees: Vec<_> = rees.iter().map(String::as_str).collect();
            let rees = if rees.is_empty() { vec!["bare", "linux"] } else { rees };
            metal::repeat(&root, repeat, &rees).map(|()| true)
        }
        Chore::Readme => readme::run(&root).map(|()| true),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The folder above this package: chores work on the checkout they were built from.
fn workspace_root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}
