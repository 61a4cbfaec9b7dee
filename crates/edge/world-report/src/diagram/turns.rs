//! How one CPU goes from state to state, and by what: read off from each step.

use std::collections::{BTreeMap, BTreeSet};

use casemate_world::{Bill, Class, CpuId, Event, Go, Phase, SeenAs, State, ThreadId, World};

use super::walk::Taken;

/// Where a CPU is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum At {
    /// Switched off.
    Off,
    /// In the REE.
    Ree,
    /// In the TEE, while the REE has something to do.
    Tee,
    /// In the TEE, while the REE sleeps.
    TeeDuringIdle,
    /// Asleep: both worlds are idle.
    Asleep,
}

impl At {
    fn of(state: &State, cpu: CpuId) -> Self {
        let cpu = state.cpu(cpu);
        match cpu.world() {
            World::Off => Self::Off,
            World::Ree => Self::Ree,
            World::Idle => Self::Asleep,
            World::Tee if cpu.is_ree_idle() => Self::TeeDuringIdle,
            World::Tee => Self::Tee,
        }
    }

    /// What it is called.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Ree => "REE",
            Self::Tee => "TEE",
            Self::TeeDuringIdle => "TEE while the REE sleeps",
            Self::Asleep => "asleep (WFI)",
        }
    }
}

/// A condition: how it is called, and whether it held when a step was taken.
type Guard = (&'static str, fn(&Taken<'_>) -> bool);

/// What may decide where the same event leads.
const GUARDS: [Guard; 7] = [
    ("work is ready", |it| ready(it, |_| true)),
    ("nothing is ready", |it| !ready(it, |_| true)),
    ("the REE is wanted", is_wanted),
    ("the REE is not wanted", |it| !is_wanted(it)),
    ("work is ready here", |it| ready(it, |cpu| cpu == it.cpu)),
    ("nothing is ready here", |it| !ready(it, |cpu| cpu == it.cpu)),
    ("it has waited its time", |it| {
        it.config.tee_waits.is_some_and(|most| it.before.cpu(it.cpu).waited() + 1 >= most)
    }),
];

fn ready(of: &Taken<'_>, on: impl Fn(CpuId) -> bool) -> bool {
    ThreadId::all().any(|id| matches!(of.before.thread(id).phase(), Phase::Ready(cpu) if on(cpu)))
}

/// An interrupt waits for the REE, or the answer that is there with this event is one for this CPU.
fn is_wanted(of: &Taken<'_>) -> bool {
    let cpu = of.before.cpu(of.cpu);
    let ends = cpu.current().filter(|_| of.event == Event::Finish);
    cpu.is_deferred() || ends.is_some_and(|it| of.before.thread(it).origin() == of.cpu)
}

/// Which guards held, each a bit.
type Held = u8;

/// By what a CPU goes from one state to another, and under which conditions if they decide that it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// The event.
    pub(super) event: &'static str,
    /// All of these have to hold.
    pub(super) conditions: Vec<&'static str>,
}

/// What was seen of a CPU in a state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stay {
    /// Whether the tick was on, off, or both.
    pub(super) ticks: BTreeSet<bool>,
    /// What its time is, and what the REE takes it for.
    pub(super) billed: BTreeSet<(Class, SeenAs)>,
}

/// Every way that was seen, and every state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Turns {
    /// Each with every set of guards that held together.
    seen: BTreeMap<(At, &'static str, At), BTreeSet<Held>>,
    /// Those among them on which the CPU goes somewhere.
    ways: BTreeSet<(At, &'static str, At)>,
    pub(super) stays: BTreeMap<At, Stay>,
}

impl Turns {
    /// Adds where a step leads.
    pub(super) fn see(&mut self, of: &Taken<'_>) {
        let (from, to) = (At::of(of.before, of.cpu), At::of(of.after, of.cpu));
        let stay = self.stays.entry(to).or_default();
        stay.ticks.insert(of.outcome.tick);
        let bill = Bill::of(of.after, of.cpu);
        stay.billed.insert((bill.class, bill.as_ree_sees_it()));
        let way = (from, super::words::of(&of.event), to);
        let bits = GUARDS.iter().enumerate().map(|(at, (_, holds))| Held::from(holds(of)) << at);
        self.seen.entry(way).or_default().insert(bits.sum());
        // What goes on as before is no way; nor is a REE that is told something.
        if from != to || (of.outcome.go != Go::Stay && from != At::Ree) {
            self.ways.insert(way);
        }
    }

    /// By what a CPU goes from one state to another.
    pub(super) fn ways(&self) -> BTreeMap<(At, At), Vec<Cause>> {
        let mut ways: BTreeMap<(At, At), Vec<Cause>> = BTreeMap::new();
        for way in &self.ways {
            let cause = Cause { event: way.1, conditions: self.conditions(way) };
            ways.entry((way.0, way.2)).or_default().push(cause);
        }
        ways
    }

    /// The fewest guards, at most two, that held each time on this way and never all when the same event led elsewhere;
    /// none where it never did, or where they do not tell.
    fn conditions(&self, way: &(At, &'static str, At)) -> Vec<&'static str> {
        let elsewhere = |it: &&(At, &'static str, At)| (it.0, it.1) == (way.0, way.1) && it.2 != way.2;
        let others: Vec<_> = self.seen.keys().filter(elsewhere).filter_map(|it| self.seen.get(it)).collect();
        if others.is_empty() {
            return Vec::new();
        }
        let here = self.seen.get(way);
        let decide = |set: &Held| {
            let holds = |held: &Held| held & set == *set;
            here.is_some_and(|it| it.iter().all(holds)) && !others.iter().any(|it| it.iter().any(holds))
        };
        let singles = (0..GUARDS.len()).map(|it| 1 << it);
        let pairs = singles.clone().flat_map(|a| singles.clone().map(move |b| a | b));
        let found: Option<Held> = singles.clone().chain(pairs).find(decide);
        let named = GUARDS.iter().enumerate().filter(|(at, _)| found.is_some_and(|set| set >> at & 1 == 1));
        named.map(|(_, (name, _))| *name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_named_where_it_decides_and_where_it_does_not_none_is() {
        // Guards 0 and 2 together lead to sleep, either alone does not; where else, neither tells.
        let seen = BTreeMap::from([
            ((At::Ree, "tick", At::Asleep), BTreeSet::from([0b0101, 0b1101])),
            ((At::Ree, "tick", At::Tee), BTreeSet::from([0b0001, 0b0100])),
            ((At::Tee, "SGI", At::Ree), BTreeSet::from([0])),
        ]);
        let turns = Turns { ways: seen.keys().copied().collect(), seen, stays: BTreeMap::new() };
        let of = |from, to| turns.ways()[&(from, to)][0].conditions.clone();
        assert_eq!(of(At::Ree, At::Asleep), [GUARDS[0].0, GUARDS[2].0]);
        assert_eq!(of(At::Ree, At::Tee), Vec::<&str>::new());
        assert_eq!(of(At::Tee, At::Ree), Vec::<&str>::new());
    }
}
