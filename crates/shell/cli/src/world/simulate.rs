//! `casemate world simulate`: designs of two worlds on one CPU under the same load.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use casemate_world_config::Design;
use casemate_world_sim::{Around, Comparison, Comparisons, Row, Scenario, neighbours};
use clap::Args;

use crate::files;
use crate::output::Output;
use crate::progress::Progress;
use crate::terminal::{Stream, Terminal};

/// All scenarios were simulated.
const SIMULATED: u8 = 0;
/// Some scenario could not be read or makes no sense.
const NOT_ALL: u8 = 1;

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
///   casemate world simulate scenarios/world/*.yaml -o json
///   casemate world simulate scenarios/world/*.yaml --choices
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct SimulateArguments {
    /// Scenarios, YAML or JSON; `-` is stdin.
    #[arg(required = true, value_name = "SCENARIO")]
    scenarios: Vec<PathBuf>,

    /// Instead of each scenario's designs, compare the default design with every other choice it could have made,
    /// over the loads of all scenarios.
    #[arg(long)]
    choices: bool,

    /// What is printed on stdout. With json it is exactly one document, and all else goes to stderr.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Output::Table)]
    output: Output,
}

/// Runs the command.
pub(crate) fn simulate(arguments: &SimulateArguments) -> ExitCode {
    let errors_to = Terminal::new(Stream::Stderr);
    let (mut scenarios, mut errors) = (Vec::new(), Vec::new());
    for path in &arguments.scenarios {
        match read(path) {
            Ok(scenario) => scenarios.push((path, scenario)),
            Err(cause) => errors.push(cause),
        }
    }
    for cause in &errors {
        errors_to.print_error(&format!("error: {cause}\n"));
    }
    if arguments.choices {
        return choices(arguments, scenarios, errors, &errors_to);
    }
    let steps = scenarios.iter().map(|(_, it)| it.designs.len()).sum();
    let progress = Progress::begin(&errors_to, "simulating", steps);
    let compared: Vec<_> = scenarios.iter().map(|(path, it)| compared(path, it, &progress)).collect();
    drop(progress);
    let code = if errors.is_empty() { SIMULATED } else { NOT_ALL };
    match arguments.output {
        Output::Table => {
            let text: Vec<_> = compared.iter().map(Comparison::text).collect();
            Terminal::new(Stream::Stdout).print(&text.join("\n"));
        }
        Output::Json => super::print_json(&Comparisons::of(compared, errors)),
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
        (Output::Table, Ok(around)) => Terminal::new(Stream::Stdout).print(&around.text()),
        // The causes have been told.
        (Output::Table, Err(_)) => {}
        (Output::Json, around) => super::print_json(&around.unwrap_or_else(Around::refused)),
    }
    code
}

/// Prints the document of what never began.
pub(crate) fn refuse(cause: String) {
    super::print_json(&Comparisons::of(Vec::new(), vec![cause]));
}

fn read(path: &Path) -> Result<Scenario, String> {
    let source = files::source(path).map_err(|problem| problem.to_string())?;
    let scenario: Scenario = casemate_manifest::document(&source).map_err(|problem| problem.to_string())?;
    scenario.validate().map_err(|mistake| format!("{}: {mistake}", path.display()))?;
    Ok(scenario)
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
