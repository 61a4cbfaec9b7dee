//! `casemate world check`: whether a design holds in every order in which things can happen.

use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Instant;

use casemate_world_config::Design;
use casemate_world_model::{Report, Search, Setting, Sight, Until, designs};
use clap::Args;
use serde::Serialize;

use crate::files;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::terminal::{Stream, Terminal};

/// Every law holds.
const HOLDS: u8 = 0;
/// A law is broken.
const BROKEN: u8 = 1;
/// Nothing was checked: the design or the command line would not do.
const NOT_CHECKED: u8 = 2;
/// No law is broken as far as was looked, and more was left than may be looked at.
const NOT_ALL_SEEN: u8 = 3;

/// Try a design in every order in which things can happen, and tell which law it breaks and how.
///
/// Requests, interrupts of both worlds, devices, ticks, idle CPUs and interrupts between CPUs come in every
/// order; docs/world.md has the laws and what a design is written like. Two CPUs and three requests take
/// seconds to minutes.
///
/// Exit codes: 0 every law holds; 1 a law is broken; 2 nothing was checked, because the design makes no sense
/// or the command line would not do; 3 nothing is broken as far as was looked, but not all was seen;
/// 130 interrupted.
///
/// Examples:
///
///   casemate world check
///   casemate world check design.yaml --cpus 3 --requests 2
///   casemate world check design.yaml --hostile -o json
///   casemate world check --all --cpus 2 --requests 3
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct CheckArguments {
    /// The design, YAML or JSON; `-` is stdin. What it leaves out is as in the default design, which is checked
    /// where there is no file.
    #[arg(value_name = "CONFIG", conflicts_with = "all")]
    config: Option<PathBuf>,

    /// How many CPUs, 1 to 8; without it, what the design says, or 2.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=8))]
    cpus: Option<u8>,

    /// How many requests are made in all, 0 to 16.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=16))]
    requests: u8,

    /// Services that requests may call, 0 to 4.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=4))]
    services: u8,

    /// CPUs are switched off and on.
    #[arg(long)]
    hotplug: bool,

    /// The REE withholds its tick, or floods the TEE with it.
    #[arg(long)]
    hostile: bool,

    /// Give up after about so many steps, which bounds memory too: some ten steps lead to one state, and a state
    /// takes some 50 bytes, or 500 as long as it waits to be looked at.
    #[arg(long, value_name = "N", default_value = "1000000000")]
    steps_most: NonZeroUsize,

    /// Check every priority, goal and tick that make sense together, one after another.
    #[arg(long)]
    all: bool,

    /// What is printed on stdout. With json it is exactly one document, and all else goes to stderr.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Output::Table)]
    output: Output,
}

/// What several checks found.
#[derive(Serialize)]
struct Checks {
    schema: &'static str,
    /// States of all of them.
    states: usize,
    /// Laws that were broken, of all of them.
    violations: usize,
    seconds: f64,
    checks: Vec<Report<Design>>,
}

/// Runs the command.
pub(crate) fn check(arguments: &CheckArguments) -> ExitCode {
    let output = arguments.output;
    let terminal = Terminal::new(Stream::Stderr);
    let watched = Interrupt::watch(&terminal, move || {
        if output == Output::Json {
            refuse("interrupted before everything was looked at".to_owned());
        }
    });
    if let Err(error) = watched {
        terminal.print_error(&format!("warning: {error}\n"));
    }
    let designs = match designs_of(arguments) {
        Ok(designs) => designs,
        Err(cause) => {
            terminal.print_error(&format!("error: {cause}\n"));
            if output == Output::Json {
                refuse(cause);
            }
            return ExitCode::from(NOT_CHECKED);
        }
    };
    let mut reports = Vec::new();
    for setting in &designs {
        let report = looked_at(arguments, setting, &terminal);
        if output == Output::Table {
            print(arguments, &report);
        }
        reports.push(report);
    }
    let code = match &reports {
        all if all.iter().any(|it| !it.violations.is_empty()) => BROKEN,
        all if all.iter().all(Report::holds) => HOLDS,
        _ => NOT_ALL_SEEN,
    };
    if output == Output::Json {
        print_documents(arguments, reports);
    }
    ExitCode::from(code)
}

/// Prints the document of a check that never began.
pub(crate) fn refuse(cause: String) {
    super::print_json(&Report::<Design>::refused(cause));
}

fn designs_of(arguments: &CheckArguments) -> Result<Vec<Setting>, String> {
    let setting = |config| Setting {
        services: arguments.services,
        hotplug: arguments.hotplug,
        hostile: arguments.hostile,
        ..Setting::new(config, arguments.requests)
    };
    if arguments.all {
        return Ok(designs(arguments.cpus.unwrap_or(2)).map(setting).collect());
    }
    let design = match &arguments.config {
        Some(path) => read(path)?,
        None => Design::default(),
    };
    let design = arguments.cpus.map_or(design, |cpus| design.on_cpus(cpus));
    let config = design.config().map_err(|reason| match &arguments.config {
        Some(path) => format!("{}: the design makes no sense: {reason}", path.display()),
        None => format!("the design makes no sense: {reason}"),
    })?;
    Ok(vec![setting(config)])
}

fn read(path: &Path) -> Result<Design, String> {
    let design = files::source(path).and_then(|source| casemate_manifest::document(&source));
    design.map_err(|problem| problem.to_string())
}

fn looked_at(arguments: &CheckArguments, setting: &Setting, terminal: &Terminal) -> Report<Design> {
    let search = Search {
        until: Until::AllIsSeen,
        threads: available_parallelism().unwrap_or(NonZeroUsize::MIN),
        steps_most: arguments.steps_most,
    };
    let began = Instant::now();
    let mut tell = |sight: Sight| {
        // What is over sooner is not shown.
        if let (states, seconds @ 1..) = (sight.states, sight.elapsed.as_secs()) {
            terminal.tell(&format!("{states} states, {} per second", states as u64 / seconds));
        }
    };
    let watch: Option<&mut dyn FnMut(Sight)> = if terminal.is_live() { Some(&mut tell) } else { None };
    let verdict = search.of(setting, watch);
    terminal.clear();
    Report::of(setting, Design::of(setting.config), &verdict, began.elapsed().as_secs_f64())
}

/// A reader that has gone away is told nothing.
fn print(arguments: &CheckArguments, report: &Report<Design>) {
    let mut out = io::stdout().lock();
    if arguments.all
        && let Ok(design) = serde_json::to_value(report.design)
    {
        let word = |field: &str| design[field].as_str().unwrap_or_default().to_owned();
        let _ = writeln!(out, "{}, goal {}, tick {}:", word("priority"), word("goal"), word("tick"));
    }
    let _ = out.write_all(report.text().as_bytes());
}

fn print_documents(arguments: &CheckArguments, mut reports: Vec<Report<Design>>) {
    if !arguments.all {
        if let Some(report) = reports.pop() {
            super::print_json(&report);
        }
        return;
    }
    super::print_json(&Checks {
        schema: "casemate.world-checks/v1",
        states: reports.iter().map(|it| it.states).sum(),
        violations: reports.iter().map(|it| it.violations.len()).sum(),
        seconds: reports.iter().map(|it| it.seconds).sum(),
        checks: reports,
    });
}
