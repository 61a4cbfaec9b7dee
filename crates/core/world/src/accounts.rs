//! Time, by what it was spent on.

use crate::{Bill, CPUS, Class, CpuId};

/// What became of each CPU's time, in whatever unit it is told in. Every moment is in one class: the sum of a
/// CPU's classes is the time that has passed on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Accounts {
    spent: [[u64; Class::ALL.len()]; CPUS],
}

impl Accounts {
    /// Adds time that a step has billed.
    pub fn add(&mut self, cpu: CpuId, bill: &Bill, elapsed: u64) {
        let class = &mut self.spent[cpu.index()][bill.class as usize];
        *class = class.saturating_add(elapsed);
    }

    /// What a CPU has spent on a class.
    #[must_use]
    pub const fn of(&self, cpu: CpuId, class: Class) -> u64 {
        self.spent[cpu.index()][class as usize]
    }

    /// All time that a CPU was switched on.
    #[must_use]
    pub fn on(&self, cpu: CpuId) -> u64 {
        let all = Class::ALL.iter().filter(|it| **it != Class::Off);
        all.fold(0, |sum, class| sum.saturating_add(self.of(cpu, *class)))
    }

    /// How long the REE takes the CPU for busy, as it measures by itself: all but what it takes for idle.
    #[must_use]
    pub fn busy_as_ree_sees_it(&self, cpu: CpuId) -> u64 {
        let idle = self.of(cpu, Class::Idle).saturating_add(self.of(cpu, Class::DuringIdle));
        self.on(cpu).saturating_sub(idle)
    }

    /// How long the CPU was busy: what the TEE did while the REE slept is given back (RT 2.2.2).
    #[must_use]
    pub fn busy(&self, cpu: CpuId) -> u64 {
        self.on(cpu).saturating_sub(self.of(cpu, Class::Idle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Event, Request, State, step};

    #[test]
    fn what_the_tee_does_while_the_ree_sleeps_is_busy_time_that_the_ree_does_not_see() {
        let config = Config { agent: crate::Agent::Caller, ..Config::new(1) };
        let mut state = State::new(&config).unwrap();
        let cpu = CpuId::new(0).unwrap();
        let mut accounts = Accounts::default();
        let mut after = |elapsed: u64, event: Event| {
            let outcome = step(&mut state, &config, cpu, event);
            accounts.add(cpu, &outcome.bill, elapsed);
        };
        after(5, Event::Submit(Request::PLAIN));
        after(7, Event::Quantum);
        after(0, Event::NonSecure);
        // The REE sleeps with the request half done: the TEE goes on with it meanwhile.
        after(3, Event::Idle);
        after(11, Event::Finish);
        after(2, Event::Collect);
        let of = |class| accounts.of(cpu, class);
        assert_eq!([of(Class::Ree), of(Class::Requested), of(Class::DuringIdle)], [10, 7, 11]);
        assert_eq!((accounts.on(cpu), accounts.busy(cpu), accounts.busy_as_ree_sees_it(cpu)), (28, 28, 17));
    }
}
