//! Two things measured in turns.

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;

use crate::row::median;

const TURNS: usize = 9;
/// Of each side in each turn.
const TURN: Duration = Duration::from_millis(250);

/// How often each ran a second, and how much more often the first did.
pub(crate) struct Rates {
    pub(crate) ours: f64,
    pub(crate) other: f64,
    pub(crate) ratio: f64,
}

/// Measures both in turns.
pub(crate) fn compare<A, B>(mut ours: impl FnMut() -> A, mut other: impl FnMut() -> B) -> Rates {
    rate(&mut ours, TURN / 4);
    rate(&mut other, TURN / 4);
    let turns: Vec<(f64, f64)> =
        (0..TURNS).map(|_| (rate(&mut ours, TURN), rate(&mut other, TURN))).collect();
    Rates {
        ours: median(turns.iter().map(|(ours, _)| *ours).collect()),
        other: median(turns.iter().map(|(_, other)| *other).collect()),
        ratio: median(turns.iter().map(|(ours, other)| ours / other).collect()),
    }
}

/// Measures one alone.
pub(crate) fn alone<A>(mut run: impl FnMut() -> A) -> f64 {
    rate(&mut run, TURN / 4);
    median((0..TURNS).map(|_| rate(&mut run, TURN)).collect())
}

/// Runs a second of this thread's time. The clock is looked at after every batch, which grows until it
/// takes a millisecond.
fn rate<A>(run: &mut impl FnMut() -> A, span: Duration) -> f64 {
    let begun = ThreadTime::now();
    let (mut batch, mut count) = (1_u32, 0_u32);
    loop {
        let before = begun.elapsed();
        for _ in 0..batch {
            black_box(run());
        }
        count += batch;
        let elapsed = begun.elapsed();
        if elapsed >= span {
            return f64::from(count) / elapsed.as_secs_f64();
        }
        if elapsed - before < Duration::from_millis(1) {
            batch = batch.saturating_mul(2);
        }
    }
}
