//! Events, printed as the tools print them.

use std::fmt::Write as _;

/// An event: microseconds, the CPU, who runs there, and what it is.
pub(crate) type Event<'a> = (u64, u16, Who<'a>, What<'a>);

/// A task: name, number, priority.
pub(crate) type Who<'a> = (&'a str, u32, i32);

/// What happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What<'a> {
    Switch(&'a str, Who<'a>),
    Waking(Who<'a>),
    Wakeup(Who<'a>),
    IrqEntry(u32, &'a str),
    IrqExit(u32),
    Other,
}

/// Who prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Ftrace,
    FtraceWithGroups,
    TraceCmd,
    PerfLong,
    PerfTerse,
}

pub(crate) const FORMS: [Form; 5] =
    [Form::Ftrace, Form::FtraceWithGroups, Form::TraceCmd, Form::PerfLong, Form::PerfTerse];

pub(crate) fn idle(cpu: u16) -> Who<'static> {
    (["swapper/0", "swapper/1", "swapper/2", "swapper/3"][usize::from(cpu) % 4], 0, 120)
}

/// The text that this tool would print.
pub(crate) fn printed(form: Form, events: &[Event<'_>]) -> String {
    let mut out = match form {
        Form::Ftrace | Form::FtraceWithGroups => {
            "# tracer: nop\n#\n# entries-in-buffer/entries-written: 9/9   #P:2\n#\n".to_owned()
        }
        Form::TraceCmd => "CPU 3 is empty\ncpus=4\n".to_owned(),
        Form::PerfLong | Form::PerfTerse => {
            "# ========\n# captured on    : a day\n# ========\n#\n".to_owned()
        }
    };
    for (micros, cpu, runs, what) in events {
        let (name, pid, _) = runs;
        let (secs, fraction) = (micros / 1_000_000, micros % 1_000_000);
        let shown = if *pid == 0 { "<idle>" } else { name };
        let _ = match form {
            Form::Ftrace => {
                write!(out, "{shown:>16}-{pid:<7} [{cpu:03}] d..2. {secs:5}.{fraction:06}: ")
            }
            Form::FtraceWithGroups => {
                write!(out, "{shown:>16}-{pid:<7} ({pid:7}) [{cpu:03}] d..2. {secs:5}.{fraction:06}: ")
            }
            Form::TraceCmd => write!(out, "{shown:>16}-{pid:<5} [{cpu:03}] {secs:5}.{fraction:06}: "),
            Form::PerfLong => {
                write!(out, "{name:>16} {pid:7} [{cpu:03}] {secs:5}.{fraction:06}:       {}:", system(what))
            }
            Form::PerfTerse => write!(
                out,
                "{name:>16} {pid:5}/{pid:<5} [{cpu:03}] {secs:5}.{fraction:06}000:          1 {}:",
                system(what)
            ),
        };
        let is_terse = matches!(form, Form::TraceCmd | Form::PerfTerse);
        if is_terse {
            terse(&mut out, what, *runs)
        } else {
            long(&mut out, what, *runs)
        }
        out.push('\n');
        if form == Form::PerfTerse {
            out += "        ffffffff81a3b1c2 __schedule+0x2c2 ([kernel.kallsyms])\n\n";
        }
    }
    out
}

fn system(what: &What<'_>) -> &'static str {
    if matches!(what, What::IrqEntry(..) | What::IrqExit(_)) { "irq" } else { "sched" }
}

fn long(out: &mut String, what: &What<'_>, from: Who<'_>) {
    let (name, pid, prio) = from;
    let _ = match what {
        What::Switch(state, to) => write!(
            out,
            "sched_switch: prev_comm={name} prev_pid={pid} prev_prio={prio} prev_state={state} ==> \
             next_comm={} next_pid={} next_prio={}",
            to.0, to.1, to.2
        ),
        What::Waking(it) => {
            write!(out, "sched_waking: comm={} pid={} prio={} target_cpu=001", it.0, it.1, it.2)
        }
        What::Wakeup(it) => {
            write!(out, "sched_wakeup: comm={} pid={} prio={} success=1 target_cpu=001", it.0, it.1, it.2)
        }
        _ => return same(out, what),
    };
}

fn terse(out: &mut String, what: &What<'_>, from: Who<'_>) {
    let (name, pid, prio) = from;
    let _ = match what {
        What::Switch(state, to) => {
            // The plug-in knows no `+`.
            let state = state.trim_end_matches('+');
            write!(
                out,
                "sched_switch:         {name}:{pid} [{prio}] {state} ==> {}:{} [{}]",
                to.0, to.1, to.2
            )
        }
        What::Waking(it) => write!(out, "sched_waking:         {}:{} [{}] CPU:001", it.0, it.1, it.2),
        What::Wakeup(it) => {
            write!(out, "sched_wakeup:         {}:{} [{}] success=1 CPU:001", it.0, it.1, it.2)
        }
        _ => return same(out, what),
    };
}

fn same(out: &mut String, what: &What<'_>) {
    let _ = match what {
        What::IrqEntry(irq, name) => write!(out, "irq_handler_entry: irq={irq} name={name}"),
        What::IrqExit(irq) => write!(out, "irq_handler_exit: irq={irq} ret=handled"),
        _ => write!(out, "sched_stat_runtime: comm=a pid=7 runtime=100 [ns] vruntime=5 [ns]"),
    };
}
