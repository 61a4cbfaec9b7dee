//! `casemate run`: from manifests to a report.

mod arguments;
mod directories;
mod follower;
mod images;
mod inputs;
mod pictures;
mod screen;

pub(crate) use arguments::RunArguments;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::process::ExitCode;

use casemate_manifest::{PolicyDocument, ResolvedPolicy, RootName};
use casemate_model::{Nanos, NodeName};
use casemate_node::{Clock, Node, NodeConfig, Restarts, SoftwareTee, Workload, machine};
use casemate_report::{Event, Observer as _, PolicyReport, RunReport, SoftwareRoot, State, Subject, What};

use self::directories::Directories;
pub(crate) use self::directories::software_root;
use self::follower::Follower;
use self::images::Images;
use self::inputs::Inputs;
use self::pictures::Pictures;
use self::screen::Screen;
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::output::Output;
use crate::progress::Progress;

/// Everything was placed and ended with 0.
const SUCCEEDED: u8 = 0;
/// Something was not placed, or did not end with 0.
const NOT_ALL_SUCCEEDED: u8 = 1;
/// Nothing was run: the command line, the manifests, the policy or this machine would not do.
const NOTHING_RUN: u8 = 2;

/// How often a view is told how things stand: as often as people can see.
const SAMPLED_FOR_VIEW: Nanos = Nanos::from_millis(100);
/// How often pictures are: so often that a run of a second has a curve.
const SAMPLED_FOR_PICTURES: Nanos = Nanos::from_millis(20);

/// Runs the command.
pub(crate) fn run(arguments: &RunArguments) -> ExitCode {
    let screen = Screen::new(arguments.output);
    let mut report = RunReport::empty();
    let code = match attempt(arguments, &screen, &mut report) {
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

/// Prints the document of a run that never came to be.
pub(crate) fn refuse(cause: String) {
    let mut report = RunReport::empty();
    report.problems.push(cause);
    // A reader that has gone away is told nothing.
    let _ = report.write_json(io::stdout().lock());
}

/// The run. An error is why nothing was run; whatever else went wrong is in the report.
fn attempt(arguments: &RunArguments, screen: &Screen, report: &mut RunReport) -> Result<u8, String> {
    if !arguments.node.is_empty() {
        return Err(PLANNED_ELSEWHERE.to_owned());
    }
    let output = arguments.output;
    let interrupt = Interrupt::watch(screen.terminal(), move || {
        if output == Output::Json {
            refuse("interrupted before anything was run".to_owned());
        }
    })?;
    let clock = Clock::start();
    let inputs = Inputs::read(arguments, &machine::name(), screen)?;
    inputs.show_problems(screen);
    report.problems = inputs.problems();
    if inputs.need_nothing() {
        report.succeeded = true;
        return Ok(SUCCEEDED);
    }
    if inputs.workloads().is_empty() {
        return Err("there is nothing to run: no workload could be read".to_owned());
    }
    let pictures = Pictures::open(arguments)?;
    let directories = Directories::prepare(arguments, clock.now())?;

    let software = SoftwareTee::open(&directories.root, clock.now()).map_err(|error| error.to_string())?;
    let (resolved, policy) = policy(&inputs, arguments, software.fingerprint())?;
    report.policy = Some(policy);

    let workloads = workloads(&inputs, arguments, screen);
    let recording = pictures.recording();
    let mut config = node_config(arguments, &directories)?;
    let hints = hints(&workloads, &config.labels);
    config.record_stays = recording.is_some();
    config.sampling = match (&recording, screen.is_live()) {
        (Some(_), _) => Some(SAMPLED_FOR_PICTURES),
        (None, true) => Some(SAMPLED_FOR_VIEW),
        (None, false) => None,
    };
    let node = Node::new(config, resolved.policy, Box::new(software)).map_err(|error| error.to_string())?;
    let stop = node.interrupt();
    interrupt.stops("enclaves", move || stop.request());

    let events = &directories.events;
    let file =
        File::create(events).map_err(|error| format!("{}: cannot be created: {error}", events.display()))?;
    let mut follower = Follower::new(screen, file, recording);
    screen.begin(clock.now());
    let outcome = node.run(workloads, &mut follower).map_err(|error| error.to_string())?;
    let succeeded = outcome.succeeded && report.problems.is_empty();
    let subject = Subject::Node(machine::name());
    follower.event(Event { time: clock.now(), subject, what: What::RunEnded { succeeded } });

    report.workloads = outcome.workloads;
    for workload in report.workloads.iter_mut().filter(|workload| workload.state == State::Pending) {
        workload.reasons.extend(hints.get(&(workload.namespace.clone(), workload.name.clone())).cloned());
    }
    report.node = outcome.node;
    report.epc = outcome.epc;
    report.checker = outcome.checker;
    report.events = Some(events.display().to_string());
    report.succeeded = succeeded;
    let (log_failure, recording) = follower.finish();
    if let Some(error) = log_failure {
        report.failed(format!("{}: the event log is incomplete: {error}", events.display()));
    }
    if let Some(recording) = recording {
        pictures.write(&recording, report);
    }
    Ok(match (report.succeeded, interrupt.was_pressed()) {
        (_, true) => INTERRUPTED,
        (true, false) => SUCCEEDED,
        (false, false) => NOT_ALL_SUCCEEDED,
    })
}

/// By namespace and name, what would give a pod the labels it selects by.
fn hints(workloads: &[Workload], labels: &BTreeMap<String, String>) -> BTreeMap<(String, String), String> {
    let hint = |workload: &Workload| {
        let pod = &workload.pod;
        let missing = pod.node_selector.iter().filter(|(key, value)| labels.get(*key) != Some(value));
        let flags: Vec<_> = missing.map(|(key, value)| format!("--node-label {key}={value}")).collect();
        let key = (pod.key.namespace.clone(), pod.key.name.clone());
        (!flags.is_empty()).then(|| (key, format!("this node can be labelled so: {}", flags.join(" "))))
    };
    workloads.iter().filter_map(hint).collect()
}

/// Why `--node` is refused, and what to do.
const PLANNED_ELSEWHERE: &str = "--node: `casemate run` runs on this machine and on no other node; where pods \
    would go on other nodes is for `casemate plan FILE… --node NODES.yaml` to say. To give this machine \
    a label, a taint or less memory, use --node-label, --node-taint, --epc and --cpus";

/// The workloads with their programs.
fn workloads(inputs: &Inputs, arguments: &RunArguments, screen: &Screen) -> Vec<Workload> {
    let mut images = Images::new(&arguments.image);
    let progress = Progress::begin(screen.terminal(), "reading programs", inputs.workloads().len());
    let resolve = |workload: &casemate_manifest::Workload| {
        progress.step(&workload.pod.key);
        let resolved = images.resolve(workload);
        progress.done();
        resolved
    };
    let workloads = inputs.workloads().iter().map(resolve).collect();
    drop(progress);
    for warning in images.unused() {
        screen.warn(&warning);
    }
    workloads
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
        // Two runs may share a directory of logs.
        volumes: directories.logs.join(format!("volumes-{}", std::process::id())),
        host_path_roots: arguments.allow_host_path.clone(),
        // As what is looked at asks for it.
        restarts: restarts(arguments),
        sampling: None,
        record_stays: false,
    })
}

/// A delay longer than the longest is one, not an error.
fn restarts(arguments: &RunArguments) -> Restarts {
    let first_delay = arguments.restart_delay;
    let longest_delay = Restarts::default().longest_delay.max(first_delay);
    Restarts { max: arguments.restarts, first_delay, longest_delay }
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
