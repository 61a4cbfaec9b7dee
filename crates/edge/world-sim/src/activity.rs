//! What the CPUs did, small enough to be drawn whatever was simulated: the beginning piece by piece, and all of it
//! in equal steps of time.

use crate::{Scenario, Side, Span, Who};

/// What the CPUs did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// How long was simulated, in nanoseconds.
    pub nanos: u64,
    /// How long the beginning is that is kept piece by piece, in nanoseconds.
    pub beginning: u64,
    /// For each CPU, what it did in the beginning, in order. Pieces that follow each other closely are one.
    pub pieces: Vec<Vec<Piece>>,
    /// For each CPU, equal steps of all the time; a simulation has [`Activity::STEPS`].
    pub load: Vec<Vec<Load>>,
}

/// A piece of a CPU's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// From when, in nanoseconds.
    pub from: u64,
    /// Until when.
    pub until: u64,
    /// Which world had the CPU.
    pub side: Side,
    /// Whether the REE handled an interrupt.
    pub interrupt: bool,
}

/// How long, in nanoseconds, each world had a CPU in a step of time; the rest of the step it slept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// The REE.
    pub ree: u64,
    /// The TEE, while the REE had something to do.
    pub tee: u64,
    /// The TEE, while the REE slept and had said so.
    pub tee_during_idle: u64,
}

impl Activity {
    /// Steps into which all the time is divided.
    pub const STEPS: usize = 120;
    /// Ticks that the beginning has, unless all is shorter.
    pub const TICKS: u64 = 10;
    /// How much of the beginning a gap has to be for what is around it to stay apart.
    const FINEST: u64 = 1_500;

    /// Of a scenario, of which nothing has been simulated yet.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let nanos = scenario.millis.saturating_mul(1_000_000);
        let ticks = scenario.machine.tick_micros.saturating_mul(1_000 * Self::TICKS);
        Self::new(scenario.machine.cpus, nanos, nanos.min(ticks), Self::STEPS)
    }

    /// Of so many CPUs in a time of which nothing is known yet.
    #[must_use]
    pub fn new(cpus: u8, nanos: u64, beginning: u64, steps: usize) -> Self {
        let cpus = usize::from(cpus);
        let load = vec![vec![Load::default(); steps]; cpus];
        Self { nanos, beginning, pieces: vec![Vec::new(); cpus], load }
    }

    /// How long a step is, in nanoseconds.
    #[must_use]
    pub fn step(&self) -> u64 {
        let steps = self.load.first().map_or(0, Vec::len).max(1);
        self.nanos.div_ceil(steps as u64)
    }

    /// A CPU did something.
    pub fn add(&mut self, span: &Span) {
        self.add_piece(span);
        let step = self.step().max(1);
        let Some(load) = self.load.get_mut(usize::from(span.cpu)) else { return };
        let mut from = span.from;
        while from < span.until {
            let at = from / step;
            let until = span.until.min((at + 1).saturating_mul(step));
            let Some(load) = usize::try_from(at).ok().and_then(|at| load.get_mut(at)) else { return };
            let load = match span.side {
                Side::Ree => &mut load.ree,
                Side::Tee => &mut load.tee,
                Side::TeeDuringIdle => &mut load.tee_during_idle,
            };
            *load = load.saturating_add(until - from);
            from = until;
        }
    }

    fn add_piece(&mut self, span: &Span) {
        let Some(pieces) = self.pieces.get_mut(usize::from(span.cpu)) else { return };
        let (from, until) = (span.from, span.until.min(self.beginning));
        if from >= until {
            return;
        }
        let finest = self.beginning / Self::FINEST;
        let interrupt = span.who == Who::Interrupt;
        // Kinds lie on lines of their own, so each goes on where it left off, whatever came between.
        let same = |it: &&mut Piece| it.side == span.side && it.interrupt == interrupt;
        match pieces.iter_mut().rev().take(8).find(same) {
            Some(last) if from <= last.until.saturating_add(finest) => last.until = until.max(last.until),
            _ => pieces.push(Piece { from, until, side: span.side, interrupt }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(nanos: u64, beginning: u64) -> Activity {
        Activity::new(1, nanos, beginning, Activity::STEPS)
    }

    #[test]
    fn time_is_divided_among_steps_without_loss() {
        let mut activity = of(1_200, 1_200);
        let span = Span { cpu: 0, from: 5, until: 1_195, side: Side::Tee, who: Who::Request(0) };
        activity.add(&span);
        let load = &activity.load[0];
        assert_eq!(load.iter().map(|it| it.tee).sum::<u64>(), 1_190);
        assert_eq!((load[0].tee, load[1].tee, load[119].tee), (5, 10, 5));
        // What is not there is not counted.
        activity.add(&Span { cpu: 9, ..span });
        activity.add(&Span { from: 1_300, until: 1_400, ..span });
        assert_eq!(activity.load[0].iter().map(|it| it.tee).sum::<u64>(), 1_190);
    }

    #[test]
    fn no_time_is_too_late() {
        let mut activity = of(1_200, 1_200);
        let span = Span { cpu: 0, from: 0, until: u64::MAX, side: Side::Ree, who: Who::Switch };
        for span in [span, span, Span { from: u64::MAX - 1, ..span }] {
            activity.add(&span);
        }
        assert_eq!((activity.load[0][119].ree, activity.pieces[0].len()), (20, 1));
        let mut all = of(u64::MAX, 0);
        (0..200).for_each(|_| all.add(&span));
        assert_eq!(all.load[0][0].ree, u64::MAX);
    }

    #[test]
    fn however_much_happens_there_are_few_pieces() {
        let mut activity = of(10_000_000, 3_000_000);
        for at in (0..10_000_000).step_by(100) {
            let side = Side::ALL[at as usize / 100 % 3];
            activity.add(&Span { cpu: 0, from: at, until: at + 90, side, who: Who::Switch });
        }
        assert_eq!(activity.pieces[0].len(), 3);
        let mut activity = of(10_000_000, 3_000_000);
        for at in (0..10_000_000).step_by(5_000) {
            activity.add(&Span { cpu: 0, from: at, until: at + 10, side: Side::Tee, who: Who::Switch });
        }
        assert_eq!(activity.pieces[0].len(), 600);
        assert!(activity.pieces[0].iter().all(|it| it.until <= 3_000_000));
    }
}
