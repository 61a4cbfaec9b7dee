//! What was recorded.

use crate::Problem;
use crate::follow;

/// What was recorded: work of tasks and interrupts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// From the first event to the last, in nanoseconds.
    pub length: u64,
    /// Tasks that ran, the busiest first.
    pub tasks: Vec<Task>,
    /// Interrupts in the order of time.
    pub interrupts: Vec<Interrupt>,
    /// What was seen on the way.
    pub tally: Tally,
}

/// A task: it sleeps until its start, then runs and sleeps by turns. All of its times together are at most the
/// recording's length; what is missing it waited for a CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its number.
    pub pid: u32,
    /// Its name, as it was last.
    pub comm: String,
    /// Its weight, as it was last: [`crate::weight`].
    pub weight: u32,
    /// When it could run for the first time, in nanoseconds from the beginning. Where the trace has no wake-ups:
    /// when it got a CPU.
    pub start: u64,
    /// What it did then; at least one burst, and each runs for something.
    pub bursts: Vec<Burst>,
}

/// A task runs, then sleeps, both in nanoseconds. One that does not sleep in the end could have run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Burst {
    /// For how long it runs, however often others ran meanwhile.
    pub run: u64,
    /// For how long it sleeps then.
    pub sleep: u64,
}

/// An interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt {
    /// When, in nanoseconds from the beginning.
    pub at: u64,
    /// On which CPU.
    pub cpu: u16,
    /// How long it was handled, without those that came between, in nanoseconds.
    pub handler: u64,
}

/// What was seen besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines.
    pub lines: usize,
    /// Switches from task to task.
    pub switches: usize,
    /// CPUs: the highest number and one.
    pub cpus: u16,
    /// Events that tell nothing here.
    pub skipped: usize,
    /// Lines that are neither empty, nor comments, nor events.
    pub others: usize,
    /// Times that events of a CPU were lost.
    pub losses: usize,
    /// Events that were lost, as far as that is told.
    pub lost: u64,
    /// Events that are earlier than one before them by a little; they are taken to be as late.
    pub backwards: usize,
    /// Switches from a task on an idle CPU to which none was told; it is taken to have run since it was woken.
    pub assumed: usize,
    /// Switches from another task than the one that was switched to before.
    pub unpaired: usize,
    /// Interrupts of the tick, by their name: whoever replays the load has a tick of their own.
    pub ticks: usize,
}

/// Tasks that do not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// How many.
    pub tasks: usize,
    /// What they ran for, in nanoseconds.
    pub run: u64,
    /// What all ran for.
    pub of: u64,
}

impl Recording {
    /// Reads a trace.
    ///
    /// # Errors
    ///
    /// It is not one, or one with too much or too little in it: the line, the cause and the remedy.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        follow::read(bytes)
    }

    /// So many of the busiest tasks, and what is left out with the others.
    #[must_use]
    pub fn busiest(&self, most: usize) -> (&[Task], LeftOut) {
        let (taken, left) = self.tasks.split_at(most.min(self.tasks.len()));
        let run = |tasks: &[Task]| tasks.iter().map(Task::run).sum();
        (taken, LeftOut { tasks: left.len(), run: run(left), of: run(&self.tasks) })
    }
}

impl Task {
    /// What it ran for in all, in nanoseconds.
    #[must_use]
    pub fn run(&self) -> u64 {
        self.bursts.iter().map(|it| it.run).sum()
    }

    /// What it slept in all, in nanoseconds.
    #[must_use]
    pub fn sleep(&self) -> u64 {
        self.start + self.bursts.iter().map(|it| it.sleep).sum::<u64>()
    }
}

impl Tally {
    /// In sentences, what somebody who trusts the recording should know. None if there is nothing.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let told = [
            (
                self.losses,
                format!("events of a CPU were lost {} times, {} in all or more", self.losses, self.lost),
            ),
            (self.backwards, format!("{} events are a little earlier than one before them", self.backwards)),
            (self.unpaired, format!("{} switches are from a task that was not switched to", self.unpaired)),
            (
                self.assumed,
                format!(
                    "{} switches away from idle are missing: who was woken is taken to have run",
                    self.assumed
                ),
            ),
            (self.others, format!("{} lines are not events", self.others)),
        ];
        told.into_iter().filter(|it| it.0 > 0).map(|it| it.1).collect()
    }
}
