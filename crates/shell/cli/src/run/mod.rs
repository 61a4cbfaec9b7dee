//! `casemate run`: from manifests to a report.

mod arguments;
mod directories;
mod images;
mod inputs;
mod screen;

pub(crate) use arguments::RunArguments;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::process::ExitCode;

use casemate_manifest::{PolicyDocument, ResolvedPolicy, RootName};
use casemate_model::NodeName;
use casemate_node::{Clock, Node, NodeConfig, SoftwareTee, Workload, machine};
use casemate_report::{Event, EventLog, PolicyReport, RunReport, SoftwareRoot, Subject, What};

use self::arguments::Output;
use self::directories::Directories;
use self::images::Images;
use self::inputs::Inputs;
use self::screen::Screen;

/// Everything was placed and ended with 0.
const SUCCEEDED: u8 = 0;
/// Something was not placed, or did not end with 0.
const NOT_ALL_SUCCEEDED: u8 = 1;
/// Nothing was run: the command line, the manifests, the policy or this machine would not do.
const NOTHING_RUN: u8 = 2;
/// Ctrl-C: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

/// Runs the command.
pub(crate) fn run(arguments: &RunArguments) -> ExitCode {
    let mut screen = Screen::new(arguments.output);
    let mut report = RunReport::empty();
    let code = match attempt(arguments, &mut screen, &mut report) {
        Ok(code) => code,
        Err(problem) => {
            screen.error(&problem);
            report.problems.push(problem);
            NOTHING_RUN
        }
    };
    screen.report(&report);
    ExitCode::from(code)
}

/// Whether a command line that could not be parsed asks for JSON.
pub(crate) fn wants_json(arguments: impl Iterator<Item = OsString>) -> bool {
    let arguments: Vec<_> = arguments.collect();
    let in_one = ["-ojson", "-o=json", "--output=json"];
    arguments.first().is_some_and(|command| command == "run")
        && (arguments.iter().any(|argument| in_one.iter().any(|json| argument == json))
            || arguments.windows(2).any(|two| (two[0] == "-o" || two[0] == "--output") && two[1] == "json"))
}

/// Prints the document of a run that was refused for its command line.
pub(crate) fn refuse(error: &str) {
    let mut report = RunReport::empty();
    // What follows the first paragraph is usage.
    let cause: Vec<_> = error.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    report.problems.push(cause.join(" ").trim_start_matches("error: ").to_owned());
    Screen::new(Output::Json).report(&report);
}

/// The run. An error is why nothing was run; whatever else went wrong is in the report.
fn attempt(arguments: &RunArguments, screen: &mut Screen, report: &mut RunReport) -> Result<u8, String> {
    let clock = Clock::start();
    let inputs = Inputs::read(arguments);
    inputs.show_problems(screen);
    report.problems = inputs.problems();
    if inputs.workloads().is_empty() {
        return Err("there is nothing to run: no Pod and no Job could be read".to_owned());
    }
    let directories = Directories::prepare(arguments, clock.now())?;

    let software = SoftwareTee::open(&directories.root, clock.now()).map_err(|error| error.to_string())?;
    let (resolved, policy) = policy(&inputs, arguments, software.fingerprint())?;
    report.policy = Some(policy);

    let mut images = Images::new(&arguments.image);
    let workloads: Vec<Workload> =
        inputs.workloads().iter().map(|workload| images.resolve(workload)).collect();
    for warning in images.unused() {
        screen.warn(&warning);
    }

    let config = node_config(arguments, &directories)?;
    let node = Node::new(config, resolved.policy, Box::new(software)).map_err(|error| error.to_string())?;
    let interrupt = node.interrupt();
    let handler = screen.on_interrupt(move || interrupt.request());
    handler.map_err(|error| format!("Ctrl-C cannot be handled: {error}"))?;

    let events = &directories.events;
    let file =
        File::create(events).map_err(|error| format!("{}: cannot be created: {error}", events.display()))?;
    let mut log = EventLog::new(file);
    let mut log_failure = None;
    screen.begin(clock.now());
    let mut tell = |event: Event| {
        if let Err(error) = log.append(&event) {
            log_failure.get_or_insert(error);
        }
        screen.event(&event);
    };
    let outcome = node.run(workloads, &mut tell).map_err(|error| error.to_string())?;
    let succeeded = outcome.succeeded && report.problems.is_empty();
    let subject = Subject::Node(machine::name());
    tell(Event { time: clock.now(), subject, what: What::RunEnded { succeeded } });

    report.workloads = outcome.workloads;
    report.node = outcome.node;
    report.epc = outcome.epc;
    report.checker = outcome.checker;
    report.events = Some(events.display().to_string());
    if let Some(error) = log_failure {
        report.problems.push(format!("{}: the event log is incomplete: {error}", events.display()));
    }
    report.succeeded = succeeded && report.problems.is_empty();
    Ok(match (report.succeeded, screen.was_interrupted()) {
        (_, true) => INTERRUPTED,
        (true, false) => SUCCEEDED,
        (false, false) => NOT_ALL_SUCCEEDED,
    })
}

/// The policy in force: given, found beside the manifests, or built in.
fn policy(
    inputs: &Inputs,
    arguments: &RunArguments,
    this_machine: casemate_model::Fingerprint,
) -> Result<(ResolvedPolicy, PolicyReport), String> {
    let mut document = inputs.policy()?.unwrap_or_else(PolicyDocument::built_in);
    if let Some(ttl) = arguments.attest_ttl {
        if ttl > document.ttl {
            return Err(format!(
                "--attest-ttl is longer than the {} s that policy `{}` lets a verdict stand; \
                 it can only shorten that",
                document.ttl.as_secs_f64(),
                document.name
            ));
        }
        document.ttl = ttl;
    }
    let resolved =
        document.resolve(this_machine).map_err(|error| format!("policy `{}`: {error}", document.name))?;
    let roots = resolved.roots.iter().map(|(name, fingerprint)| SoftwareRoot {
        written: match name {
            RootName::ThisMachine => "this-machine".to_owned(),
            RootName::Sha256(fingerprint) => format!("sha256:{fingerprint}"),
        },
        fingerprint: *fingerprint,
    });
    let source = document.place.as_ref().map_or("none was given".to_owned(), |at| at.file.clone());
    let report = PolicyReport { name: document.name.clone(), source, software_root: roots.collect() };
    Ok((resolved, report))
}

/// This machine as a node.
fn node_config(arguments: &RunArguments, directories: &Directories) -> Result<NodeConfig, String> {
    let name = machine::name();
    let identity = machine::identity()
        .map_err(|error| format!("this boot cannot be told from others: {error}; is /proc mounted?"))?;
    Ok(NodeConfig {
        labels: labels(&name, &arguments.node_label),
        taints: arguments.node_taint.clone(),
        name,
        identity,
        epc: arguments.epc,
        cpus: arguments.cpus.unwrap_or_else(machine::cpus),
        memory: machine::memory(),
        paging: arguments.paging.into(),
        slice: arguments.slice,
        renewal: arguments.attest_renewal.into(),
        logs: directories.logs.clone(),
        sampling: None,
        record_stays: false,
    })
}

/// What every Kubernetes node is labelled with, then what the user says.
fn labels(name: &NodeName, given: &[(String, String)]) -> BTreeMap<String, String> {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let standard = [
        ("kubernetes.io/hostname", name.0.as_str()),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", arch),
    ];
    let standard = standard.map(|(key, value)| (key.to_owned(), value.to_owned()));
    standard.into_iter().chain(given.iter().cloned()).collect()
}
