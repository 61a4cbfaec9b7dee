//! Benchmarks, each against a peer measured in the same run.
//!
//! `casemate-benches AREA [-o json]`. A row states ours, the peer's, the limit
//! and the goal; a timing never fails a test, so the exit code is 0 whenever the
//! measurement itself worked.

#![forbid(unsafe_code)]

mod node;
mod placement;
mod random;
mod row;
mod world;

use std::process::ExitCode;

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
    /// The scheduler of two worlds on one CPU.
    World,
    /// Fails where a step of `world` takes more instructions than is stated; started by the tests.
    #[command(hide = true)]
    WorldWorst,
    /// Steps to be counted; started by `world` under Valgrind.
    #[command(hide = true, subcommand)]
    WorldSteps(world::Counted),
    /// The zram peer's workload; started by `node` inside a memory cgroup.
    #[command(hide = true)]
    SwapPeer(node::swap::PeerArguments),
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let bench = match arguments.area {
        Area::Node => node::bench(),
        Area::Placement => placement::bench(),
        Area::World => world::bench(),
        Area::WorldWorst => return worst(),
        Area::WorldSteps(what) => {
            world::be_counted(&what);
            return ExitCode::SUCCESS;
        }
        Area::SwapPeer(peer) => {
            node::swap::run_peer(&peer);
            return ExitCode::SUCCESS;
        }
    };
    match arguments.output {
        Format::Table => print!("{bench}"),
        Format::Json => println!("{}", bench.to_json()),
    }
    ExitCode::SUCCESS
}

/// 0: no step takes more than is stated. 1: one does, or they could not be counted. 2: there is nothing to count with.
fn worst() -> ExitCode {
    match world::most() {
        Ok((most, stated)) => {
            println!("a step takes {most} instructions at most; {stated} are stated");
            ExitCode::from(u8::from(most > stated))
        }
        Err(why) => {
            println!("{why}");
            ExitCode::from(if matches!(why, world::Uncounted::NoValgrind(_)) { 2 } else { 1 })
        }
    }
}
