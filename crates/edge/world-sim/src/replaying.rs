//! Where the replay of a recording is.

use casemate_sched_trace::Burst;

use crate::Replay;
use crate::slots::NEVER;

/// Where it is.
#[derive(Debug)]
pub(crate) struct Replaying<'a> {
    replay: Option<&'a Replay>,
    /// For each CPU, when each interrupt of a round comes, and its handler's work.
    interrupts: Vec<Vec<(u64, u64)>>,
    /// For each CPU, which one is next, and when its round began.
    next: Vec<(usize, u64)>,
}

impl<'a> Replaying<'a> {
    pub(crate) fn new(replay: Option<&'a Replay>, cpus: usize) -> Self {
        let mut interrupts = vec![Vec::new(); cpus];
        for it in replay.map_or(&[][..], Replay::interrupts) {
            interrupts[usize::from(it.cpu) % cpus].push((it.at, it.handler));
        }
        Self { replay, interrupts, next: vec![(0, 0); cpus] }
    }

    /// What a recorded task does.
    pub(crate) fn burst(&self, task: u8, at: u32) -> Burst {
        self.replay.map_or(Burst { run: 1, sleep: 1_000_000_000 }, |it| it.burst(task, at))
    }

    /// Which of its bursts comes after this one.
    pub(crate) fn after(&self, task: u8, at: u32) -> u32 {
        let count =
            self.replay.and_then(|it| it.tasks().get(usize::from(task))).map_or(0, |it| it.bursts.len());
        if at as usize + 1 < count { at + 1 } else { 0 }
    }

    /// When the next interrupt of a CPU comes.
    pub(crate) fn due(&self, cpu: usize) -> u64 {
        let (at, began) = self.next[cpu];
        self.interrupts[cpu].get(at).map_or(NEVER, |it| began.saturating_add(it.0))
    }

    /// It has come; its handler's work.
    pub(crate) fn take(&mut self, cpu: usize) -> u64 {
        let (at, began) = &mut self.next[cpu];
        let work = self.interrupts[cpu].get(*at).map_or(0, |it| it.1);
        *at += 1;
        if *at >= self.interrupts[cpu].len() {
            (*at, *began) = (0, began.saturating_add(self.replay.map_or(NEVER, Replay::length)));
        }
        work
    }
}
