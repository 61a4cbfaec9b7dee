//! Order, backfill, and that nobody waits for ever.

use casemate_placement::{Hypothetical, Ledger, Pass, Placed, Queue};
use proptest::prelude::*;

use crate::{NOW, finish, ledger, snug, words};

/// Runs one pass; what was placed is named and kept.
fn pass(
    queue: &mut Queue,
    ledger: &mut Ledger<Hypothetical>,
    held: &mut Vec<Placed<Hypothetical>>,
) -> Vec<String> {
    let Pass { placed, never, waiting } = queue.pass(ledger, NOW);
    assert!(never.is_empty());
    assert_eq!(waiting.len(), queue.len());
    let names = placed.iter().map(|placed| placed.pod.key.name.clone()).collect();
    held.extend(placed);
    names
}

fn release_all(ledger: &mut Ledger<Hypothetical>, held: &mut Vec<Placed<Hypothetical>>) {
    finish(ledger, held.drain(..).map(|placed| placed.plan));
}

fn queue(patience: u32, pods: &[&str]) -> Queue {
    let mut queue = Queue::new(patience);
    pods.iter().for_each(|words| queue.push(words::pod(words)));
    queue
}

fn waiting(queue: &Queue) -> Vec<&str> {
    queue.pods().map(|pod| pod.key.name.as_str()).collect()
}

#[test]
fn higher_priority_goes_first_and_then_who_came_first() {
    let mut queue =
        queue(9, &["name=a cpu=1", "name=b cpu=1 priority=5", "name=c cpu=1", "name=d cpu=1 priority=5"]);
    assert_eq!(waiting(&queue), ["b", "d", "a", "c"]);
    let (mut ledger, mut held) = (ledger("cpu=2"), Vec::new());
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["b", "d"]);
    assert_eq!(waiting(&queue), ["a", "c"]);
    release_all(&mut ledger, &mut held);
}

#[test]
fn a_small_pod_goes_before_a_large_one_that_does_not_fit() {
    let mut queue = queue(9, &["name=first cpu=600", "name=large cpu=1000", "name=small cpu=400"]);
    let (mut ledger, mut held) = (ledger("cpu=1000"), Vec::new());
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["first", "small"]);
    assert_eq!(waiting(&queue), ["large"]);
    release_all(&mut ledger, &mut held);
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["large"]);
    release_all(&mut ledger, &mut held);
}

#[test]
fn once_patience_is_at_an_end_the_node_is_held() {
    let mut queue = queue(2, &["name=first cpu=600", "name=large cpu=1000"]);
    for index in 0..3 {
        queue.push(words::pod(&format!("name=small{index} cpu=100")));
    }
    let (mut ledger, mut held) = (ledger("cpu=1000"), Vec::new());
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["first", "small0", "small1"]);
    let Pass { waiting, .. } = queue.pass(&mut ledger, NOW);
    let why = waiting.last().unwrap().reasons();
    assert_eq!(why, ["n: hold: the node is held for default/large, which was passed over 2 times"]);
    release_all(&mut ledger, &mut held);
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["large"]);
    release_all(&mut ledger, &mut held);
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["small2"]);
    release_all(&mut ledger, &mut held);
}

#[test]
fn without_patience_nobody_goes_before_a_pod_that_waits_for_room() {
    let mut queue = queue(0, &["name=first cpu=600", "name=large cpu=1000", "name=small cpu=100"]);
    let (mut ledger, mut held) = (ledger("cpu=1000"), Vec::new());
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["first"]);
    release_all(&mut ledger, &mut held);
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["large"]);
    release_all(&mut ledger, &mut held);
}

#[test]
fn a_hold_is_on_one_node_and_the_others_stay_open() {
    let mut queue = queue(
        0,
        &["name=fills-a cpu=900", "name=fills-b cpu=800", "name=large cpu=1000", "name=small cpu=100"],
    );
    let (mut ledger, mut held) = (ledger("name=a cpu=1000\n name=b cpu=1000"), Vec::new());
    // The large pod lacks 800m on b and 900m on a: b is held, a is open.
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["fills-a", "fills-b", "small"]);
    assert_eq!(held[2].plan.node().0, "a");
    release_all(&mut ledger, &mut held);
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["large"]);
    release_all(&mut ledger, &mut held);
}

#[test]
fn a_hold_stays_on_its_node_when_another_comes_nearer() {
    let mut queue =
        queue(0, &["name=one cpu=500", "name=two cpu=450", "name=three cpu=800", "name=large cpu=1000"]);
    let (mut ledger, mut held) = (snug("name=a cpu=1000\n name=b cpu=1000"), Vec::new());
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["one", "two", "three"]);
    assert_eq!(["a", "a", "b"].map(str::to_owned), [0, 1, 2].map(|i: usize| held[i].plan.node().0.clone()));
    // The large pod lacks 800m on b and 950m on a; then 450m on a.
    finish(&mut ledger, [held.remove(0).plan]);
    queue.push(words::pod("name=small cpu=100"));
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["small"]);
    assert_eq!(held[2].plan.node().0, "a");
    release_all(&mut ledger, &mut held);
}

#[test]
fn a_pod_is_not_passed_over_where_it_could_never_go() {
    let mut queue = queue(1, &["name=first cpu=600 select:zone=a", "name=large cpu=1000 select:zone=a"]);
    for index in 0..5 {
        queue.push(words::pod(&format!("name=elsewhere{index} cpu=10 select:zone=b")));
    }
    queue.push(words::pod("name=small cpu=100 select:zone=a"));
    let nodes = "name=a cpu=1000 label:zone=a\n name=b cpu=1000 label:zone=b";
    let (mut ledger, mut held) = (ledger(nodes), Vec::new());
    assert_eq!(pass(&mut queue, &mut ledger, &mut held).last().unwrap(), "small");
    release_all(&mut ledger, &mut held);
}

#[test]
fn a_node_that_is_too_small_when_empty_is_never_held() {
    let mut queue = queue(0, &["name=first cpu=950", "name=large cpu=1000", "name=small cpu=50"]);
    let (mut ledger, mut held) = (ledger("name=enough cpu=1000\n name=small cpu=900"), Vec::new());
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["first", "small"]);
    assert_eq!(held[1].plan.node().0, "small");
    release_all(&mut ledger, &mut held);
}

#[test]
fn a_hold_does_not_bind_higher_priority() {
    let mut queue = queue(0, &["name=first cpu=600", "name=large cpu=1000"]);
    let (mut ledger, mut held) = (ledger("cpu=1000"), Vec::new());
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["first"]);
    queue.push(words::pod("name=urgent cpu=100 priority=1"));
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["urgent"]);
    release_all(&mut ledger, &mut held);
}

#[test]
fn who_can_never_be_placed_leaves_the_queue_with_the_reasons() {
    let mut queue = queue(0, &["name=hopeless cpu=2000", "name=fine cpu=100"]);
    let mut ledger = ledger("cpu=1000");
    let Pass { placed, never, waiting } = queue.pass(&mut ledger, NOW);
    assert!(queue.is_empty() && waiting.is_empty());
    assert_eq!(never[0].0.key.name, "hopeless");
    assert_eq!(never[0].1.reasons(), ["n: cpu: asks for 2 CPU, the node has 1 in all"]);
    finish(&mut ledger, placed.into_iter().map(|placed| placed.plan));
}

#[test]
fn a_pod_taken_out_holds_nothing_any_more() {
    let mut queue = queue(0, &["name=first cpu=600", "name=large cpu=1000", "name=small cpu=100"]);
    let (mut ledger, mut held) = (ledger("cpu=1000"), Vec::new());
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["first"]);
    let large = words::pod("name=large").key;
    assert!(queue.remove(&large).is_some() && queue.remove(&large).is_none());
    assert_eq!(pass(&mut queue, &mut ledger, &mut held), ["small"]);
    release_all(&mut ledger, &mut held);
}

/// A small pod: its CPU, and for how many passes it runs once it is placed.
fn small() -> impl Strategy<Value = (u64, u64)> {
    (100..900_u64, 1..=LONGEST_LIFE)
}

const LONGEST_LIFE: u64 = 5;

/// Nodes in use, one large pod that needs a whole node, and small ones that keep coming behind it.
struct Stream {
    ledger: Ledger<Hypothetical>,
    queue: Queue,
    /// What runs, and until which pass.
    alive: Vec<(u64, Placed<Hypothetical>)>,
    at: u64,
}

impl Stream {
    fn new(nodes: usize, patience: u32) -> Self {
        let lines: Vec<_> = (0..nodes).map(|index| format!("name=n{index} cpu=1000")).collect();
        let mut stream =
            Self { ledger: ledger(&lines.join("\n")), queue: Queue::new(patience), alive: Vec::new(), at: 0 };
        for index in 0..nodes {
            stream.queue.push(words::pod(&format!("name=old{index}-{LONGEST_LIFE} cpu=600")));
        }
        stream.pass();
        stream.queue.push(words::pod("name=large-1 cpu=1000"));
        stream
    }

    /// One pass later: some end, and the queue is offered again. Returns how many were placed.
    fn pass(&mut self) -> u32 {
        self.at += 1;
        let (alive, ended): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.alive).into_iter().partition(|(end, _)| *end > self.at);
        self.alive = alive;
        finish(&mut self.ledger, ended.into_iter().map(|(_, placed)| placed.plan));
        let Pass { placed, .. } = self.queue.pass(&mut self.ledger, NOW);
        let count = placed.len() as u32;
        for placed in placed {
            let life: u64 = placed.pod.key.name.rsplit('-').next().unwrap().parse().unwrap();
            self.alive.push((self.at + life, placed));
        }
        count
    }

    fn large_waits(&self) -> bool {
        self.queue.pods().any(|pod| pod.key.name == "large-1")
    }
}

proptest! {
    /// The module's promise: the large pod is placed at the latest when all that was on its node when
    /// patience ended has ended, however many small ones come.
    #[test]
    fn a_stream_of_small_pods_does_not_starve_a_large_one(
        nodes in 1..4_usize,
        patience in 0..8_u32,
        smalls in prop::collection::vec((small(), small(), small()), 60),
    ) {
        let mut stream = Stream::new(nodes, patience);
        let (mut passed_over, mut held_at) = (0, None);
        for (one, two, three) in smalls {
            for (index, (cpu, life)) in [one, two, three].into_iter().enumerate() {
                let at = stream.at;
                stream.queue.push(words::pod(&format!("name=small{at}-{index}-{life} cpu={cpu}")));
            }
            let placed = stream.pass();
            if !stream.large_waits() {
                break;
            }
            passed_over += placed;
            if passed_over >= patience {
                let held_at = *held_at.get_or_insert(stream.at);
                let waited = stream.at - held_at;
                prop_assert!(waited < LONGEST_LIFE, "a node has been held for {waited} passes");
            }
        }
        prop_assert!(!stream.large_waits(), "it was passed over {passed_over} times");
        let Stream { mut ledger, alive, .. } = stream;
        finish(&mut ledger, alive.into_iter().map(|(_, placed)| placed.plan));
    }

    #[test]
    fn a_waiting_pod_is_passed_over_on_a_single_node_exactly_as_often_as_patience_allows(patience in 0..20_u32) {
        let mut queue = queue(patience, &["name=first cpu=1", "name=large cpu=1000"]);
        for index in 0..30 {
            queue.push(words::pod(&format!("name=small{index} cpu=1")));
        }
        let (mut ledger, mut held) = (ledger("cpu=1000"), Vec::new());
        let names = pass(&mut queue, &mut ledger, &mut held);
        prop_assert_eq!(names.len() as u32, 1 + patience);
        prop_assert!(pass(&mut queue, &mut ledger, &mut held).is_empty());
        release_all(&mut ledger, &mut held);
    }
}
