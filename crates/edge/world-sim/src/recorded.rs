//! A load of the REE that was recorded on a real machine.

use std::sync::Arc;

use casemate_sched_trace::{Burst, Interrupt, LeftOut, Recording, Tally, Task};
use casemate_world::CPUS;
use serde::Deserialize;

use crate::{Scenario, TASKS_MOST};

/// A load that was recorded. Who reads the scenario reads the trace, too: [`Scenario::recorded_trace`],
/// [`Scenario::with_recording`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The file that has the trace, as seen from that of the scenario.
    pub trace: String,
    #[serde(skip)]
    replay: Option<Arc<Replay>>,
}

/// What is replayed: each task does its bursts, the time it ran as work of a big core at full speed, and begins again
/// after the last; it sleeps as long as it did, whoever it has to wait for. Interrupts come when they came, on the
/// CPU of their number modulo the machine's, over and over.
#[derive(Clone, Debug)]
pub struct Replay {
    tasks: Vec<Task>,
    interrupts: Vec<Interrupt>,
    length: u64,
    left_out: LeftOut,
    tally: Tally,
}

impl Scenario {
    /// The file of the recording that it replays, as seen from its own file.
    #[must_use]
    pub fn recorded_trace(&self) -> Option<&str> {
        self.recorded.as_ref().map(|it| it.trace.as_str())
    }

    /// The same with what was recorded, as far as there is room beside its own tasks: the busiest stay. Nothing
    /// changes if it replays none.
    #[must_use]
    pub fn with_recording(mut self, recording: &Recording) -> Self {
        let own: usize = self.tasks.iter().map(|it| usize::from(it.count)).sum();
        let room = (TASKS_MOST - CPUS).saturating_sub(own);
        if let Some(recorded) = &mut self.recorded {
            recorded.replay = Some(Arc::new(Replay::of(recording, room)));
        }
        self
    }

    /// What it replays, if it does and that has been read.
    #[must_use]
    pub fn replay(&self) -> Option<&Replay> {
        self.recorded.as_ref()?.replay.as_deref()
    }
}

impl Replay {
    fn of(recording: &Recording, room: usize) -> Self {
        let (tasks, left_out) = recording.busiest(room);
        let mut tasks = tasks.to_vec();
        for task in &mut tasks {
            let sleep = task.sleep();
            // Whoever never slept would have run on: how long it was let says nothing of it.
            if let [only] = &mut task.bursts[..]
                && sleep == 0
            {
                only.run = only.run.max(recording.length);
            }
            // From the last burst to the next first one.
            if let Some(last) = task.bursts.last_mut() {
                last.sleep += task.start;
            }
        }
        let interrupts = recording.interrupts.clone();
        Self { tasks, interrupts, length: recording.length, left_out, tally: recording.tally }
    }

    /// The tasks, the busiest first.
    #[must_use]
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The interrupts of one round.
    #[must_use]
    pub fn interrupts(&self) -> &[Interrupt] {
        &self.interrupts
    }

    /// How long a round is, in nanoseconds.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Tasks for which there was no room.
    #[must_use]
    pub const fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// In sentences, what somebody should know who trusts the figures: what was left out, and what the trace lacks.
    #[must_use]
    pub fn remarks(&self, machine: &crate::Machine) -> Vec<String> {
        let mut remarks = self.tally.remarks();
        if self.left_out.tasks > 0 {
            let share = 100.0 * self.left_out.run as f64 / self.left_out.of.max(1) as f64;
            remarks.insert(
                0,
                format!("{} tasks are left out, with {share:.1} % of what all ran", self.left_out.tasks),
            );
        }
        if self.tally.cpus > u16::from(machine.cpus) {
            remarks.push(format!(
                "{} CPUs were recorded, {} are simulated: interrupts of one go to another, and tasks wait longer",
                self.tally.cpus, machine.cpus
            ));
        }
        remarks
    }

    pub(crate) fn burst(&self, task: u8, at: u32) -> Burst {
        let bursts = self.tasks.get(usize::from(task)).map_or(&[][..], |it| &it.bursts);
        bursts.get(at as usize).copied().unwrap_or(Burst { run: 1, sleep: self.length })
    }
}
