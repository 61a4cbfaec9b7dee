//! What is to be done, by the kernel's command line.

use std::time::Duration;

/// Who issues requests to the TEE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agents {
    /// Whoever has one.
    None,
    /// One task takes all from the queue.
    One,
    /// A task on each CPU.
    EachCpu,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    name: String,
    pub(crate) agents: Agents,
    pub(crate) tasks: usize,
    pub(crate) requests: usize,
    pub(crate) numbers: u64,
    pub(crate) lasts: Duration,
}

impl Plan {
    /// The words that are ours; what they leave out is as in the plan `all`.
    pub(crate) fn of(line: &str) -> Self {
        let word = |key: &str| {
            line.split_whitespace()
                .find_map(|it| it.strip_prefix("casemate.")?.strip_prefix(key)?.strip_prefix('='))
        };
        let number = |key: &str, or: u64| word(key).and_then(|it| it.parse().ok()).unwrap_or(or);
        Self {
            name: word("plan").unwrap_or("all").to_owned(),
            agents: match word("agents") {
                Some("one") => Agents::One,
                Some("each-cpu") => Agents::EachCpu,
                _ => Agents::None,
            },
            tasks: number("tasks", 4).clamp(1, 64) as usize,
            requests: number("requests", 25).clamp(1, 100_000) as usize,
            numbers: number("numbers", 1_000_000_000),
            lasts: Duration::from_millis(number("millis", 1_000).min(600_000)),
        }
    }

    /// Whether it is this one.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// Whether this is part of it.
    pub(crate) fn runs(&self, part: &str) -> bool {
        self.is(part) || self.is("all")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_are_left_alone() {
        let plan =
            Plan::of("console=ttyAMA0 casemate.plan=ssr casemate.agents=each-cpu casemate.tasks=7 casemate.");
        assert!(plan.is("ssr") && plan.runs("ssr") && !plan.runs("checks"));
        assert_eq!((plan.agents, plan.tasks, plan.requests), (Agents::EachCpu, 7, 25));
        assert!(Plan::of("").runs("idle") && !Plan::of("").is("stall"));
    }
}
