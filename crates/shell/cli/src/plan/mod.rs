//! `casemate plan`: where pods would go on nodes that are known from documents.

mod bound;
mod openb;
mod report;
mod scene;
mod tees;
mod variant;
mod what_if;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use casemate_model::PlacementPolicy;
use casemate_placement::Packing;
use casemate_placement::{Overcommit, Slowdown};
use casemate_report::{PlanReport, plan_table, write_plan_html};
use clap::Args;
use serde::Serialize;

use self::scene::Scene;
use self::variant::Variant;
use self::what_if::WhatIf;
use crate::interrupt::Interrupt;
use crate::output::Format;
use crate::terminal::{Stream, Terminal};

/// Every pod has a place.
const ALL_PLACED: u8 = 0;
/// Some pod has none, or something could not be read.
const NOT_ALL_PLACED: u8 = 1;

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
///   casemate plan -f nodes.yaml -f pods/ --compare shared,exclusive:tee,best-fit -o html > plan.html
///   casemate plan -f nodes.yaml -f pods.yaml --evacuate worker-3
///   casemate plan -f openb_node_list_all_node.csv -f openb_pod_list_default.csv
///   casemate plan --tees
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct PlanArguments {
    /// Pods and nodes, in the same files or in others: files, or directories with all below them; `-` is
    /// stdin. Nodes are Kubernetes' own, as `kubectl get nodes -o yaml` prints them. Files whose names end in
    /// .csv or .csv.gz are OpenB's lists of nodes and pods.
    #[arg(short, long = "file", value_name = "FILE|DIR", required_unless_present = "tees")]
    files: Vec<PathBuf>,

    /// How pods share nodes that say nothing of it (annotation casemate.dev/placement-policy), with commas
    /// between: shared, exclusive:core, exclusive:tee, exclusive:node, affinity, pre-emptive.
    #[arg(long, value_name = "POLICY", default_value_t)]
    policy: PlacementPolicy,

    /// How nodes are filled: room (where the least room is lost for what may come), best-fit, first-fit.
    #[arg(long, value_name = "PACKING", default_value_t, value_parser = variant::packing)]
    packing: Packing,

    /// Share out encrypted memory beyond requests as long as nobody is predicted to take more than this many times
    /// as long for paging, as in 1.5. Without it, only requests count.
    #[arg(long, value_name = "FACTOR", value_parser = scene::factor)]
    overcommit: Option<Slowdown>,

    /// Give up this node: tell where its pods would move. May be given several times.
    #[arg(long, value_name = "NODE")]
    evacuate: Vec<String>,

    /// Empty as many nodes as pods that are there already (`spec.nodeName`) leave room for, and tell the moves.
    #[arg(long, conflicts_with = "evacuate")]
    consolidate: bool,

    /// Plan the same in other ways too and compare: policies and packings with commas between; what goes
    /// together with `+`, as in `shared,exclusive:tee+affinity,best-fit`.
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    compare: Vec<Variant>,

    /// What to suppose beside: "node NAME down", "+COUNT nodes like NAME", or "TCB recovery on FMSPC HEX".
    /// May be given several times; supposed in that order.
    #[arg(long, value_name = "TEXT")]
    what_if: Vec<WhatIf>,

    /// Tell what each TEE can do instead, as a table.
    #[arg(long, conflicts_with_all = ["files", "what_if"])]
    tees: bool,

    /// What is printed on stdout. With json and html it is exactly one document, and all else goes to stderr.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    output: Format,
}

/// Runs the command.
pub(crate) fn plan(arguments: &PlanArguments) -> ExitCode {
    let output = arguments.output;
    let terminal = Terminal::new(match output {
        Format::Table => Stream::Stdout,
        Format::Json | Format::Html => Stream::Stderr,
    });
    if arguments.tees {
        tees::print(output, &terminal);
        return ExitCode::from(ALL_PLACED);
    }
    let watched = Interrupt::watch(&terminal, move || {
        if output == Format::Json {
            refuse("interrupted before everything was planned".to_owned());
        }
    });
    if let Err(error) = watched {
        terminal.print_error(&format!("warning: {error}\n"));
    }
    let mut scene = Scene::read(&arguments.files, &terminal);
    scene.suppose(&arguments.what_if);
    scene.options.overcommit = arguments.overcommit.map(Overcommit::up_to);
    scene.give_up(&arguments.evacuate);
    scene.consolidate = arguments.consolidate;
    let mut report = report::report(&scene, &Variant::new(arguments.policy, arguments.packing));
    report.what_if = arguments.what_if.iter().map(ToString::to_string).collect();
    report.comparison = arguments.compare.iter().map(|it| report::compared(&scene, it)).collect();
    if output != Format::Table {
        for error in &report.errors {
            terminal.print_error(&format!("error: {error}\n"));
        }
    }
    match output {
        Format::Table => terminal.print(&plan_table(&report, terminal.style())),
        Format::Json => print_json(&report),
        // A reader that has gone away is told nothing.
        Format::Html => drop(write_plan_html(&report, io::BufWriter::new(io::stdout().lock()))),
    }
    let all = report.errors.is_empty() && report.pending.is_empty() && report.stranded.is_empty();
    ExitCode::from(if all && report.checker.broken.is_empty() { ALL_PLACED } else { NOT_ALL_PLACED })
}

/// Prints the document of a plan that never came to be.
pub(crate) fn refuse(cause: String) {
    print_json(&PlanReport { schema: PlanReport::SCHEMA, errors: vec![cause], ..PlanReport::default() });
}

/// A reader that has gone away is told nothing.
fn print_json(document: &impl Serialize) {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let _ = serde_json::to_writer_pretty(&mut out, document).map(|()| writeln!(out));
}
