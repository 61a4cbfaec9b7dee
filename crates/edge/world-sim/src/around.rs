//! How a design fares beside every other choice it could have made, over several loads.

use std::fmt::Write as _;

use casemate_world_config::Design;
use serde::Serialize;

use crate::{Hostile, Measured, Mistake, Scenario, Variant, neighbours, simulate};

/// Seeds under which each load is simulated.
pub const SEEDS: u64 = 5;

/// A document: a design, and what each other choice would change.
#[derive(Clone, Debug, Serialize)]
pub struct Around {
    /// Which document it is.
    pub schema: &'static str,
    /// The scenarios whose loads were simulated, by name.
    pub loads: Vec<String>,
    /// The design itself, then every other choice alone.
    pub choices: Vec<Choice>,
    /// What could not be read or makes no sense.
    pub errors: Vec<String>,
}

/// How a design fares. Ratios are geometric means over loads and seeds of its figure by that of the design itself;
/// shares are of 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Choice {
    /// What is chosen otherwise.
    pub name: String,
    /// Ratio: the median time to an answer.
    pub request_p50: f64,
    /// Ratio: the time that 99 of 100 answers take at most.
    pub request_p99: f64,
    /// Microseconds: what 99 of 100 interrupts of the REE wait at most, under the worst load.
    pub interrupt_p99_us: f64,
    /// Share of deadlines that were missed.
    pub missed: f64,
    /// Ratio: what both worlds got done.
    pub work: f64,
    /// Ratio: energy for each piece of work.
    pub energy: f64,
    /// Ratio: changes of world.
    pub world_switches: f64,
    /// Share of CPU time that the REE lost, on average.
    pub ree_loss: f64,
    /// Share of CPU time billed to who did not ask, on average.
    pub misbilled: f64,
    /// Share of deadlines and requests that were missed or not answered where the REE means ill.
    pub hostile: f64,
}

impl Around {
    /// The document's name.
    pub const SCHEMA: &'static str = "casemate.world-choices/v1";

    /// Of nothing, for these reasons.
    #[must_use]
    pub const fn refused(errors: Vec<String>) -> Self {
        Self { schema: Self::SCHEMA, loads: Vec::new(), choices: Vec::new(), errors }
    }

    /// Of this design and every other choice under these loads, each on its own machine and under [`SEEDS`] seeds.
    /// `tell` hears which is next.
    ///
    /// # Errors
    ///
    /// A load, or a design on its machine, makes no sense.
    pub fn of(design: &Design, scenarios: &[Scenario], mut tell: impl FnMut(&str)) -> Result<Self, Mistake> {
        let mut choices = Vec::new();
        let mut itself = Vec::new();
        for variant in neighbours(design) {
            tell(&variant.name);
            let runs = runs(&variant, scenarios)?;
            if choices.is_empty() {
                itself.clone_from(&runs);
            }
            choices.push(Choice::of(variant.name, &runs, &itself));
        }
        let loads = scenarios.iter().map(|it| it.name.clone()).collect();
        Ok(Self { schema: Self::SCHEMA, loads, choices, errors: Vec::new() })
    }

    /// As text: a row for each choice.
    #[must_use]
    pub fn text(&self) -> String {
        let widest = self.choices.iter().map(|it| it.name.chars().count()).max().unwrap_or(0).max(8);
        let mut out = format!("{:widest$}", "choice");
        for (heading, _) in COLUMNS {
            let _ = write!(out, "  {heading:>9}");
        }
        out.push('\n');
        for choice in &self.choices {
            let _ = write!(out, "{:widest$}", choice.name);
            for (_, figure) in COLUMNS {
                let _ = write!(out, "  {:>9}", figure(choice));
            }
            out.push('\n');
        }
        let _ = writeln!(
            out,
            "\n{} loads, {SEEDS} seeds each. Ratios (x) are to the design as it is, less is better but for work.",
            self.loads.len()
        );
        out
    }

    /// The same as a table of Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::from("| choice |");
        COLUMNS.iter().for_each(|(heading, _)| out += &format!(" {heading} |"));
        out += "\n|---|";
        COLUMNS.iter().for_each(|_| out += "---:|");
        out.push('\n');
        for choice in &self.choices {
            let _ = write!(out, "| `{}` |", choice.name.replace(", ", "`, `"));
            COLUMNS.iter().for_each(|(_, figure)| out += &format!(" {} |", figure(choice)));
            out.push('\n');
        }
        out
    }
}

/// A column: what is over it, and its figure.
type Column = (&'static str, fn(&Choice) -> String);

const COLUMNS: &[Column] = &[
    ("p50 x", |it| format!("{:.2}", it.request_p50)),
    ("p99 x", |it| format!("{:.2}", it.request_p99)),
    ("int us", |it| format!("{:.0}", it.interrupt_p99_us)),
    ("missed %", |it| format!("{:.1}", 100.0 * it.missed)),
    ("work x", |it| format!("{:.3}", it.work)),
    ("energy x", |it| format!("{:.3}", it.energy)),
    ("switch x", |it| format!("{:.2}", it.world_switches)),
    ("loss %", |it| format!("{:.1}", 100.0 * it.ree_loss)),
    ("misbill %", |it| format!("{:.1}", 100.0 * it.misbilled)),
    ("hostile %", |it| format!("{:.1}", 100.0 * it.hostile)),
];

/// What a design did under a load, and whether the REE meant ill.
type Run = (Measured, bool);

fn runs(variant: &Variant, scenarios: &[Scenario]) -> Result<Vec<Run>, Mistake> {
    let mut runs = Vec::new();
    for scenario in scenarios {
        for seed in 1..=SEEDS {
            let scenario = Scenario { seed, ..scenario.clone() };
            runs.push((simulate(&scenario, variant)?, scenario.hostile != Hostile::No));
        }
    }
    Ok(runs)
}

impl Choice {
    fn of(name: String, runs: &[Run], itself: &[Run]) -> Self {
        let honest: Vec<_> = runs.iter().zip(itself).filter(|(run, _)| !run.1).collect();
        let ratio = |of: fn(&Measured) -> f64| {
            let pairs = honest.iter().map(|(run, itself)| (of(&run.0), of(&itself.0)));
            // What is nothing in one of them has no ratio.
            geometric_mean(pairs.filter(|(a, b)| *a > 0.0 && *b > 0.0).map(|(a, b)| a / b))
        };
        let mean = |of: fn(&Measured) -> f64| {
            honest.iter().map(|(run, _)| of(&run.0)).sum::<f64>() / honest.len().max(1) as f64
        };
        let sum = |of: fn(&Measured) -> u64| honest.iter().map(|(run, _)| of(&run.0)).sum::<u64>();
        let hostile = || runs.iter().filter(|it| it.1).map(|it| &it.0);
        let failed: u64 = hostile().map(|it| it.deadline_misses + it.unanswered).sum();
        let wanted: u64 = hostile().map(|it| it.deadlines + it.requests + it.unanswered).sum();
        Self {
            name,
            request_p50: ratio(|it| it.request_p50_us),
            request_p99: ratio(|it| it.request_p99_us),
            interrupt_p99_us: honest.iter().map(|it| it.0.0.interrupt_p99_us).fold(0.0, f64::max),
            missed: share(sum(|it| it.deadline_misses), sum(|it| it.deadlines)),
            work: ratio(|it| it.ree_work_per_s + it.tee_work_per_s),
            energy: ratio(|it| it.energy / (it.ree_work_per_s + it.tee_work_per_s)),
            world_switches: ratio(|it| it.world_switches_per_s),
            ree_loss: mean(|it| it.ree_loss),
            misbilled: mean(|it| it.misbilled),
            hostile: share(failed, wanted),
        }
    }
}

fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

/// 1 where there are none.
fn geometric_mean(ratios: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = ratios.fold((0.0, 0_u32), |(sum, count), it| (sum + it.ln(), count + 1));
    (sum / f64::from(count.max(1))).exp()
}
