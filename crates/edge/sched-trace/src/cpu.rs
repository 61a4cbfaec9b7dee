//! A CPU while a trace is followed: who has it, and which interrupts it handles.

use crate::Interrupt;

/// Interrupts that one CPU handles at a time, one within another.
const NESTED_MOST: usize = 8;

/// A CPU.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cpu {
    /// Who has it, the idle task too; `None`: nobody knows.
    pub(crate) current: Option<Current>,
    handled: Vec<Handled>,
}

/// Who has a CPU.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Current {
    pub(crate) pid: u32,
    pub(crate) since: u64,
    /// What interrupts took of it.
    taken: u64,
}

impl Current {
    /// What it ran for.
    pub(crate) fn ran(&self, now: u64) -> u64 {
        now.saturating_sub(self.since).saturating_sub(self.taken)
    }
}

/// An interrupt that is handled.
#[derive(Clone, Copy, Debug)]
struct Handled {
    irq: u64,
    since: u64,
    /// What others within took.
    within: u64,
    is_tick: bool,
}

/// An interrupt that has been handled.
pub(crate) enum Done {
    Tick,
    Interrupt(Interrupt),
}

impl Cpu {
    pub(crate) fn begins(&mut self, pid: u32, now: u64) {
        self.current = Some(Current { pid, since: now, taken: 0 });
    }

    /// Who had the CPU.
    pub(crate) fn ends(&mut self) -> Option<Current> {
        self.current.take()
    }

    /// Nobody knows what it did.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn irq_begins(&mut self, irq: u64, is_tick: bool, now: u64) {
        if self.handled.len() == NESTED_MOST {
            self.handled.remove(0);
        }
        self.handled.push(Handled { irq, since: now, within: 0, is_tick });
    }

    /// What was handled, unless its beginning is missing. One within another that never ended is forgotten.
    pub(crate) fn irq_ends(&mut self, irq: u64, cpu: u16, now: u64) -> Option<Done> {
        let at = self.handled.iter().rposition(|it| it.irq == irq)?;
        let it = self.handled[at];
        self.handled.truncate(at);
        let lasted = now.saturating_sub(it.since);
        match self.handled.last_mut() {
            Some(outer) => outer.within += lasted,
            None => {
                if let Some(current) = &mut self.current {
                    current.taken += now.saturating_sub(it.since.max(current.since));
                }
            }
        }
        let interrupt = Interrupt { at: it.since, cpu, handler: lasted.saturating_sub(it.within) };
        Some(if it.is_tick { Done::Tick } else { Done::Interrupt(interrupt) })
    }
}
