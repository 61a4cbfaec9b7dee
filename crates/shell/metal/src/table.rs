//! What came of a boot, as text.

use std::fmt::Write as _;

use casemate_world_metal::Summary;

use crate::proc_stat::ProcStat;
use crate::report::Report;

/// All of it.
pub(crate) fn of(report: &Report) -> String {
    let mut text = String::new();
    if let Some(summary) = report.summary() {
        counts(&mut text, report, summary);
        accounts(&mut text, summary);
    }
    proc_stat(&mut text, &report.proc_stat);
    costs(&mut text, &report.said);
    outcome(&mut text, report);
    text
}

fn counts(text: &mut String, report: &Report, it: &Summary) {
    let of = |name: &Option<String>| name.clone().unwrap_or_default();
    let ree = if it.ree == "linux" { format!("Linux {}", of(&report.linux)) } else { "the bare REE".into() };
    let qemu = of(&report.qemu);
    let _ = writeln!(text, "{ree} on {} CPUs under QEMU {qemu}, {:.1} s", it.cpus, report.seconds);
    let rows = [
        ("requests completed", it.ssrs_completed),
        ("requests made", it.ssrs_made),
        ("median latency, ns", it.ssr_p50_ns),
        ("longest latency, ns", it.ssr_max_ns),
        ("pre-emptions", it.preemptions),
        ("migrations", it.migrations),
        ("world switches", it.switches),
        ("ticks of the TEE", it.ticks),
        ("idle hand-overs", it.idle_hand_overs),
        ("steps decided again", it.steps as u64),
        ("decided otherwise", it.steps_that_differ as u64),
    ];
    for (name, figure) in rows {
        let _ = writeln!(text, "  {name:<22}{figure:>14}");
    }
}

fn accounts(text: &mut String, it: &Summary) {
    let _ = writeln!(text, "  CPU      busy, ms   as the REE sees it, ms   both asleep, ms");
    for cpu in &it.accounts {
        let [busy, seen, idle] = [cpu.busy_ns, cpu.busy_as_ree_sees_it_ns, cpu.idle_ns].map(millis);
        let _ = writeln!(text, "  {:<3}{busy:>14.3}{seen:>25.3}{idle:>18.3}", cpu.cpu);
    }
}

fn proc_stat(text: &mut String, cpus: &[ProcStat]) {
    let Some(first) = cpus.first() else { return };
    let lasted = millis(first.phase_ns);
    let _ = writeln!(text, "  {lasted:.3} ms of it, by /proc/stat and in truth, ms:");
    let _ =
        writeln!(text, "  CPU  busy by Linux          busy  idle by Linux  TEE meanwhile  not handed over");
    for it in cpus {
        let figures = [
            it.linux_busy_ns,
            it.account.busy_ns,
            it.linux_idle_ns,
            it.account.during_idle_ns,
            it.idle_not_handed_over_ns,
        ];
        let [said, busy, idle, meanwhile, withheld] = figures.map(millis);
        let _ = writeln!(
            text,
            "  {:<3}{said:>15.0}{busy:>14.3}{idle:>15.0}{meanwhile:>15.3}{withheld:>17.3}",
            it.account.cpu
        );
    }
}

/// What calls cost: the lines `bench NAME n=N min=N avg=N max=N` of the bare REE.
fn costs(text: &mut String, said: &[String]) {
    let mut rows = said.iter().filter_map(|it| it.strip_prefix("bench ")).filter_map(cost).peekable();
    if rows.peek().is_some() {
        let _ = writeln!(
            text,
            "  {:<22}{:>10}{:>10}{:>10}{:>10}",
            "instructions", "times", "least", "mean", "most"
        );
    }
    for (name, figures) in rows {
        let _ = write!(text, "  {name:<22}");
        for figure in figures {
            let _ = write!(text, "{figure:>10}");
        }
        text.push('\n');
    }
}

fn cost(line: &str) -> Option<(&str, [u64; 4])> {
    let (name, figures) = line.split_once(' ')?;
    let figure = |of: &str| {
        let mut words = figures.split(' ');
        words.find_map(|it| it.strip_prefix(of)?.strip_prefix('='))?.parse().ok()
    };
    Some((name, [figure("n")?, figure("min")?, figure("avg")?, figure("max")?]))
}

fn outcome(text: &mut String, report: &Report) {
    let held = report.checks.iter().filter(|it| it.failed.is_none()).count();
    let _ = writeln!(text, "{held} of {} checks held", report.checks.len());
    for check in &report.checks {
        if let Some(why) = &check.failed {
            let _ = writeln!(text, "  failed: {}: {why}", check.name);
        }
    }
    let violations = report.summary().into_iter().flat_map(|it| &it.violations);
    for violation in violations.chain(&report.problems) {
        let _ = writeln!(text, "violation: {violation}");
    }
    if report.holds() {
        text.push_str("no violation\n");
    }
}

fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}
