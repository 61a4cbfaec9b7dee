//! Diagrams that are made of what [`casemate_world::step`] does: everything that can happen to two CPUs under the
//! default design is let happen, and what goes from where to where, and from state to state, is drawn and listed.

mod flows;
mod idle;
mod smp;
mod svg;
mod turns;
mod walk;
mod words;

use std::fmt::Write as _;

use casemate_world::Config;
use casemate_world_model::Setting;

use self::flows::Flows;
use self::turns::Turns;

/// What stands before arrows that were seen and have no place in a drawing.
const WITHOUT_PLACE: &str = "Not drawn:";

/// Diagrams of the default design for two CPUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagrams {
    /// Who sends what to whom: an SVG that stands alone.
    pub smp: String,
    /// How a CPU goes to sleep and comes back: an SVG that stands alone.
    pub idle: String,
    /// Both in words, with the second as a Mermaid diagram as well: Markdown.
    pub page: String,
}

impl Diagrams {
    /// Lets everything happen to two requests, and to one while CPUs are switched off and on: some seconds of work.
    #[must_use]
    pub fn made() -> Self {
        let (mut flows, mut turns) = (Flows::default(), Turns::default());
        let two = Setting::new(Config::new(2), 2);
        let mut states = walk::walk(&two, |taken| {
            flows.see(taken);
            turns.see(taken);
        });
        let one = Setting { hotplug: true, ..Setting::new(Config::new(2), 1) };
        states += walk::walk(&one, |taken| turns.see(taken));
        Self { smp: smp::draw(&flows), idle: idle::draw(&turns), page: page(&flows, &turns, states) }
    }
}

fn page(flows: &Flows, turns: &Turns, states: usize) -> String {
    let mut page = format!(
        "# Two worlds on two CPUs, as the state machine has them\n\n\
         Written by a test (`UPDATE_DOCS=1 cargo test -p casemate-world-report`). Nothing here is drawn from memory: two\n\
         requests are let happen to the default design on two CPUs in every order, one more while CPUs are switched off and\n\
         on, {states} states in all; what [`step`](../crates/core/world/src/step.rs) does in each is what is told.\n\n\
         ## Who sends what to whom\n\n\
         ![Two CPUs, each with a REE and a TEE, and what goes between them](world-smp.svg)\n\n\
         Blue: calls from one world to the other, and the way back. Red: interrupts. Grey: a request or a thread goes from\n\
         place to place. A request is put into its CPU's queue; the agent there issues it; the dispatcher puts its thread\n\
         into the run queue of the proper CPU and tells that CPU by an SGI, if it is another one; a CPU without work takes\n\
         a thread from the other's queue; a doorbell tells the REE where the request came from that its answer is there. A secure interrupt that a thread\n\
         waits for comes to CPU 0, and wakes its thread on whichever CPU is the proper one.\n\n\
         | from | to | what |\n|---|---|---|\n"
    );
    for ((from, to), words) in &flows.0 {
        let words: Vec<_> = words.iter().copied().collect();
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| {} | {} | {} |", smp::name(*from), smp::name(*to), words.join(", "));
    }
    page += "\n## How idle is agreed\n\n\
         ![The states of a CPU, and what leads from one to another](world-idle.svg)\n\n\
         A condition stands in brackets where it decides: it held whenever this happened, and never when the same event led\n\
         elsewhere. Work is ready if it is in any CPU's run queue; the REE is wanted if an interrupt waits for it, or the\n\
         answer that is just there is for this CPU. The TEE gives the CPU back when it has nothing to run; the REE says that\n\
         it sleeps instead of sleeping; a CPU that the other TEE wakes looks for work first, and one that the REE's\n\
         interrupt wakes goes straight to the REE. What the TEE does while the REE sleeps the REE sees as idle.\n\n\
         | state | tick, and what the REE sees | billed |\n|---|---|---|\n";
    for (at, stay) in &turns.stays {
        let [seen, billed] = idle::facts(stay);
        let billed = billed.strip_prefix("billed: ").unwrap_or(&billed);
        let _ = writeln!(page, "| {} | {seen} | {billed} |", at.name());
    }
    page += "\n```mermaid\nstateDiagram-v2\n";
    for at in turns.stays.keys() {
        let _ = writeln!(page, "    state \"{}\" as {at:?}", at.name());
    }
    for ((from, to), causes) in turns.ways() {
        let words: Vec<_> = causes.iter().map(turns::Cause::words).collect();
        let _ = writeln!(page, "    {from:?} --> {to:?} : {}", words.join("<br/>"));
    }
    page += "```\n";
    page
}
