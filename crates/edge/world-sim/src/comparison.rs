//! Designs beside each other, as a document and as text.

use std::fmt::Write as _;

use serde::Serialize;

use crate::{
    Activity, Distribution, METRICS, Measured, Mistake, Scenario, Span, Spent, Variant, simulate_watched,
};

/// What is told of scenarios: the document `casemate.world-simulation/v1`.
#[derive(Clone, Debug, Serialize)]
pub struct Comparisons {
    /// Which document it is.
    pub schema: &'static str,
    /// What each scenario showed.
    pub scenarios: Vec<Comparison>,
    /// What could not be read or makes no sense.
    pub errors: Vec<String>,
}

/// What a scenario showed.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The scenario's file.
    pub file: String,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub about: String,
    /// What came of it when it was written.
    pub finding: String,
    /// The measure that shows it.
    pub metric: String,
    /// How long was simulated.
    pub millis: u64,
    /// The seed.
    pub seed: u64,
    /// The designs, in the scenario's order.
    pub designs: Vec<Row>,
}

/// What came of a design.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Whether the governor is given back what the TEE did while the REE slept.
    pub corrected: bool,
    /// Its figures.
    pub measured: Measured,
    /// How long requests took from asking to the answer.
    pub request_latency: Distribution,
    /// How long interrupts of the REE took to their handlers.
    pub interrupt_latency: Distribution,
    /// On what each CPU spent its time.
    pub spent: Vec<Spent>,
    /// What the CPUs did, for pictures.
    #[serde(skip)]
    pub activity: Activity,
}

impl Row {
    /// Runs a design under a load; `watch` is told what each CPU did.
    ///
    /// # Errors
    ///
    /// The scenario or the design makes no sense.
    pub fn simulated(
        scenario: &Scenario,
        variant: &Variant,
        watch: &mut dyn FnMut(Span),
    ) -> Result<Self, Mistake> {
        let mut activity = Activity::of(scenario);
        let simulated = simulate_watched(scenario, variant, &mut |span| {
            activity.add(&span);
            watch(span);
        })?;
        Ok(Self {
            name: variant.name.clone(),
            corrected: variant.corrected,
            measured: simulated.measured,
            request_latency: simulated.requests,
            interrupt_latency: simulated.interrupts,
            spent: simulated.spent,
            activity,
        })
    }
}

impl Comparisons {
    /// The document's name.
    pub const SCHEMA: &'static str = "casemate.world-simulation/v1";

    /// Of these scenarios.
    #[must_use]
    pub const fn of(scenarios: Vec<Comparison>, errors: Vec<String>) -> Self {
        Self { schema: Self::SCHEMA, scenarios, errors }
    }
}

impl Comparison {
    /// Of a scenario that was read from this file, without designs yet.
    #[must_use]
    pub fn of(file: String, scenario: &Scenario) -> Self {
        Self {
            file,
            name: scenario.name.clone(),
            about: scenario.about.trim().to_owned(),
            finding: scenario.finding.says.trim().to_owned(),
            metric: scenario.finding.metric.clone(),
            millis: scenario.millis,
            seed: scenario.seed,
            designs: Vec::new(),
        }
    }

    /// As text: a row for each figure, a column for each design. The figure of the finding is marked.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{}: {}\n{}\n\n", self.file, self.name, self.about);
        let widths: Vec<_> = self.designs.iter().map(|it| it.name.chars().count().max(12)).collect();
        let _ = write!(out, "{:27}", "");
        for (row, width) in self.designs.iter().zip(&widths) {
            let _ = write!(out, "  {:>width$}", row.name);
        }
        out.push('\n');
        for metric in METRICS {
            let mark = if metric.name == self.metric { '*' } else { ' ' };
            let name =
                format!("{mark} {} {}", metric.name.replace('_', " "), in_brackets(metric.name, metric.unit));
            let _ = write!(out, "{name:27}");
            for (row, width) in self.designs.iter().zip(&widths) {
                let _ = write!(out, "  {:>width$}", figure((metric.of)(&row.measured)));
            }
            out.push('\n');
        }
        let _ = writeln!(out, "\n* {}", self.finding);
        out
    }
}

/// A unit that the name does not have.
fn in_brackets(name: &str, unit: &str) -> String {
    if unit.is_empty() || name.ends_with("_us") || name.ends_with("_per_s") {
        String::new()
    } else {
        format!("({unit})")
    }
}

/// A number in four significant digits or so.
#[must_use]
pub fn figure(value: f64) -> String {
    match value {
        it if it == it.trunc() => format!("{it}"),
        it if it >= 1_000.0 => format!("{it:.0}"),
        it if it >= 10.0 => format!("{it:.1}"),
        it => format!("{it:.4}"),
    }
}
