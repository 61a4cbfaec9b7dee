//! Benchmarks, each against a peer measured in the same run.
//!
//! `casemate-benches AREA [-o json]`. A row states ours, the peer's, the limit
//! and the goal; a timing never fails a test, so the exit code is 0 whenever the
//! measurement itself worked.

#![forbid(unsafe_code)]

mod node;
mod placement;
mod row;

use clap::{Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(about = "Benchmarks against a peer measured in the same run")]
struct Arguments {
    #[command(subcommand)]
    area: Area,
    /// How to print the rows.
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Table)]
    output: Format,
}

#[derive(Subcommand)]
enum Area {
    /// Paging and enclaves on one node.
    Node,
    /// Placing pods on very many nodes.
    Placement,
    /// The zram peer's workload; started by `node` inside a memory cgroup.
    #[command(hide = true)]
    SwapPeer(node::swap::PeerArguments),
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
}

fn main() {
    let arguments = Arguments::parse();
    let bench = match arguments.area {
        Area::Node => node::bench(),
        Area::Placement => placement::bench(),
        Area::SwapPeer(peer) => return node::swap::run_peer(&peer),
    };
    match arguments.output {
        Format::Table => print!("{bench}"),
        Format::Json => println!("{}", bench.to_json()),
    }
}
