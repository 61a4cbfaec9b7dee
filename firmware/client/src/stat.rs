//! What Linux itself knows: where time went, and whether something stalled.

use std::fs;

use crate::sys::power;

/// What Linux has counted.
struct Counted {
    /// `/proc/stat`.
    stat: String,
    /// How long each CPU has waited for an interrupt by itself (WFI), in microseconds, where Linux knows of idle states.
    wfi: Vec<String>,
}

/// A measured phase begins: what Linux has counted so far, and what time it was after that.
pub(crate) fn tell_begin() {
    let counted = Counted::read();
    tell("begin", &counted, now());
}

/// It has ended: what time it was, and what Linux had counted after that. So the phase lies within what was counted.
pub(crate) fn tell_end() {
    let now = now();
    tell("end", &Counted::read(), now);
}

/// By Linux' clock in nanoseconds, and by the counter that the TEE reads too.
fn now() -> (u64, u64) {
    (power::monotonic_nanos(), power::counter())
}

impl Counted {
    fn read() -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        // State 0 is WFI: the kernel's driver has it beside those of the device tree.
        let wfi = (0..)
            .map(|cpu| fs::read_to_string(format!("/sys/devices/system/cpu/cpu{cpu}/cpuidle/state0/time")));
        Self { stat, wfi: wfi.map_while(Result::ok).collect() }
    }
}

fn tell(phase: &str, counted: &Counted, (nanos, counter): (u64, u64)) {
    for line in counted.stat.lines() {
        if let Some(line) = of_cpu(line) {
            println!("casemate: stat {phase} {line}");
        }
    }
    for (cpu, micros) in counted.wfi.iter().enumerate() {
        println!("casemate: wfi {phase} cpu{cpu} us={}", micros.trim());
    }
    println!("casemate: clock {phase} ns={nanos} counter={counter}");
}

/// A line about one CPU, with names.
fn of_cpu(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let cpu = words.next().filter(|it| it.len() > 3 && it.starts_with("cpu"))?;
    let names = ["user", "nice", "system", "idle", "iowait", "irq", "softirq"];
    let fields: Vec<_> = names.iter().zip(words).map(|(name, value)| format!("{name}={value}")).collect();
    (fields.len() == names.len()).then(|| format!("{cpu} {}", fields.join(" ")))
}

/// Lines of the kernel's log that tell of a stall.
pub(crate) fn tell_stalls() {
    for line in power::kernel_log().lines().filter(|it| is_stall(it)) {
        println!("casemate: kernel {}", line.trim());
    }
}

fn is_stall(line: &str) -> bool {
    [
        "soft lockup",
        "hard LOCKUP",
        "rcu: INFO",
        "detected stalls",
        "self-detected stall",
        "hung_task",
        "blocked for more",
    ]
    .iter()
    .any(|it| line.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_is_told_of_with_names_and_their_sum_is_not() {
        let line = of_cpu("cpu1 4 0 12 998 1 2 3 0 0 0").unwrap();
        assert_eq!(line, "cpu1 user=4 nice=0 system=12 idle=998 iowait=1 irq=2 softirq=3");
        assert_eq!(of_cpu("cpu  4 0 12 998 1 2 3 0 0 0"), None);
        assert_eq!(of_cpu("intr 17"), None);
    }

    #[test]
    fn stalls_are_known_by_what_linux_says() {
        assert!(is_stall("watchdog: BUG: soft lockup - CPU#3 stuck for 35s! [caller:59]"));
        assert!(is_stall("rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:"));
        assert!(!is_stall("rcu: Hierarchical RCU implementation."));
    }
}
