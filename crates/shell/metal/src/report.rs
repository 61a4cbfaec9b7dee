//! What came of a boot, for people and for programs.

use std::time::Duration;

use casemate_world_metal::{Log, SCHEMA, Summary};
use serde::Serialize;

use crate::boot::{Boot, End};
use crate::proc_stat::ProcStat;
use crate::refusal::Refusal;
use crate::table;

/// Lines that are for whoever reads the console begin like this: those of Linux' client, and those of the bare REE.
const OURS: [&str; 2] = ["casemate: ", "ree: "];

/// The document `casemate.world-boot/v1`: the figures of the log, and what is known beside it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    #[serde(flatten)]
    summary: Option<Summary>,
    /// Where there are no figures.
    #[serde(flatten)]
    nothing: Option<Nothing>,
    /// What the REE looked at, and what came of it.
    pub checks: Vec<Check>,
    /// What the REE's lines say of requests, stalls and its own accounting of time, word by word.
    pub said: Vec<String>,
    /// What Linux takes each CPU's time for in the phase that its client measured, beside what it was spent on.
    pub proc_stat: Vec<ProcStat>,
    /// QEMU's version, and Linux' release.
    pub qemu: Option<String>,
    /// The release of Linux, where there was Linux.
    pub linux: Option<String>,
    /// How long the boot took on the host.
    pub seconds: f64,
    /// Why nothing was booted.
    pub problems: Vec<String>,
    /// What this machine is without, if that is why: `toolchain`, `qemu` or `kernel`.
    pub missing: Option<&'static str>,
}

/// What programs ask for first, where there was nothing to count.
#[derive(Clone, Debug, Serialize)]
struct Nothing {
    schema: &'static str,
    ssrs_completed: u64,
    preemptions: u64,
    migrations: u64,
    cpus: u8,
    violations: [String; 0],
}

impl Nothing {
    const FIGURES: Self =
        Self { schema: SCHEMA, ssrs_completed: 0, preemptions: 0, migrations: 0, cpus: 0, violations: [] };
}

/// Something that the REE looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// Why it failed; `None`: it did not.
    pub failed: Option<String>,
}

impl Report {
    /// Nothing was booted.
    #[must_use]
    pub fn refused(refusal: &Refusal) -> Self {
        let missing = refusal.missing.map(crate::Missing::name);
        Self {
            nothing: Some(Nothing::FIGURES),
            problems: vec![refusal.to_string()],
            missing,
            ..Self::default()
        }
    }

    /// Of a boot, with the log that it left if it can be read.
    #[must_use]
    pub fn of(boot: &Boot) -> (Self, Option<Log>) {
        let ours = |line| OURS.iter().find_map(|it| str::strip_prefix(line, it));
        let lines = || boot.ree.lines().filter_map(move |line| ours(line.trim_end()));
        let mut wrong = Vec::new();
        match boot.end {
            End::Code(0) => {}
            End::Code(code) => wrong.push(format!("the machine ended with code {code}: {}", last(boot))),
            End::Killed => wrong.push(format!("QEMU was killed: {}", boot.complaint.trim())),
            End::TimedOut => wrong.push(format!(
                "the machine did not end within {} s: {}",
                boot.took.as_secs(),
                last(boot)
            )),
            End::Stopped => wrong.push("the machine was stopped".to_owned()),
        }
        if boot.end == End::Code(0) && !lines().any(|line| line.starts_with("done ")) {
            wrong.push("the REE ended before it was done".to_owned());
        }
        wrong.extend(
            lines().filter_map(|it| it.strip_prefix("kernel ")).map(|it| format!("Linux says: {it}")),
        );
        let log = match Log::read(&boot.log) {
            Ok(log) => Some(log),
            Err(why) => {
                wrong.push(format!("the log cannot be read: {why}"));
                None
            }
        };
        let mut summary = log.as_ref().map(Summary::of);
        let mut report = Self {
            checks: lines().filter_map(check).collect(),
            said: lines()
                .filter(|it| check(it).is_none() && !it.starts_with("done "))
                .map(str::to_owned)
                .collect(),
            seconds: seconds(boot.took),
            ..Self::default()
        };
        if let Some(log) = &log {
            report.proc_stat = ProcStat::of(lines(), log);
            wrong.extend(report.proc_stat.iter().filter_map(ProcStat::violation));
        }
        match &mut summary {
            Some(summary) => summary.violations.extend(wrong),
            None => (report.nothing, report.problems) = (Some(Nothing::FIGURES), wrong),
        }
        report.summary = summary;
        (report, log)
    }

    /// Whether no law was broken and no check failed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.problems.is_empty()
            && self.checks.iter().all(|it| it.failed.is_none())
            && self.summary.as_ref().is_some_and(|it| it.violations.is_empty())
    }

    /// The figures of the log.
    #[must_use]
    pub fn summary(&self) -> Option<&Summary> {
        self.summary.as_ref()
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        table::of(self)
    }
}

/// `ok NAME` or `FAILED NAME: WHY`.
fn check(line: &str) -> Option<Check> {
    if let Some(name) = line.strip_prefix("ok ") {
        return Some(Check { name: name.to_owned(), failed: None });
    }
    let (name, why) = line.strip_prefix("FAILED ")?.split_once(": ")?;
    Some(Check { name: name.to_owned(), failed: Some(why.to_owned()) })
}

/// What was said last: by the TEE, or else by the REE, or else by QEMU.
fn last(boot: &Boot) -> String {
    let said = [&boot.tee, &boot.ree, &boot.complaint];
    let mut lines = said.into_iter().filter_map(|it| it.lines().rfind(|line| !line.trim().is_empty()));
    lines.next().unwrap_or("nobody said why").trim().to_owned()
}

fn seconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use casemate_world::Config;

    use super::*;
    use crate::plan::Plan;
    use crate::refusal::Missing;
    use crate::setup::setup;

    fn boot(end: End, ree: &str) -> Boot {
        Boot {
            end,
            ree: ree.to_owned(),
            tee: "kernel: 2 CPUs\n".to_owned(),
            complaint: String::new(),
            log: setup(Config::new(2), Plan::Linux("all")).unwrap().encode().to_vec(),
            took: Duration::from_millis(1_234),
        }
    }

    #[test]
    fn a_boot_that_did_all_it_should_holds() {
        let said = "[    0.9] noise\r\ncasemate: ok echo\r\ncasemate: ssr completed=4 failed=0\r\ncasemate: done failed=0\r\n";
        let (report, log) = Report::of(&boot(End::Code(0), said));
        assert!(report.holds(), "{report:?}");
        assert_eq!(log.unwrap().setup.config, Config::new(2));
        assert_eq!(report.checks, [Check { name: "echo".to_owned(), failed: None }]);
        assert_eq!(report.said, ["ssr completed=4 failed=0"]);
    }

    #[test]
    fn a_failed_check_an_early_end_and_a_stall_do_not_hold() {
        let done = "casemate: done failed=0\n";
        for (end, said, why) in [
            (End::Code(0), "casemate: FAILED aes: wrong\ncasemate: done failed=1\n", "failed: aes: wrong"),
            (End::Code(0), "casemate: ok echo\n", "before it was done"),
            (End::Code(105), done, "code 105: kernel: 2 CPUs"),
            (End::TimedOut, done, "did not end within 1 s"),
            (
                End::Code(0),
                "casemate: kernel soft lockup\ncasemate: done failed=0\n",
                "Linux says: soft lockup",
            ),
        ] {
            let (report, _) = Report::of(&boot(end, said));
            assert!(!report.holds() && report.text().contains(why), "{why}: {}", report.text());
        }
    }

    #[test]
    fn a_log_that_is_none_is_told_and_does_not_hold() {
        let (report, log) =
            Report::of(&Boot { log: Vec::new(), ..boot(End::Code(0), "casemate: done failed=0\n") });
        assert!(log.is_none() && !report.holds());
        assert!(report.problems[0].contains("the log cannot be read"), "{report:?}");
    }

    #[test]
    fn the_document_has_the_figures_and_a_refusal_says_what_is_missing() {
        let (report, _) = Report::of(&boot(End::Code(0), "casemate: done failed=0\n"));
        let document = serde_json::to_value(report).unwrap();
        assert_eq!(document["schema"], "casemate.world-boot/v1");
        for field in ["ssrs_completed", "preemptions", "migrations"] {
            assert_eq!(document[field], 0, "{field}");
        }
        assert_eq!((&document["cpus"], &document["violations"]), (&2.into(), &serde_json::json!([])));

        let refusal = Refusal::new("no qemu", "install it").for_want_of(Missing::Qemu);
        let document = serde_json::to_value(Report::refused(&refusal)).unwrap();
        assert_eq!(
            (&document["schema"], &document["missing"]),
            (&"casemate.world-boot/v1".into(), &"qemu".into())
        );
        assert_eq!(document["problems"], serde_json::json!(["no qemu: install it"]));
        for field in ["ssrs_completed", "preemptions", "migrations", "cpus"] {
            assert_eq!(document[field], 0, "{field}");
        }
        assert_eq!(document["violations"], serde_json::json!([]));
    }

    /// Programs know the document by its fields: who takes one away, or names it otherwise, changes this on purpose.
    #[test]
    fn the_documents_fields_are_these() {
        let (report, _) = Report::of(&boot(End::Code(0), "casemate: done failed=0\n"));
        let fields = |of: &serde_json::Value| {
            let names = of.as_object().into_iter().flat_map(|it| it.keys());
            names.map(String::as_str).collect::<Vec<_>>().join(" ")
        };
        let document = serde_json::to_value(report).unwrap();
        assert_eq!(
            fields(&document),
            "accounts checks cpus design device_interrupts device_interrupts_where_it_ran doorbells idle_hand_overs \
             linux migrations missing nanos preemptions problems proc_stat qemu ree releases said schema seconds sgis \
             sleeps ssr_max_ns ssr_p50_ns ssr_p99_ns ssrs_completed ssrs_made ssrs_refused steps steps_that_differ \
             switches ticks violations"
        );
        assert_eq!(
            fields(&document["accounts"][0]),
            "busy_as_ree_sees_it_ns busy_ns cpu during_idle_ns idle_ns off_ns ree_ns requested_ns self_scheduled_ns"
        );
    }
}
