//! Follows the tasks of a trace from line to line.

use std::collections::BTreeMap;

use crate::cpu::{Cpu, Current, Done};
use crate::event::{self, Event, Who};
use crate::limits::{
    BACK_MOST, BURSTS_MOST, BYTES_MOST, CPUS_MOST, LENGTH_LEAST, LENGTH_MOST, LINE_MOST, LINES_MOST,
    TASKS_MOST,
};
use crate::line::{self, Kind, Line};
use crate::{Burst, Interrupt, Problem, Recording, Tally, Task, weight};

/// Files that look like traces and are none yet.
const BINARY: [(&[u8], &str, &str); 3] = [
    (b"\x17\x08\x44tracing", "trace-cmd record", "trace-cmd report"),
    (b"PERFILE2", "perf record", "perf script"),
    (b"2ELIFREP", "perf record", "perf script"),
];

/// What the tick's interrupt is called where it has a handler of its own: on Arm.
const TICK: &str = "arch_timer";

/// A sleep that is shorter than this is none: no task sleeps and is awake again sooner.
const SLEEP_LEAST: u64 = 1_000;

/// Reads a trace.
pub(crate) fn read(bytes: &[u8]) -> Result<Recording, Problem> {
    if bytes.len() > BYTES_MOST {
        return Err(Problem::TooLarge(bytes.len()));
    }
    if let Some((_, recorder, printer)) = BINARY.iter().find(|it| bytes.starts_with(it.0)) {
        return Err(Problem::Binary(recorder, printer));
    }
    let mut follow = Follow::default();
    for (line, text) in (1..).zip(bytes.split(|it| *it == b'\n')) {
        if line > LINES_MOST {
            return Err(Problem::TooManyLines);
        }
        if text.len() > LINE_MOST {
            return Err(Problem::LineTooLong(line));
        }
        follow.line(line, &String::from_utf8_lossy(text))?;
    }
    follow.recording()
}

/// What is known so far.
#[derive(Default)]
struct Follow {
    /// When the first event was.
    begun: Option<u64>,
    now: u64,
    events: usize,
    /// Whether wake-ups were recorded.
    wakes: bool,
    cpus: BTreeMap<u16, Cpu>,
    tasks: BTreeMap<u32, Followed>,
    interrupts: Vec<Interrupt>,
    tally: Tally,
}

/// A task.
struct Followed {
    comm: String,
    priority: i32,
    phase: Phase,
    /// The CPU that it has.
    on: Option<u16>,
    start: u64,
    /// How much of that it may have been awake for: it was seen first when it got a CPU.
    waited: u64,
    bursts: Vec<Burst>,
    /// What it has run since it slept last.
    run: u64,
}

enum Phase {
    /// It runs, or could since then.
    Awake(u64),
    /// It sleeps since then, or is over.
    Asleep(u64),
}

impl Follow {
    fn line(&mut self, number: usize, text: &str) -> Result<(), Problem> {
        self.tally.lines = number;
        match line::read(text) {
            Kind::Event(line) => self.event(number, &line),
            Kind::Lost { cpu, events } => {
                let cpu = within(number, cpu)?;
                self.lost(cpu, events);
                Ok(())
            }
            Kind::Other => {
                let counts = !text.trim().is_empty() && !text.starts_with('#');
                self.tally.others += usize::from(counts);
                Ok(())
            }
        }
    }

    fn event(&mut self, number: usize, line: &Line<'_>) -> Result<(), Problem> {
        let cpu = within(number, line.cpu)?;
        let back = self.now.saturating_sub(line.time);
        if back > BACK_MOST {
            return Err(Problem::ClockBack { line: number, nanos: back });
        }
        self.tally.backwards += usize::from(back > 0);
        self.now = self.now.max(line.time);
        if self.now - *self.begun.get_or_insert(line.time) > LENGTH_MOST {
            return Err(Problem::TooLong(number));
        }
        self.events += 1;
        self.tally.cpus = self.tally.cpus.max(cpu + 1);
        let lacks = |(event, expected)| Problem::Event { line: number, event, expected };
        match event::read(line).map_err(lacks)? {
            Some(Event::Switch { from, blocks, to }) => self.switch(number, cpu, &from, blocks, &to)?,
            Some(Event::Wake(who)) => self.wakes(number, &who)?,
            Some(Event::IrqBegins { irq, name }) => {
                self.cpus.entry(cpu).or_default().irq_begins(irq, name == TICK, self.now);
            }
            Some(Event::IrqEnds { irq }) => self.irq_ends(number, cpu, irq)?,
            Some(Event::Lost) => self.lost(cpu, None),
            None => self.tally.skipped += 1,
        }
        Ok(())
    }

    fn switch(
        &mut self,
        number: usize,
        cpu: u16,
        from: &Who<'_>,
        blocks: bool,
        to: &Who<'_>,
    ) -> Result<(), Problem> {
        self.tally.switches += 1;
        let now = self.now;
        self.is_nowhere_else(from.pid, cpu, None);
        self.is_nowhere_else(to.pid, cpu, Some(cpu));
        let of = self.cpus.entry(cpu).or_default();
        let had = of.ends();
        of.begins(to.pid, now);
        let ran = had.map_or(0, |had| self.ran(&had, from.pid));
        let is_new = !self.tasks.contains_key(&from.pid);
        if let Some(task) = self.awake(number, from)? {
            task.run += ran;
            if is_new {
                // It ran before it was seen.
                task.start = 0;
            }
            task.phase = if blocks { Phase::Asleep(now) } else { Phase::Awake(now) };
        }
        let is_new = !self.tasks.contains_key(&to.pid);
        if let Some(task) = self.awake(number, to)? {
            task.on = Some(cpu);
            task.waited = if is_new { task.start } else { task.waited };
        }
        Ok(())
    }

    /// What a task ran for that leaves a CPU. Some kernels do not tell that the idle task has left before it: then
    /// it had the CPU as soon as it was awake.
    fn ran(&mut self, had: &Current, pid: u32) -> u64 {
        if had.pid == pid {
            return had.ran(self.now);
        }
        let known = self.tasks.get(&pid).map(|it| &it.phase);
        if had.pid == 0
            && let Some(Phase::Awake(since)) = known
        {
            self.tally.assumed += 1;
            return self.now - had.since.max(*since);
        }
        self.tally.unpaired += 1;
        0
    }

    /// A task has this CPU, or none. It did not have another one all the while.
    fn is_nowhere_else(&mut self, pid: u32, cpu: u16, now_on: Option<u16>) {
        let Some(task) = self.tasks.get_mut(&pid) else { return };
        let on = std::mem::replace(&mut task.on, now_on);
        let other = on.filter(|it| *it != cpu).and_then(|it| self.cpus.get_mut(&it));
        if let Some(other) = other.filter(|it| it.current.is_some_and(|it| it.pid == pid)) {
            self.tally.unpaired += 1;
            other.current = None;
        }
    }

    fn wakes(&mut self, number: usize, who: &Who<'_>) -> Result<(), Problem> {
        self.wakes = true;
        self.awake(number, who).map(|_| ())
    }

    /// A task that is awake by now, whatever it was; none if it is the idle one.
    fn awake(&mut self, number: usize, who: &Who<'_>) -> Result<Option<&mut Followed>, Problem> {
        if who.pid == 0 {
            return Ok(None);
        }
        if self.tasks.len() == TASKS_MOST && !self.tasks.contains_key(&who.pid) {
            return Err(Problem::TooMany { line: number, what: "tasks", most: TASKS_MOST });
        }
        let now = self.now;
        let since = now - self.begun.unwrap_or(now);
        let task = self.tasks.entry(who.pid).or_insert_with(|| Followed {
            comm: String::new(),
            priority: who.priority,
            phase: Phase::Awake(now),
            on: None,
            start: since,
            waited: 0,
            bursts: Vec::new(),
            run: 0,
        });
        if task.comm != who.name {
            who.name.clone_into(&mut task.comm);
        }
        task.priority = who.priority;
        if let Phase::Asleep(since) = task.phase {
            task.phase = Phase::Awake(now);
            task.slept(now - since);
            if task.bursts.len() > BURSTS_MOST {
                return Err(Problem::TooMany { line: number, what: "bursts of a task", most: BURSTS_MOST });
            }
        }
        Ok(Some(task))
    }

    fn irq_ends(&mut self, number: usize, cpu: u16, irq: u64) -> Result<(), Problem> {
        match self.cpus.entry(cpu).or_default().irq_ends(irq, cpu, self.now) {
            Some(Done::Tick) => self.tally.ticks += 1,
            Some(Done::Interrupt(it)) => {
                if self.interrupts.len() == BURSTS_MOST {
                    return Err(Problem::TooMany { line: number, what: "interrupts", most: BURSTS_MOST });
                }
                let at = it.at - self.begun.unwrap_or(it.at);
                self.interrupts.push(Interrupt { at, ..it });
            }
            None => {}
        }
        Ok(())
    }

    /// What happened on a CPU meanwhile is not known, nor when.
    fn lost(&mut self, cpu: u16, events: Option<u64>) {
        self.tally.losses += 1;
        self.tally.lost = self.tally.lost.saturating_add(events.unwrap_or(0));
        self.cpus.entry(cpu).or_default().forget();
    }

    fn recording(mut self) -> Result<Recording, Problem> {
        if self.tally.switches == 0 {
            return Err(Problem::NoSwitch { lines: self.tally.lines, events: self.events });
        }
        let (now, begun) = (self.now, self.begun.unwrap_or(self.now));
        let length = now - begun;
        if length < LENGTH_LEAST {
            return Err(Problem::TooShort(length));
        }
        for cpu in self.cpus.values_mut() {
            if let Some(had) = cpu.ends()
                && let Some(task) = self.tasks.get_mut(&had.pid)
                && matches!(task.phase, Phase::Awake(_))
            {
                task.run += had.ran(now);
            }
        }
        let wakes = self.wakes;
        let finished = self.tasks.into_iter().filter_map(|(pid, task)| task.finished(pid, now, wakes));
        let mut tasks: Vec<_> = finished.collect();
        if tasks.is_empty() {
            return Err(Problem::NoTask);
        }
        tasks.sort_by_key(|it| (std::cmp::Reverse(it.run()), it.pid));
        let mut interrupts = self.interrupts;
        interrupts.sort_by_key(|it| it.at);
        Ok(Recording { length, tasks, interrupts, tally: self.tally })
    }
}

impl Followed {
    /// A sleep is over. One without a run before it goes on with the one before.
    fn slept(&mut self, sleep: u64) {
        let run = std::mem::take(&mut self.run);
        if run > 0 {
            self.bursts.push(Burst { run, sleep });
        } else if let Some(last) = self.bursts.last_mut() {
            last.sleep += sleep;
        } else {
            self.start += sleep;
        }
    }

    fn finished(mut self, pid: u32, now: u64, wakes: bool) -> Option<Task> {
        match self.phase {
            Phase::Asleep(since) => self.slept(now - since),
            Phase::Awake(_) if self.run > 0 => self.slept(0),
            Phase::Awake(_) => {}
        }
        let mut bursts: Vec<Burst> = Vec::with_capacity(self.bursts.len());
        for burst in self.bursts {
            match bursts.last_mut() {
                Some(last) if last.sleep < SLEEP_LEAST => {
                    last.run += burst.run;
                    last.sleep = burst.sleep;
                }
                _ => bursts.push(burst),
            }
        }
        let weight = weight(self.priority);
        // Where wake-ups are recorded, who got a CPU without one has been awake all along.
        let start = if wakes { self.start - self.waited } else { self.start };
        let task = Task { pid, comm: self.comm, weight, start, bursts };
        if task.bursts.is_empty() { None } else { Some(task) }
    }
}

fn within(line: usize, cpu: u64) -> Result<u16, Problem> {
    let fits = u16::try_from(cpu).ok().filter(|it| *it < CPUS_MOST);
    fits.ok_or(Problem::Cpu { line, cpu })
}
