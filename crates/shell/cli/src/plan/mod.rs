//! `casemate plan`: where pods would go on nodes that are known from documents.

mod tees;
mod what_if;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use casemate_catalogue::{Catalogue, Wanted};
use casemate_manifest::{Options, Problem, Reading, read_to_plan};
use casemate_model::{Node, Pod};
use casemate_placement::{Pending, Planning, Resource, Use};
use casemate_report::{PendingPods, PlanReport, PlannedHurdle, PlannedPod, PlannedResource, plan_table};
use clap::Args;
use serde::Serialize;

use crate::interrupt::Interrupt;
use crate::manifests;
use crate::output::Output;
use crate::terminal::{Stream, Terminal};
use what_if::WhatIf;

/// Every pod has a place.
const ALL_PLACED: u8 = 0;
/// Some pod has none, or something could not be read.
const NOT_ALL_PLACED: u8 = 1;

/// Instance types that are named for pods without a place.
const TYPES_NAMED: usize = 3;

/// Tell where pods would go, why the others would not, and how full the nodes would be. Nothing is run.
///
/// Exit codes: 0 every pod has a place; 1 some pod has none, or something could not be read;
/// 2 the command line would not do; 130 interrupted.
///
/// Examples:
///
///   kubectl get nodes -o yaml > nodes.yaml
///   casemate plan -f nodes.yaml -f pods/
///   casemate plan -f nodes.yaml -f pods/ --what-if "node worker-3 down" --what-if "+2 nodes like worker-1"
///   casemate plan --tees
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct PlanArguments {
    /// Pods and nodes, in the same files or in others: files, or directories with all below them; `-` is
    /// stdin. Nodes are Kubernetes' own, as `kubectl get nodes -o yaml` prints them.
    #[arg(short, long = "file", value_name = "FILE|DIR", required_unless_present = "tees")]
    files: Vec<PathBuf>,

    /// What to suppose beside: "node NAME down", or "+COUNT nodes like NAME". May be given several times;
    /// supposed in that order.
    #[arg(long, value_name = "TEXT")]
    what_if: Vec<WhatIf>,

    /// Tell what each TEE can do instead, as a table.
    #[arg(long, conflicts_with_all = ["files", "what_if"])]
    tees: bool,

    /// What is printed on stdout. With json it is exactly one document, and all else goes to stderr.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Output::Table)]
    output: Output,
}

/// Runs the command.
pub(crate) fn plan(arguments: &PlanArguments) -> ExitCode {
    let output = arguments.output;
    let terminal = Terminal::new(match output {
        Output::Table => Stream::Stdout,
        Output::Json => Stream::Stderr,
    });
    if arguments.tees {
        tees::print(output, &terminal);
        return ExitCode::from(ALL_PLACED);
    }
    let watched = Interrupt::watch(&terminal, move || {
        if output == Output::Json {
            refuse("interrupted before everything was planned".to_owned());
        }
    });
    if let Err(error) = watched {
        terminal.print_error(&format!("warning: {error}\n"));
    }
    let report = report(arguments, &terminal);
    match output {
        Output::Table => terminal.print(&plan_table(&report, terminal.style())),
        Output::Json => {
            for error in &report.errors {
                terminal.print_error(&format!("error: {error}\n"));
            }
            print_json(&report);
        }
    }
    let all = report.errors.is_empty() && report.pending.is_empty();
    ExitCode::from(if all { ALL_PLACED } else { NOT_ALL_PLACED })
}

/// Prints the document of a plan that never came to be.
pub(crate) fn refuse(cause: String) {
    print_json(&PlanReport { schema: PlanReport::SCHEMA, errors: vec![cause], ..PlanReport::default() });
}

fn report(arguments: &PlanArguments, terminal: &Terminal) -> PlanReport {
    let (sources, mut problems) = manifests::sources(&arguments.files, "reading", terminal);
    // Where nothing could be read it has been said why.
    let reading = match (sources.is_empty(), problems.is_empty()) {
        (true, false) => Reading::default(),
        _ => read_to_plan(&sources, &Options::default()),
    };
    problems.extend(reading.problems);
    let notes = reading.notes.iter().map(ToString::to_string).collect();
    let mut errors: Vec<String> = problems.iter().map(Problem::to_string).collect();
    if reading.problems_left_out > 0 {
        errors.push(format!("and {} more errors", reading.problems_left_out));
    }
    let mut nodes: Vec<Node> = reading.nodes.into_iter().map(|entry| entry.node).collect();
    for supposed in &arguments.what_if {
        if let Err(error) = supposed.apply(&mut nodes) {
            errors.push(error);
        }
    }
    let pods: Vec<Pod> = reading.workloads.into_iter().map(|workload| workload.pod).collect();
    let what_if = arguments.what_if.iter().map(ToString::to_string).collect();
    let empty = PlanReport { schema: PlanReport::SCHEMA, what_if, notes, errors, ..PlanReport::default() };
    match Planning::of(nodes, &pods) {
        Ok(planning) => filled(empty, &planning, &pods),
        Err(error) => {
            let mut report = empty;
            report.errors.push(error.to_string());
            report
        }
    }
}

fn filled(empty: PlanReport, planning: &Planning, pods: &[Pod]) -> PlanReport {
    let placement = |(_, plan): (usize, &casemate_placement::Plan<_>)| PlannedPod {
        pod: plan.pod().to_string(),
        node: plan.node().to_string(),
        why: plan.score().to_string(),
    };
    PlanReport {
        nodes: planning.nodes().count(),
        pods: pods.len(),
        placements: planning.placed().map(placement).collect(),
        pending: planning.pending().iter().map(|it| pending(it, pods)).collect(),
        resources: planning.usage().into_iter().map(resource).collect(),
        ..empty
    }
}

fn pending(of: &Pending, pods: &[Pod]) -> PendingPods {
    let asking = of.pods.iter().filter_map(|nth| pods.get(*nth));
    let hurdle = |it: &casemate_placement::Hurdle| PlannedHurdle {
        nodes: it.nodes,
        example: it.example.to_string(),
        reasons: it.objections.iter().map(ToString::to_string).collect(),
    };
    PendingPods {
        pods: asking.clone().map(|pod| pod.key.to_string()).collect(),
        never: of.never,
        reason: of.objection.as_ref().map(ToString::to_string),
        hurdles: of.hurdles.iter().map(hurdle).collect(),
        instance_types: asking.clone().next().map(instance_types).unwrap_or_default(),
    }
}

/// What could be rented for a confidential pod. Catalogues say nothing of devices, nor of other pods.
fn instance_types(pod: &Pod) -> Vec<String> {
    let wanted = Wanted::of(pod).ok().filter(|_| pod.is_confidential() && pod.devices().is_empty());
    let Some(wanted) = wanted else { return Vec::new() };
    let answer = Catalogue::builtin().answer(&wanted);
    answer.fits.iter().take(TYPES_NAMED).map(|fit| fit.instance_type.to_string()).collect()
}

fn resource(it: Use) -> PlannedResource {
    let Use { resource, capacity, used, largest_free } = it;
    let written = [capacity, used, largest_free].map(|amount| Resource::amount(&resource, amount));
    let (unit, resource) = (resource.unit(), resource.to_string());
    PlannedResource { resource, unit, capacity, used, largest_free, written }
}

/// A reader that has gone away is told nothing.
fn print_json(document: &impl Serialize) {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let _ = serde_json::to_writer_pretty(&mut out, document).map(|()| writeln!(out));
}
