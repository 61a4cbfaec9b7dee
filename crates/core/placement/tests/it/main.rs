//! What placement promises, seen through its public interface only.

mod brute;
mod compile_fail;
mod contention;
mod evidence;
mod explain;
mod hurdles;
mod ledger;
mod migration;
mod nesting;
mod numa;
mod overcommit;
mod planning;
mod preemption;
mod queue;
mod score;
mod sharing;
mod units;
#[path = "../../src/filter/fixture/words.rs"]
mod words;

use casemate_model::{NodeName, Pod, Timestamp};
use casemate_placement::Packing;
use casemate_placement::{Decision, Grounds, Hypothetical, Ledger, Options, Plan, lost_plans};

const NOW: Timestamp = Timestamp::from_unix_secs(1_800_000_000);

fn name(node: &str) -> NodeName {
    NodeName(node.to_owned())
}

/// A ledger over one node a line.
fn ledger(nodes: &str) -> Ledger<Hypothetical> {
    Ledger::<Hypothetical>::new(lines(nodes).map(words::node)).unwrap()
}

/// The same, filling one node before the next.
fn snug(nodes: &str) -> Ledger<Hypothetical> {
    let options = Options { packing: Packing::BestFit, ..Options::default() };
    Ledger::<Hypothetical>::with(lines(nodes).map(words::node), options).unwrap()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Places a pod that has to find a place.
#[track_caller]
fn placed<G: Grounds>(ledger: &mut Ledger<G>, pod: &Pod) -> Plan<G> {
    match ledger.place(pod, NOW) {
        Decision::Placed(plan) => plan,
        Decision::Waiting | Decision::Never => panic!("{}", ledger.explain(pod, NOW)),
    }
}

/// Gives plans back, and finds that none was lost on the way. No test of this binary may lose one.
#[track_caller]
fn finish<G: Grounds>(ledger: &mut Ledger<G>, plans: impl IntoIterator<Item = Plan<G>>) {
    plans.into_iter().for_each(|plan| ledger.release(plan).unwrap());
    assert_eq!(lost_plans(), 0, "plans were lost, here or by another test that failed");
}

/// A decision in one word, and the text of its explanation. A plan is given back at once.
fn decide<G: Grounds>(ledger: &mut Ledger<G>, pod: &str) -> (&'static str, String) {
    let pod = words::pod(pod);
    let (explained, decided) = (ledger.explain(&pod, NOW), place(ledger, &pod));
    let word = match decided {
        Decision::Placed(plan) => {
            finish(ledger, [plan]);
            "placed"
        }
        Decision::Waiting => "waits",
        Decision::Never => "never",
    };
    (word, explained.to_string())
}

/// Places a pod, and finds that what is explained is what was decided.
#[track_caller]
fn place<G: Grounds>(ledger: &mut Ledger<G>, pod: &Pod) -> Decision<G> {
    let explained = ledger.explain(pod, NOW);
    let decided = ledger.place(pod, NOW);
    let said = explained.to_string();
    match &decided {
        Decision::Placed(plan) => assert_eq!(explained.chosen.as_ref(), Some(plan.node()), "{said}"),
        Decision::Waiting => assert!(said.contains(" waits"), "{said}"),
        Decision::Never => assert!(said.contains(" can never be placed"), "{said}"),
    }
    decided
}
