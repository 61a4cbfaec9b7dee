//! What a check found, as a document and as text.

use std::fmt::Write as _;

use serde::Serialize;

use crate::{Broken, Setting, Verdict};

/// What a check found. `docs/world.md` has the schema.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report<D> {
    /// [`Report::SCHEMA`].
    pub schema: &'static str,
    /// The design, every field of it; none where it could not be read.
    pub design: Option<D>,
    /// CPUs.
    pub cpus: u8,
    /// Requests that are made.
    pub requests: u8,
    /// Whether the REE is hostile.
    pub hostile: bool,
    /// Different states that were looked at.
    pub states: usize,
    /// Whether nothing was left to look at.
    pub complete: bool,
    /// How long it took.
    pub seconds: f64,
    /// Laws that are broken, by name.
    pub violations: Vec<Violation>,
    /// Why nothing was checked.
    pub errors: Vec<String>,
}

/// A law that is broken, and a shortest way to where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which law.
    pub law: &'static str,
    /// What happens, in order. Empty where it is broken by what never happens.
    pub timeline: Vec<Step>,
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// On which CPU.
    pub cpu: usize,
    /// What.
    pub event: String,
    /// What is decided about it.
    pub decision: String,
    /// Where each CPU is then.
    pub cpus: Vec<String>,
}

/// That the search got there is what the other laws mean something by.
const ANSWERED: &str = "every request can be answered";

impl<D> Report<D> {
    /// The name of this format.
    pub const SCHEMA: &'static str = "casemate.world-check/v1";

    /// Of a search to its end.
    #[must_use]
    pub fn of(setting: &Setting, design: D, verdict: &Verdict, seconds: f64) -> Self {
        let mut violations: Vec<_> = verdict.broken.iter().map(|it| violation(setting, it)).collect();
        if verdict.complete && !verdict.answers_all && setting.requests > 0 {
            violations.push(Violation { law: ANSWERED, timeline: Vec::new() });
        }
        Self {
            schema: Self::SCHEMA,
            design: Some(design),
            cpus: setting.config.cpus,
            requests: setting.requests,
            hostile: setting.hostile,
            states: verdict.states,
            complete: verdict.complete,
            seconds,
            violations,
            errors: Vec::new(),
        }
    }

    /// Of a check that never began.
    #[must_use]
    pub fn refused(cause: String) -> Self {
        Self {
            schema: Self::SCHEMA,
            design: None,
            cpus: 0,
            requests: 0,
            hostile: false,
            states: 0,
            complete: false,
            seconds: 0.0,
            violations: Vec::new(),
            errors: vec![cause],
        }
    }

    /// Whether every law holds, in all there is.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.complete && self.violations.is_empty()
    }

    /// As people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for violation in &self.violations {
            let _ = writeln!(out, "broken: {}", violation.law);
            write_timeline(&violation.timeline, &mut out);
            out.push('\n');
        }
        let Self { states, seconds, .. } = self;
        let (cpus, requests) = (counted(self.cpus, "CPU"), counted(self.requests, "request"));
        let hostile = if self.hostile { ", a hostile REE" } else { "" };
        let verdict = match (self.violations.len(), self.complete) {
            (0, true) => "every law holds".to_owned(),
            (0, false) => "no law is broken as far as was looked".to_owned(),
            (1, _) => "1 law is broken".to_owned(),
            (more, _) => format!("{more} laws are broken"),
        };
        let _ = writeln!(out, "{cpus}, {requests}{hostile}: {states} states in {seconds:.1} s; {verdict}");
        out
    }
}

fn counted(number: u8, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn violation(setting: &Setting, broken: &Broken) -> Violation {
    let moments = setting.replay(&broken.timeline);
    let step = |moment: &crate::Moment| Step {
        cpu: moment.happening.cpu.index(),
        event: moment.happening.to_string(),
        decision: moment.decided(),
        cpus: moment.cpus(setting),
    };
    Violation { law: broken.law, timeline: moments.iter().map(step).collect() }
}

fn write_timeline(timeline: &[Step], out: &mut String) {
    let widest = |of: &dyn Fn(&Step) -> usize| timeline.iter().map(of).max().unwrap_or(0);
    let event = widest(&|it| it.event.len());
    let cpus = widest(&|it| it.cpus.join(", ").len());
    for (nth, step) in timeline.iter().enumerate() {
        let _ = writeln!(
            out,
            "  {:>3}. CPU {}  {:event$}  [{}]{:pad$}  {}",
            nth + 1,
            step.cpu,
            step.event,
            step.cpus.join(", "),
            "",
            step.decision,
            pad = cpus - step.cpus.join(", ").len(),
        );
    }
}
