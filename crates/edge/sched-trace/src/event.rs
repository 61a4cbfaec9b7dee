//! Events of the scheduler and of interrupts, in either form that they are printed in.
//!
//! ```text
//! sched_switch        prev_comm=A prev_pid=1 prev_prio=120 prev_state=S ==> next_comm=B next_pid=2 next_prio=120
//!                     A:1 [120] S ==> B:2 [120]
//! sched_wakeup…       comm=A pid=1 prio=120 target_cpu=000
//! sched_waking        A:1 [120] CPU:000
//! irq_handler_entry   irq=30 name=eth0
//! irq_handler_exit    irq=30 ret=handled
//! ```
//!
//! A name may have anything in it, the words around it too: numbers are looked for from the right, and a name
//! that would be longer than names are is not one.

use crate::line::{Line, number};

/// The most characters of a task's name.
const NAME_MOST: usize = 15;

/// An event that tells something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// `blocks`: the one that ran waits for something or is over, rather than could run on.
    Switch {
        from: Who<'a>,
        blocks: bool,
        to: Who<'a>,
    },
    Wake(Who<'a>),
    IrqBegins {
        irq: u64,
        name: &'a str,
    },
    IrqEnds {
        irq: u64,
    },
    Lost,
}

/// A task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who<'a> {
    pub(crate) name: &'a str,
    pub(crate) pid: u32,
    pub(crate) priority: i32,
}

/// What an event lacks: its name, and what should have followed.
pub(crate) type Lacks = (&'static str, &'static str);

/// What is told; nothing if it is an event that does not matter here.
pub(crate) fn read<'a>(line: &Line<'a>) -> Result<Option<Event<'a>>, Lacks> {
    let fields = line.fields;
    let wake = |name| wake(fields).map(Event::Wake).ok_or((name, "comm=… pid=… prio=…"));
    let event = match line.event {
        "sched_switch" => switch(fields).ok_or((
            "sched_switch",
            "prev_comm=… prev_pid=… prev_prio=… prev_state=… ==> next_comm=… next_pid=… next_prio=…",
        ))?,
        "sched_wakeup" => wake("sched_wakeup")?,
        "sched_wakeup_new" => wake("sched_wakeup_new")?,
        "sched_waking" => wake("sched_waking")?,
        "irq_handler_entry" => {
            let parts = fields.strip_prefix("irq=").and_then(|it| it.split_once(" name="));
            let irq = parts.and_then(|(irq, name)| Some((number(irq)?, name)));
            let (irq, name) = irq.ok_or(("irq_handler_entry", "irq=… name=…"))?;
            Event::IrqBegins { irq, name }
        }
        "irq_handler_exit" => {
            let irq = fields.strip_prefix("irq=").and_then(|it| number(it.split(' ').next()?));
            Event::IrqEnds { irq: irq.ok_or(("irq_handler_exit", "irq=… ret=…"))? }
        }
        "PERF_RECORD_LOST" => Event::Lost,
        _ => return Ok(None),
    };
    Ok(Some(event))
}

fn switch(fields: &str) -> Option<Event<'_>> {
    const ARROW: &str = " ==> ";
    fields.match_indices(ARROW).find_map(|(at, _)| {
        let (before, after) = (&fields[..at], &fields[at + ARROW.len()..]);
        let (from, state) = match before.strip_prefix("prev_comm=") {
            Some(it) => named_state(it).or_else(|| terse_state(before)),
            None => terse_state(before),
        }?;
        let to = match after.strip_prefix("next_comm=") {
            Some(it) => named(it, " next_pid=", " next_prio=").or_else(|| terse(after)),
            None => terse(after),
        }?;
        Some(Event::Switch { from, blocks: blocks(state)?, to })
    })
}

fn named_state(text: &str) -> Option<(Who<'_>, &str)> {
    let (who, state) = text.rsplit_once(" prev_state=")?;
    Some((named(who, " prev_pid=", " prev_prio=")?, state))
}

fn terse_state(text: &str) -> Option<(Who<'_>, &str)> {
    let (who, state) = text.rsplit_once(' ')?;
    Some((terse(who)?, state))
}

/// `NAME pid=N prio=N`.
fn named<'a>(text: &'a str, pid: &str, prio: &str) -> Option<Who<'a>> {
    let (name, numbers) = text.rsplit_once(pid)?;
    let (pid, priority) = numbers.split_once(prio)?;
    who(name, pid, priority)
}

/// `NAME:PID [PRIO]`.
fn terse(text: &str) -> Option<Who<'_>> {
    let (who, priority) = text.trim_end().strip_suffix(']')?.rsplit_once(" [")?;
    let (name, pid) = who.rsplit_once(':')?;
    self::who(name, pid, priority)
}

fn who<'a>(name: &'a str, pid: &str, priority: &str) -> Option<Who<'a>> {
    let digits = priority.strip_prefix('-').unwrap_or(priority);
    number(digits)?;
    let fits = name.chars().count() <= NAME_MOST;
    let who = || Some(Who { name, pid: number(pid)?.try_into().ok()?, priority: priority.parse().ok()? });
    if fits { who() } else { None }
}

fn wake(fields: &str) -> Option<Who<'_>> {
    if let Some(text) = fields.strip_prefix("comm=") {
        let (name, numbers) = text.rsplit_once(" pid=")?;
        let (pid, rest) = numbers.split_once(" prio=")?;
        return who(name, pid, rest.split(' ').next()?);
    }
    // After it come success and the CPU.
    let end = fields.rfind(']')?;
    terse(&fields[..=end])
}

/// `R` or `R+`: it could run on. Other letters say what it waits for, or that it is over, several with strokes
/// between.
fn blocks(state: &str) -> Option<bool> {
    let known = !state.is_empty() && state.chars().all(|it| it.is_ascii_alphabetic() || "|+".contains(it));
    if known { Some(!state.starts_with('R')) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<'a>(event: &'a str, fields: &'a str) -> Result<Option<Event<'a>>, Lacks> {
        read(&Line { cpu: 0, time: 0, event, fields })
    }

    fn who(name: &str, pid: u32, priority: i32) -> Who<'_> {
        Who { name, pid, priority }
    }

    #[test]
    fn both_forms_of_a_switch_say_the_same_whatever_the_names() {
        for (a, b) in [
            ("bash", "kworker/0:1"),
            ("Web Content", "a prev_pid=1"),
            (" ==> next_comm=", "x:1 [1] S ==> b"),
            ("a:1 [1] S ==> b", " ==> "),
            ("", "[0] R"),
            ("prev_comm=", "next_comm="),
            ("äöüäöüäöüäöüäöü", "a b:c [d] e"),
        ] {
            let is = Event::Switch { from: who(a, 12, 120), blocks: true, to: who(b, 7, -1) };
            let long = format!(
                "prev_comm={a} prev_pid=12 prev_prio=120 prev_state=D|W ==> next_comm={b} next_pid=7 next_prio=-1"
            );
            assert_eq!(told("sched_switch", &long), Ok(Some(is)));
            let short = format!("{a}:12 [120] S ==> {b}:7 [-1]");
            assert_eq!(told("sched_switch", &short), Ok(Some(is)));
        }
    }

    #[test]
    fn states_say_whether_a_task_could_run_on() {
        let with = |state: &str| {
            let text = format!("a:1 [120] {state} ==> b:2 [120]");
            told("sched_switch", &text).ok().flatten().map(|it| match it {
                Event::Switch { blocks, .. } => blocks,
                other => panic!("{other:?}"),
            })
        };
        for state in ["S", "D", "D|K", "I", "t", "X", "Z", "x", "S|W"] {
            assert_eq!(with(state), Some(true), "{state}");
        }
        assert_eq!([with("R"), with("R+"), with("0x1")], [Some(false), Some(false), None]);
    }

    #[test]
    fn wake_ups_are_read_in_every_form() {
        for name in ["bash", "a pid=3 prio=4", "a:3 [1]", "CPU:000 [1]"] {
            for fields in [
                format!("comm={name} pid=12 prio=120 target_cpu=001"),
                format!("comm={name} pid=12 prio=120 success=1 target_cpu=001"),
                format!("{name}:12 [120] CPU:001"),
                format!("{name}:12 [120] success=1 CPU:001"),
            ] {
                for event in ["sched_wakeup", "sched_wakeup_new", "sched_waking"] {
                    assert_eq!(told(event, &fields), Ok(Some(Event::Wake(who(name, 12, 120)))), "{fields}");
                }
            }
        }
    }

    #[test]
    fn interrupts_are_read_and_other_events_are_not() {
        let begins = Event::IrqBegins { irq: 30, name: "virtio0-input.0" };
        assert_eq!(told("irq_handler_entry", "irq=30 name=virtio0-input.0"), Ok(Some(begins)));
        assert_eq!(told("irq_handler_exit", "irq=30 ret=handled"), Ok(Some(Event::IrqEnds { irq: 30 })));
        assert_eq!(told("sched_stat_runtime", "comm=a pid=1 runtime=1 [ns]"), Ok(None));
    }

    #[test]
    fn an_event_that_is_cut_off_is_refused_by_name() {
        for (event, fields) in [
            ("sched_switch", "prev_comm=a prev_pid=1 prev_prio=120 prev_state=S ==> next_comm=b next_pid=2"),
            ("sched_switch", "a:1 [120] S ==> b:2"),
            ("sched_switch", "a:1 [120] S ==> a name of over fifteen:2 [120]"),
            ("sched_waking", "comm=a pid=1"),
            ("sched_wakeup", "a:99999999999 [120] CPU:000"),
            ("irq_handler_entry", "irq=30"),
            ("irq_handler_exit", "ret=handled"),
        ] {
            assert_eq!(told(event, fields).unwrap_err().0, event);
        }
    }
}
