//! How long requests took.

use casemate_world::{Answer, Event, THREADS};
use casemate_world_log::{Note, What};

use crate::Log;

/// A request that has its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The application that it was for, by its number, where the log says.
    pub app: Option<u8>,
    /// Nanoseconds from its being made to its answer.
    pub nanos: u64,
}

/// Every request whose being made and whose answer the log tells, in the order of the answers.
pub fn answered(log: &Log) -> impl Iterator<Item = Answered> {
    let mut made = [None; THREADS];
    let mut apps = [None; THREADS];
    log.records.iter().filter_map(move |record| {
        let (event, answer) = match record.what {
            What::Step(event, decided) => (event, decided.answer),
            What::Note(Note::Begin(thread, app, _)) => {
                apps[thread.index()] = Some(app);
                return None;
            }
            What::Note(_) => return None,
        };
        if let (Event::Submit(_), Answer::Accepted(it) | Answer::Queued(it) | Answer::Pending(it)) =
            (event, answer)
        {
            made[it.index()] = Some(record.time);
        }
        let Answer::Finished(it) = answer else { return None };
        let made = made[it.index()].take()?;
        let nanos = log.nanos(record.time).saturating_sub(log.nanos(made));
        Some(Answered { app: apps[it.index()].take(), nanos })
    })
}

/// What so many of a hundred do not exceed, of what is in order; 0 where there is nothing.
#[must_use]
pub fn percentile(in_order: &[u64], percent: usize) -> u64 {
    let at = in_order.len() * percent / 100;
    in_order.get(at).or(in_order.last()).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_of_a_hundred_is_the_longest() {
        assert_eq!([50, 99, 100].map(|it| percentile(&[1, 2, 3, 9], it)), [3, 9, 9]);
        assert_eq!(percentile(&[], 50), 0);
    }
}
