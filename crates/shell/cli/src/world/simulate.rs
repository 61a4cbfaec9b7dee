//! `casemate world simulate`: designs of two worlds on one CPU under the same load.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use casemate_sched_trace::Recording;
use casemate_sched_trace::limits::BYTES_MOST;
use casemate_world_config::Design;
use casemate_world_report::{SimulationTrace, write_simulation_html};
use casemate_world_sim::{Around, Comparison, Comparisons, Row, Scenario, neighbours};
use clap::Args;

use crate::files;
use crate::output::Format;
use crate::picture::Picture;
use crate::progress::Progress;
use crate::terminal::{Stream, Terminal};

/// All scenarios were simulated.
const SIMULATED: u8 = 0;
/// Some scenario could not be read or makes no sense.
const NOT_ALL: u8 = 1;

/// The command line would not do.
const NOT_BEGUN: u8 = 2;

/// Compare designs of a rich and a trusted world under the same load, in virtual time.
///
/// A scenario has a load (tasks of the REE, requests, interrupts, periodic secure tasks) and designs;
/// docs/world-scenarios.md has its schema and the scenarios that come along. The same scenario gives the same
/// figures everywhere.
///
/// Exit codes: 0 all were simulated; 1 some scenario could not be read or makes no sense;
/// 2 the command line would not do.
///
/// Examples:
///
///   casemate world simulate scenarios/world/priority.yaml
///   casemate world simulate scenarios/world/*.yaml -o html > designs.html
///   casemate world simulate scenarios/world/priority.yaml --trace priority.pftrace
///   casemate world simulate scenarios/world/*.yaml --choices
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct SimulateArguments {
    /// Scenarios, YAML or JSON; `-` is stdin.
    #[arg(required = true, value_name = "SCENARIO")]
    scenarios: Vec<PathBuf>,

    /// Instead of each scenario's designs, compare the default design with every other choice it could have made,
    /// over the loads of all scenarios.
    #[arg(long, conflicts_with = "trace")]
    choices: bool,

    /// Write a trace for Perfetto (ui.perfetto.dev): each design is a process, each CPU has a track for the REE and one
    /// for the TEE.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,

    /// What is printed on stdout. With json and html it is exactly one document, and all else goes to stderr. Of
    /// `--choices` there is no page.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    output: Format,
}

/// Runs the command.
pub(crate) fn simulate(arguments: &SimulateArguments) -> ExitCode {
    let errors_to = Terminal::new(Stream::Stderr);
    let (mut scenarios, mut errors) = (Vec::new(), Vec::new());
    for path in &arguments.scenarios {
        match read(path) {
            Ok(scenario) => {
                remark(path, &scenario, &errors_to);
                scenarios.push((path, scenario));
            }
            Err(cause) => errors.push(cause),
        }
    }
    for cause in &errors {
        errors_to.print_error(&format!("error: {cause}\n"));
    }
    if arguments.choices {
        return choices(arguments, scenarios, errors, &errors_to);
    }
    let trace = match arguments.trace.as_deref().map(Picture::open).transpose() {
        Ok(trace) => trace,
        Err(why) => return not_begun(arguments.output, format!("--trace {why}"), &errors_to),
    };
    let steps = scenarios.iter().map(|(_, it)| it.designs.len()).sum();
    let progress = Progress::begin(&errors_to, "simulating", steps);
    let compared = match trace {
        None => scenarios.iter().map(|(path, it)| compared(path, it, &progress)).collect(),
        Some(trace) => {
            let mut compared = Vec::new();
            let written = trace.write(|to| traced(&scenarios, steps, to, &progress, &mut compared));
            if let Err(cause) = written {
                errors_to.print_error(&format!("error: {cause}\n"));
                errors.push(cause);
            }
            compared
        }
    };
    drop(progress);
    let code = if errors.is_empty() { SIMULATED } else { NOT_ALL };
    match arguments.output {
        Format::Table => {
            let text: Vec<_> = compared.iter().map(Comparison::text).collect();
            Terminal::new(Stream::Stdout).print(&text.join("\n"));
        }
        Format::Json => super::print_json(&Comparisons::of(compared, errors)),
        // A reader that has gone away is told nothing.
        Format::Html => {
            let out = io::BufWriter::new(io::stdout().lock());
            drop(write_simulation_html(&Comparisons::of(compared, errors), out));
        }
    }
    ExitCode::from(code)
}

/// The default design beside every other choice, if all that was given could be read: a table over less than that
/// would be another one.
fn choices(
    arguments: &SimulateArguments,
    scenarios: Vec<(&PathBuf, Scenario)>,
    errors: Vec<String>,
    errors_to: &Terminal,
) -> ExitCode {
    if arguments.output == Format::Html {
        let cause = "of --choices there is no page: take -o table or -o json".to_owned();
        return not_begun(arguments.output, cause, errors_to);
    }
    let design = Design::default();
    let loads: Vec<_> = scenarios.into_iter().map(|(_, it)| it).collect();
    let progress = Progress::begin(errors_to, "simulating", neighbours(&design).len());
    let mut begun = false;
    let around = if errors.is_empty() {
        Around::of(&design, &loads, |name| {
            if std::mem::replace(&mut begun, true) {
                progress.done();
            }
            progress.step(name.to_owned());
        })
        .map_err(|mistake| {
            errors_to.print_error(&format!("error: {mistake}\n"));
            vec![mistake.to_string()]
        })
    } else {
        Err(errors)
    };
    drop(progress);
    let code = ExitCode::from(if around.is_ok() { SIMULATED } else { NOT_ALL });
    match (arguments.output, around) {
        (Format::Json, around) => super::print_json(&around.unwrap_or_else(Around::refused)),
        (_, Ok(around)) => Terminal::new(Stream::Stdout).print(&around.text()),
        // The causes have been told.
        (_, Err(_)) => {}
    }
    code
}

/// The command line would not do, as is found only now.
fn not_begun(output: Format, cause: String, errors_to: &Terminal) -> ExitCode {
    errors_to.print_error(&format!("error: {cause}\n"));
    if output == Format::Json {
        refuse(cause);
    }
    ExitCode::from(NOT_BEGUN)
}

/// Prints the document of what never began.
pub(crate) fn refuse(cause: String) {
    super::print_json(&Comparisons::of(Vec::new(), vec![cause]));
}

fn read(path: &Path) -> Result<Scenario, String> {
    let source = files::source(path).map_err(|problem| problem.to_string())?;
    let mut scenario: Scenario =
        casemate_manifest::document(&source).map_err(|problem| problem.to_string())?;
    if let Some(trace) = scenario.recorded_trace().map(|trace| path.with_file_name(trace)) {
        let recording = recording(&trace).map_err(|cause| format!("{}: {cause}", trace.display()))?;
        scenario = scenario.with_recording(&recording);
    }
    scenario.validate().map_err(|mistake| format!("{}: {mistake}", path.display()))?;
    Ok(scenario)
}

fn recording(path: &Path) -> Result<Recording, String> {
    // One byte more than is accepted, so that what is too long is seen to be.
    let limit = BYTES_MOST as u64 + 1;
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.map_err(|error| format!("the recording cannot be read: {error}"))?;
    Recording::read(&bytes).map_err(|problem| problem.to_string())
}

/// Tells what somebody should know who trusts the figures of a recorded load.
fn remark(path: &Path, scenario: &Scenario, errors_to: &Terminal) {
    let remarks = scenario.replay().map(|it| it.remarks(&scenario.machine)).unwrap_or_default();
    for remark in remarks {
        errors_to.print_error(&format!("note: {}: {remark}\n", path.display()));
    }
}

fn compared(path: &Path, scenario: &Scenario, progress: &Progress) -> Comparison {
    let mut comparison = Comparison::of(path.display().to_string(), scenario);
    for design in &scenario.designs {
        progress.step(format!("{}, {}", scenario.name, design.name));
        // What was read makes sense.
        if let Ok(row) = Row::simulated(scenario, design, &mut |_| {}) {
            comparison.designs.push(row);
        }
        progress.done();
    }
    comparison
}

/// Compares them, and writes what each CPU did under each of so many designs.
fn traced(
    scenarios: &[(&PathBuf, Scenario)],
    designs: usize,
    to: &mut dyn io::Write,
    progress: &Progress,
    compared: &mut Vec<Comparison>,
) -> io::Result<()> {
    let mut trace = SimulationTrace::begin(to, designs)?;
    for (path, scenario) in scenarios {
        let mut comparison = Comparison::of(path.display().to_string(), scenario);
        for design in &scenario.designs {
            progress.step(format!("{}, {}", scenario.name, design.name));
            let mut kept = trace.recorder();
            if let Ok(row) = Row::simulated(scenario, design, &mut |span| kept.add(span)) {
                comparison.designs.push(row);
            }
            trace.design(scenario, design, &kept)?;
            progress.done();
        }
        compared.push(comparison);
    }
    trace.finish()
}
