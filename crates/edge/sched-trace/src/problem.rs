//! Why a trace cannot be read. Whoever gave it can mend it.

use thiserror::Error;

use crate::limits::{BYTES_MOST, CPUS_MOST, LENGTH_LEAST, LINE_MOST, LINES_MOST};

/// Why a trace cannot be read: where, the cause, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "each says all in its message")]
pub enum Problem {
    #[error("it has {0} bytes, more than {BYTES_MOST}: record for less long")]
    TooLarge(usize),
    #[error("it has more than {LINES_MOST} lines: record for less long, or fewer events")]
    TooManyLines,
    #[error(
        "line {0} is longer than {LINE_MOST} bytes: give the text of a trace, with events of `sched` and `irq` only"
    )]
    LineTooLong(usize),
    #[error("this is the file that `{0}` records, not text: give what `{1}` prints of it")]
    Binary(&'static str, &'static str),
    #[error("line {line}: `{event}` is not followed by `{expected}`: give the trace as it was printed")]
    Event { line: usize, event: &'static str, expected: &'static str },
    #[error("line {line}: CPU {cpu} is beyond {}: record fewer CPUs", CPUS_MOST - 1)]
    Cpu { line: usize, cpu: u64 },
    #[error(
        "line {line}: the clock goes back by {nanos} ns: give one recording, by a clock that all CPUs share \
         (`trace-cmd record -C mono`)"
    )]
    ClockBack { line: usize, nanos: u64 },
    #[error("line {line}: there are more than {most} {what}: record for less long")]
    TooMany { line: usize, what: &'static str, most: usize },
    #[error(
        "no sched_switch in its {lines} lines, of which {events} are events: record with `trace-cmd record -e sched -e irq` \
         and give what `trace-cmd report` prints, or record with `perf record -a` and have `perf script` \
         print CPU and time (`-F comm,tid,cpu,time,event,trace`)"
    )]
    NoSwitch { lines: usize, events: usize },
    #[error("it lasts {0} ns, less than {LENGTH_LEAST}: record for longer")]
    TooShort(u64),
    #[error("line {0} is over a day after the first event: give one recording")]
    TooLong(usize),
    #[error("no task runs in it, only the idle ones: record while something is done")]
    NoTask,
}
