//! What Linux takes a CPU's time for (`/proc/stat`), beside what it was spent on.
//!
//! Linux counts its own time by its ticks, and idle time by the clock. What the TEE does while Linux sleeps is idle to it,
//! and what the TEE takes from a task is the task's (RT 2.2.2).

use casemate_world_metal::{Account, Log};
use serde::Serialize;

/// Nanoseconds of a unit of `/proc/stat` (USER_HZ, 100 in a second, on every architecture).
const UNIT_NS: u64 = 10_000_000;
/// Linux rounds each figure down, at the beginning and at the end, and one of its ticks (CONFIG_HZ=250) more or less may
/// be in the phase.
const MAY_DIFFER_NS: u64 = 2 * UNIT_NS + 4_000_000;

/// A CPU in a phase that the client measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ProcStat {
    /// How long the phase was.
    pub phase_ns: u64,
    /// For how long Linux says that the CPU was busy.
    pub linux_busy_ns: u64,
    /// For how long it says that it was idle.
    pub linux_idle_ns: u64,
    /// Of that, how long the TEE did not have the CPU: Linux was on its way into sleep or out of it, or waited by itself.
    pub idle_not_handed_over_ns: u64,
    /// Of that, for how long it waited for an interrupt by itself (WFI), where it tells.
    pub linux_wfi_ns: Option<u64>,
    /// On what it was spent.
    #[serde(flatten)]
    pub account: Account,
}

/// One line of the client's.
#[derive(Clone, Copy, Default)]
struct Counted {
    busy: u64,
    idle: u64,
}

impl ProcStat {
    /// Of each CPU of which the client's lines tell at the beginning and at the end of its phase.
    pub(crate) fn of<'a>(lines: impl Iterator<Item = &'a str> + Clone, log: &Log) -> Vec<Self> {
        let counter = |phase| lines.clone().find_map(|line| counter(line, phase));
        let (Some(from), Some(until)) = (counter("begin"), counter("end")) else { return Vec::new() };
        let accounts = Account::between(log, from, until);
        let compared = accounts.into_iter().filter_map(|account| {
            let at = |phase| lines.clone().find_map(|line| counted(line, phase, account.cpu));
            let (before, after) = (at("begin")?, at("end")?);
            let grew =
                |of: fn(&Counted) -> u64| of(&after).saturating_sub(of(&before)).saturating_mul(UNIT_NS);
            let linux_idle_ns = grew(|it| it.idle);
            Some(Self {
                phase_ns: log.in_nanos(until.saturating_sub(from)),
                linux_busy_ns: grew(|it| it.busy),
                linux_idle_ns,
                idle_not_handed_over_ns: linux_idle_ns.saturating_sub(slept(&account)),
                linux_wfi_ns: wfi_ns(lines.clone(), account.cpu),
                account,
            })
        });
        compared.collect()
    }

    /// What is wrong where Linux does not take for idle what it handed over as such, whatever the TEE did meanwhile.
    pub(crate) fn violation(&self) -> Option<String> {
        let slept = slept(&self.account);
        // A CPU that was switched off meanwhile Linux counts as it likes.
        let differs = self.account.off_ns == 0 && slept > self.linux_idle_ns.saturating_add(MAY_DIFFER_NS);
        differs.then(|| {
            format!(
                "CPU {}: Linux says that it was idle for {} ns, and by the log it was for {slept} ns",
                self.account.cpu, self.linux_idle_ns
            )
        })
    }
}

/// For how long Linux had handed the CPU over because it had nothing to do.
fn slept(account: &Account) -> u64 {
    account.idle_ns.saturating_add(account.during_idle_ns)
}

/// `clock PHASE ns=N counter=N`.
fn counter(line: &str, phase: &str) -> Option<u64> {
    let rest = line.strip_prefix("clock ")?.strip_prefix(phase)?;
    rest.split(' ').find_map(|it| it.strip_prefix("counter="))?.parse().ok()
}

/// `stat PHASE cpuN user=N nice=N system=N idle=N iowait=N irq=N softirq=N`.
fn counted(line: &str, phase: &str, cpu: usize) -> Option<Counted> {
    let rest = line.strip_prefix("stat ")?.strip_prefix(phase)?.strip_prefix(&format!(" cpu{cpu} "))?;
    let mut counted = Counted::default();
    for (name, value) in rest.split(' ').filter_map(|it| it.split_once('=')) {
        let value: u64 = value.parse().ok()?;
        let to = if ["idle", "iowait"].contains(&name) { &mut counted.idle } else { &mut counted.busy };
        *to = to.saturating_add(value);
    }
    Some(counted)
}

/// By how much `wfi PHASE cpuN us=N` has grown.
fn wfi_ns<'a>(lines: impl Iterator<Item = &'a str> + Clone, cpu: usize) -> Option<u64> {
    let micros = |phase: &str| {
        let begins = format!("wfi {phase} cpu{cpu} us=");
        lines.clone().find_map(|line| line.strip_prefix(&begins)?.parse::<u64>().ok())
    };
    Some(micros("end")?.saturating_sub(micros("begin")?).saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use casemate_world::{Class, Config, CpuId, Event, State, step};
    use casemate_world_log::{Decided, Record, What};

    use super::*;
    use crate::plan::Plan;
    use crate::setup::setup;

    const BEGIN: &str = "stat begin cpu1 user=4 nice=0 system=12 idle=98 iowait=1 irq=2 softirq=3";

    #[test]
    fn a_line_is_of_a_phase_and_a_cpu() {
        let it = counted(BEGIN, "begin", 1).unwrap();
        assert_eq!((it.busy, it.idle), (21, 99));
        for (phase, cpu) in [("end", 1), ("begin", 0), ("begin", 11)] {
            assert!(counted(BEGIN, phase, cpu).is_none(), "{phase} {cpu}");
        }
        assert!(counted("stat begin cpu1 user=many", "begin", 1).is_none());
        assert_eq!(counter("clock end ns=5 counter=77", "end"), Some(77));
        assert_eq!(counter("clock end ns=5", "end"), None);
    }

    const LINES: [&str; 8] = [
        "stat begin cpu0 user=1 nice=0 system=36 idle=119 iowait=1 irq=0 softirq=0",
        "stat begin cpu1 user=0 nice=0 system=22 idle=130 iowait=0 irq=0 softirq=0",
        "wfi begin cpu1 us=7",
        "clock begin ns=1577517008 counter=62500000",
        "stat end cpu0 user=3 nice=1 system=40 idle=210 iowait=5 irq=1 softirq=1",
        "stat end cpu1 user=0 nice=0 system=22 idle=230 iowait=0 irq=0 softirq=0",
        "wfi end cpu1 us=9",
        "clock end ns=2577832256 counter=125000000",
    ];

    /// The second CPU sleeps from before the phase until after it, but for what the TEE does from 1.5 s to 1.75 s.
    fn log() -> Log {
        let setup = setup(Config::new(2), Plan::Linux("idle")).unwrap();
        let mut state = State::new(&setup.config).unwrap();
        let records = [
            (0, 0, Event::Tick, Class::Ree),
            (1, 900, Event::Idle, Class::Ree),
            (1, 1_500, Event::Tick, Class::Idle),
            (1, 1_750, Event::Tick, Class::DuringIdle),
            (1, 2_500, Event::NonSecure, Class::Idle),
            (0, 2_600, Event::Tick, Class::Ree),
        ];
        let records = records.map(|(cpu, millis, event, class)| {
            let cpu = CpuId::new(cpu).unwrap();
            let decided = Decided::from(&step(&mut state, &setup.config, cpu, event));
            Record { time: millis * 62_500, cpu, what: What::Step(event, Decided { class, ..decided }) }
        });
        Log { setup, records: records.into() }
    }

    fn compare(lines: &[&str]) -> Vec<ProcStat> {
        ProcStat::of(lines.iter().copied(), &log())
    }

    #[test]
    fn what_linux_counted_stands_beside_the_log_of_the_same_phase() {
        let found = compare(&LINES);
        let [first, second] = found[..] else { panic!("{found:?}") };
        assert_eq!(
            (first.phase_ns, first.linux_busy_ns, first.linux_idle_ns),
            (1_000_000_000, 90_000_000, 950_000_000)
        );
        assert_eq!((first.account.ree_ns, first.linux_wfi_ns), (1_000_000_000, None));
        assert_eq!((second.linux_busy_ns, second.linux_idle_ns), (0, 1_000_000_000));
        assert_eq!((second.account.busy_as_ree_sees_it_ns, second.account.busy_ns), (0, 250_000_000));
        assert_eq!((second.account.idle_ns, second.linux_wfi_ns), (750_000_000, Some(2_000)));
        assert!(found.iter().all(|it| it.violation().is_none()));
    }

    #[test]
    fn what_is_not_told_or_makes_no_sense_is_left_out() {
        assert_eq!(compare(&LINES[..7]), []);
        let with = |at: usize, line: &'static str| {
            let mut lines = LINES;
            lines[at] = line;
            compare(&lines)
        };
        for line in ["stat end cpu1 user=0 idle=18446744073709551616", "stat end cpu7 user=0 idle=0", ""] {
            assert_eq!(with(5, line).len(), 1, "{line}");
        }
        let most = with(4, "stat end cpu0 user=18446744073709551615 nice=9 idle=18446744073709551615");
        assert_eq!((most[0].linux_busy_ns, most[0].linux_idle_ns), (u64::MAX, u64::MAX));
        let backwards = with(7, "clock end ns=0 counter=0");
        assert_eq!((backwards[1].phase_ns, backwards[1].account.busy_ns), (0, 0));
    }

    #[test]
    fn what_linux_handed_over_as_idle_it_takes_for_idle_or_something_is_wrong() {
        let account = Account {
            cpu: 1,
            off_ns: 0,
            ree_ns: 0,
            requested_ns: 0,
            self_scheduled_ns: 0,
            during_idle_ns: 300_000_000,
            idle_ns: 600_000_000,
            busy_as_ree_sees_it_ns: 0,
            busy_ns: 0,
        };
        let it = ProcStat {
            phase_ns: 1_000_000_000,
            linux_busy_ns: 0,
            linux_idle_ns: 890_000_000,
            idle_not_handed_over_ns: 0,
            linux_wfi_ns: None,
            account,
        };
        assert_eq!(it.violation(), None);
        let wrong = ProcStat { linux_idle_ns: 600_000_000, ..it };
        assert!(wrong.violation().is_some_and(|it| it.contains("CPU 1") && it.contains("900000000")));
        let off = ProcStat { account: Account { off_ns: 1, ..account }, ..wrong };
        assert_eq!(off.violation(), None);
    }
}
