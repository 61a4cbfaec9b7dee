//! Whether periodic secure tasks meet their deadlines, whatever the REE does, before they are let in.
//!
//! What the TEE is sure to get of a CPU is a *periodic resource*: at least `budget` in each `period` (Shin and
//! Lee, "Periodic resource model for compositional real-time guarantees", RTSS 2003, equation 4). Under fixed
//! priorities a task's response time is the least `t` at which that supply covers its own work, that of all
//! that are as important or more, and what one less important thread may hold up (Joseph and Pandya, "Finding
//! response times in a real-time system", The Computer Journal 29, 1986). Under deadlines the demand of all jobs
//! with a deadline within `t` must never exceed the supply (Baruah, Rosier and Howell, "Algorithms and
//! complexity concerning the preemptive scheduling of periodic, real-time tasks on one processor", Real-Time
//! Systems 2, 1990). Integers throughout; whatever is rounded is rounded against the task.

use crate::{Config, Order, Priority, Resume, THREADS};

/// A task that is released again and again. All times in one unit, whichever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Task {
    /// The least time between two releases.
    pub period: u64,
    /// The most that it runs for each.
    pub work: u64,
    /// How long after its release it has to be done; at most its period.
    pub deadline: u64,
    /// The larger, the more important. Counts under fixed priorities.
    pub priority: u8,
}

/// What the TEE is sure to get of a CPU: at least `budget` in each `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Supply {
    /// The period.
    pub period: u64,
    /// What there is in each, at least.
    pub budget: u64,
}

/// How long the parts of a design last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Durations {
    /// From tick to tick.
    pub tick: u64,
    /// The least quantum of a thread that was entered. 0: none is kept.
    pub quantum: u64,
}

/// Why tasks are not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Overload {
    /// A task makes no sense: it never comes, does nothing, or has a deadline beyond its period.
    Senseless(usize),
    /// Nothing is sure: the design lets the REE keep the CPU for ever, or bring back the TEE when it likes.
    NoSupply,
    /// This task may miss its deadline.
    Late(usize),
    /// There are more tasks than threads.
    TooMany(usize),
}

impl Supply {
    /// What a design is sure to give a CPU's TEE work against a REE that takes all it can. `None`: nothing.
    #[must_use]
    pub fn of(config: &Config, lasts: &Durations) -> Option<Self> {
        if !config.tick.is_tees_own() || lasts.tick == 0 {
            return None;
        }
        let (waits, runs) = match config.priority {
            // It waits its ticks, and is then sure of its least quantum only.
            Priority::ReeOverTee if config.resume == Resume::Tick => {
                (u64::from(config.tee_waits?), if config.least_progress { lasts.quantum } else { 0 })
            }
            Priority::ReeOverTee => return None,
            // They take turns: a tick for the TEE, its share for the REE.
            Priority::Equal => (u64::from(config.ree_share), lasts.tick),
            // It leaves after so many ticks, for the REE's share.
            Priority::TeeOverRee => match config.ree_waits {
                Some(waits) => (u64::from(config.ree_share), lasts.tick.saturating_mul(u64::from(waits))),
                None => return Some(Self { period: lasts.tick, budget: lasts.tick }),
            },
        };
        let waits = waits.saturating_mul(lasts.tick);
        (runs > 0).then_some(Self { period: waits.saturating_add(runs), budget: runs })
    }

    /// The least supply in any interval of this length.
    #[must_use]
    pub fn within(&self, length: u64) -> u64 {
        let Self { period, budget } = *self;
        let gap = period.saturating_sub(budget);
        if period == 0 || budget >= period {
            return length;
        }
        // The longest that there can be nothing: the end of one period's gap and all of the next one's.
        let Some(after) = length.checked_sub(gap) else { return 0 };
        let whole = after / period;
        let partial = (after % period).saturating_sub(gap);
        whole.saturating_mul(budget).saturating_add(partial)
    }

    /// The least length of interval in which there is so much, whatever the interval.
    fn length_of(&self, amount: u64) -> u64 {
        let Self { period, budget } = *self;
        let gap = period.saturating_sub(budget);
        if amount == 0 {
            return 0;
        }
        if gap == 0 {
            return amount;
        }
        let (budget, before_last) = (budget.max(1), amount.saturating_sub(1));
        let (whole, rest) = (before_last / budget, (before_last % budget).saturating_add(1));
        gap.saturating_mul(2).saturating_add(whole.saturating_mul(period)).saturating_add(rest)
    }
}

/// Lets tasks in, all of them or none. `blocking` is the longest that a less important thread may hold up
/// the others: the longest service call or masked section.
///
/// Answers the longest response time of each, in the order given; under deadlines its deadline.
///
/// # Errors
///
/// Why not.
pub fn admit<'a>(
    tasks: &[Task],
    order: Order,
    supply: &Supply,
    blocking: u64,
    responses: &'a mut [u64; THREADS],
) -> Result<&'a [u64], Overload> {
    if tasks.len() > THREADS {
        return Err(Overload::TooMany(tasks.len()));
    }
    let sense = |it: &Task| it.period > 0 && it.work > 0 && it.deadline > 0 && it.deadline <= it.period;
    if let Some(at) = tasks.iter().position(|it| !sense(it)) {
        return Err(Overload::Senseless(at));
    }
    if supply.budget == 0 {
        return Err(Overload::NoSupply);
    }
    for (at, task) in (0..tasks.len()).zip(tasks) {
        let response = match order {
            Order::Deadline => in_time_by_deadlines(tasks, task, supply, blocking),
            Order::Priority => response_time(tasks, at, supply, blocking, |it| it.priority >= task.priority),
            // Who came first goes first: everybody else may have come just before.
            Order::Fifo => response_time(tasks, at, supply, blocking, |_| true),
        };
        responses[at] = response.ok_or(Overload::Late(at))?;
    }
    Ok(&responses[..tasks.len()])
}

/// The fixed point of `t = supply⁻¹(blocking + work + sum of ceil(t / period) * work)`; `None` beyond the deadline,
/// and where it is not reached in [`JOBS_MOST`] steps: what creeps so slowly leaves nothing for anybody.
fn response_time(
    tasks: &[Task],
    at: usize,
    supply: &Supply,
    blocking: u64,
    goes_before: impl Fn(&Task) -> bool,
) -> Option<u64> {
    let task = tasks.get(at)?;
    let mut response = supply.length_of(task.work);
    for _ in 0..JOBS_MOST {
        if response > task.deadline {
            return None;
        }
        let others = (0..tasks.len()).zip(tasks).filter(|(other, it)| *other != at && goes_before(it));
        let demand = others.fold(task.work.saturating_add(blocking), |sum, (_, it)| {
            sum.saturating_add(releases(response, it).saturating_mul(it.work))
        });
        let next = supply.length_of(demand);
        if next <= response {
            return Some(response);
        }
        response = next;
    }
    None
}

/// How often a task is released within so long, at most. A period of 0 was refused before.
fn releases(within: u64, task: &Task) -> u64 {
    let period = task.period.max(1);
    (within / period).saturating_add(u64::from(!within.is_multiple_of(period)))
}

/// Jobs looked at before tasks are given up as too far apart to be checked.
const JOBS_MOST: u64 = 100_000;

/// Whether the demand of all jobs with deadlines within `t` fits the supply, at each of this task's deadlines
/// up to where it must have shown. All tasks are asked, so all deadlines are looked at.
fn in_time_by_deadlines(tasks: &[Task], task: &Task, supply: &Supply, blocking: u64) -> Option<u64> {
    let horizon = busy_period(tasks, supply, blocking)?;
    let mut deadline = task.deadline;
    for _ in 0..JOBS_MOST {
        let demand = tasks.iter().filter(|it| it.deadline <= deadline).fold(blocking, |sum, it| {
            let jobs = releases(deadline.saturating_sub(it.deadline).saturating_add(1), it);
            sum.saturating_add(jobs.saturating_mul(it.work))
        });
        if demand > supply.within(deadline) {
            return None;
        }
        deadline = deadline.saturating_add(task.period);
        if deadline > horizon {
            return Some(task.deadline);
        }
    }
    None
}

/// The longest that the CPU can be busy without a pause; `None` where there is no end to it.
fn busy_period(tasks: &[Task], supply: &Supply, blocking: u64) -> Option<u64> {
    let all = |length: u64| {
        tasks
            .iter()
            .fold(blocking, |sum, it| sum.saturating_add(releases(length, it).max(1).saturating_mul(it.work)))
    };
    let mut length = supply.length_of(all(1));
    for _ in 0..JOBS_MOST {
        let next = supply.length_of(all(length));
        if next <= length {
            return Some(length);
        }
        length = next;
        if length == u64::MAX {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(period: u64, work: u64, priority: u8) -> Task {
        Task { period, work, deadline: period, priority }
    }

    const ALL: Supply = Supply { period: 1, budget: 1 };

    fn admitted(tasks: &[Task], order: Order, supply: Supply) -> Result<Vec<u64>, Overload> {
        let mut responses = [0; THREADS];
        admit(tasks, order, &supply, 0, &mut responses).map(<[u64]>::to_vec)
    }

    #[test]
    fn response_times_are_those_of_the_book() {
        // Joseph and Pandya's recurrence on the set of Burns and Wellings, "Real-Time Systems", table 11.5.
        let tasks = [task(7, 3, 3), task(12, 3, 2), task(20, 5, 1)];
        assert_eq!(admitted(&tasks, Order::Priority, ALL), Ok(vec![3, 6, 20]));
    }

    #[test]
    fn deadlines_admit_what_priorities_cannot() {
        let tasks = [task(4, 2, 2), task(6, 3, 1)];
        assert_eq!(admitted(&tasks, Order::Priority, ALL), Err(Overload::Late(1)));
        assert_eq!(admitted(&tasks, Order::Deadline, ALL), Ok(vec![4, 6]));
        let more = [task(4, 2, 2), task(6, 3, 1), task(100, 1, 0)];
        assert!(admitted(&more, Order::Deadline, ALL).is_err());
    }

    #[test]
    fn half_a_cpu_takes_longer_than_twice_as_long() {
        let half = Supply { period: 10, budget: 5 };
        assert_eq!(admitted(&[task(100, 5, 0)], Order::Priority, half), Ok(vec![15]));
        assert_eq!(admitted(&[task(14, 5, 0)], Order::Priority, half), Err(Overload::Late(0)));
    }

    #[test]
    fn supply_within_and_length_of_are_each_others_inverse() {
        for (period, budget) in [(10, 5), (7, 1), (9, 8), (5, 5)] {
            let supply = Supply { period, budget };
            for amount in 1..40 {
                let length = supply.length_of(amount);
                assert!(supply.within(length) >= amount, "{supply:?} {amount}");
                assert!(supply.within(length - 1) < amount, "{supply:?} {amount}");
            }
        }
    }

    #[test]
    fn a_ree_that_owns_the_tick_or_is_never_made_to_wait_leaves_nothing_sure() {
        let lasts = Durations { tick: 1000, quantum: 100 };
        let default = Config::new(2);
        assert_eq!(Supply::of(&default, &lasts), Some(Supply { period: 4100, budget: 100 }));
        let hostile = Config { tick: crate::Tick::UnifiedRee, ..default };
        assert_eq!(Supply::of(&hostile, &lasts), None);
        let polite = Config { tee_waits: None, ..default };
        assert_eq!(Supply::of(&polite, &lasts), None);
        let eager = Config { least_progress: false, ..default };
        assert_eq!(Supply::of(&eager, &lasts), None);
    }

    #[test]
    fn tasks_that_leave_nothing_are_refused_and_not_counted_for_ever() {
        let all_of_it = task(1, 1, 2);
        let later = task(u64::MAX, 1, 1);
        for order in [Order::Fifo, Order::Priority, Order::Deadline] {
            assert!(admitted(&[all_of_it, later], order, ALL).is_err(), "{order:?}");
        }
    }

    #[test]
    fn senseless_tasks_are_named() {
        assert_eq!(admitted(&[task(5, 1, 0), task(0, 1, 0)], Order::Fifo, ALL), Err(Overload::Senseless(1)));
        let none = Supply { period: 5, budget: 0 };
        assert_eq!(admitted(&[task(5, 1, 0)], Order::Fifo, none), Err(Overload::NoSupply));
    }
}
