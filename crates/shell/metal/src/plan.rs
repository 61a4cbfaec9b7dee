//! What the REE is to do.

use casemate_metal_abi::plan as orders;
use casemate_world::{Agent, Config, Tick};
use casemate_world_log::Ree;

use crate::boot::DEVICE_TREE;
use crate::refusal::Refusal;

/// The bare REE's plans: their names, their numbers, and how often each does what it does. The first is taken where none
/// is named.
const BARE: [(&str, u64, u32); 6] = [
    ("requests", orders::REQUESTS, 100),
    ("smoke", orders::SMOKE, 1),
    ("isolation", orders::ISOLATION, 1),
    ("fuzz", orders::FUZZ, 10_000),
    ("bench", orders::BENCH, 1),
    ("ffa", orders::FFA, 1),
];
/// Those of Linux' client.
const LINUX: [&str; 5] = ["all", "checks", "ssr", "idle", STALL];
/// The one in which a thread masks the REE's interrupts for long.
pub(crate) const STALL: &str = "stall";
/// About so many numbers a CPU of that plan's sums in half a minute.
const STALL_NUMBERS: u64 = 60_000_000;
/// The same garbage in every boot.
const SEED: u64 = 1;

/// A plan of one of the REEs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The bare REE's: its number, and how often.
    Bare(u64, u32),
    /// Of Linux' client, by name.
    Linux(&'static str),
}

impl Plan {
    /// The plan of this name, or the usual one of this REE.
    ///
    /// # Errors
    /// Where this REE has none of that name.
    pub fn named(ree: Ree, name: Option<&str>) -> Result<Self, Refusal> {
        let (found, names) = match ree {
            Ree::Bare => {
                let name = name.unwrap_or(BARE[0].0);
                let found = BARE.iter().find(|it| it.0 == name);
                (found.map(|(_, number, count)| Self::Bare(*number, *count)), BARE.map(|it| it.0).join(", "))
            }
            Ree::Linux => {
                let name = name.unwrap_or(LINUX[0]);
                (LINUX.iter().find(|it| **it == name).map(|it| Self::Linux(it)), LINUX.join(", "))
            }
        };
        found.ok_or_else(|| {
            let (ree, name) =
                (if ree == Ree::Bare { "the bare REE" } else { "Linux" }, name.unwrap_or_default());
            Refusal::new(format!("{ree} has no plan `{name}`"), format!("take one of {names}"))
        })
    }

    /// Whose it is.
    #[must_use]
    pub const fn ree(self) -> Ree {
        match self {
            Self::Bare(..) => Ree::Bare,
            Self::Linux(_) => Ree::Linux,
        }
    }

    /// What the REE begins with in its first four registers.
    pub(crate) fn arguments(self, config: &Config) -> [u64; 4] {
        match self {
            Self::Linux(_) => [DEVICE_TREE, 0, 0, 0],
            Self::Bare(number, count) => {
                let agent = match config.agent {
                    Agent::Caller => orders::AGENT_CALLER,
                    Agent::One => orders::AGENT_ONE,
                    Agent::EachCpu => orders::AGENT_EACH_CPU,
                };
                let tick = match config.tick {
                    Tick::None | Tick::Own => orders::TICK_OWN,
                    Tick::UnifiedTee => orders::TICK_GIVEN,
                    Tick::UnifiedRee => orders::TICK_TOLD,
                };
                [number, SEED, config.cpus.into(), orders::argument(count, agent, tick)]
            }
        }
    }

    /// What Linux' client is told, as words of the kernel's command line: its tasks issue requests as the design's
    /// agents do.
    #[must_use]
    pub fn words(self, config: &Config) -> String {
        let agents = match config.agent {
            Agent::Caller => "none",
            Agent::One => "one",
            Agent::EachCpu => "each-cpu",
        };
        match self {
            Self::Bare(..) => String::new(),
            Self::Linux(STALL) => {
                format!("casemate.plan={STALL} casemate.agents={agents} casemate.numbers={STALL_NUMBERS}")
            }
            Self::Linux(name) => format!("casemate.plan={name} casemate.agents={agents}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ree_has_the_designs_agents_and_tick() {
        let plan = Plan::named(Ree::Linux, None).unwrap();
        assert_eq!(plan.words(&Config::new(1)), "casemate.plan=all casemate.agents=each-cpu");
        let config = Config { agent: Agent::Caller, tick: Tick::Own, ..Config::new(3) };
        assert_eq!(plan.words(&config), "casemate.plan=all casemate.agents=none");
        let [number, _, cpus, argument] = Plan::named(Ree::Bare, Some("fuzz")).unwrap().arguments(&config);
        assert_eq!((number, cpus), (orders::FUZZ, 3));
        assert_eq!(argument, 10_000);
        let [.., argument] = Plan::named(Ree::Bare, None).unwrap().arguments(&Config::new(3));
        assert_eq!(argument, 0x0201_0000_0000_0064);
    }

    #[test]
    fn a_plan_of_the_other_ree_is_refused_and_its_own_are_named() {
        let refusal = Plan::named(Ree::Linux, Some("fuzz")).unwrap_err();
        assert_eq!(refusal.cause, "Linux has no plan `fuzz`");
        assert!(refusal.remedy.contains("checks") && !refusal.remedy.contains("fuzz"), "{refusal}");
        assert!(Plan::named(Ree::Bare, Some("all")).is_err());
    }
}
