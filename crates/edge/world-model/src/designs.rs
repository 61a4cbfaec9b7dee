//! The designs that are looked at one by one: every priority, goal and tick.

use casemate_world::{Agent, Config, Goal, Priority, ProperCpu, Resume, Tick};

/// Every priority, goal and tick that make sense together, with one agent under goal 1 and an agent on each CPU under
/// goal 2, and for the rest as the default design is, but that threads go to idle CPUs, which is when most CPUs have to
/// do with each other. Both worlds wait for a tick or two at most, where there are ticks: bounds that are longer add
/// states and nothing else.
pub fn designs(cpus: u8) -> impl Iterator<Item = Config> {
    with_agents(cpus).filter(|it| it.agent == if it.goal == Goal::One { Agent::One } else { Agent::EachCpu })
}

/// The same with every agent.
pub fn with_agents(cpus: u8) -> impl Iterator<Item = Config> {
    let goals = [Goal::One, Goal::Many];
    let priorities = [Priority::TeeOverRee, Priority::ReeOverTee, Priority::Equal];
    let ticks = [Tick::None, Tick::Own, Tick::UnifiedTee, Tick::UnifiedRee];
    let agents = [Agent::Caller, Agent::One, Agent::EachCpu];
    let all = goals.into_iter().flat_map(move |goal| {
        priorities.into_iter().flat_map(move |priority| {
            ticks.into_iter().flat_map(move |tick| agents.map(|agent| (goal, priority, tick, agent)))
        })
    });
    all.map(move |(goal, priority, tick, agent)| {
        let ticks = tick.is_there();
        let resume = if ticks { Resume::Tick } else { Resume::ReeIdle };
        let (tee_waits, ree_waits) = (ticks.then_some(2), ticks.then_some(1));
        let proper_cpu = ProperCpu::Idle;
        Config { goal, priority, tick, agent, resume, tee_waits, ree_waits, proper_cpu, ..Config::new(cpus) }
    })
    .filter(|config| config.validate().is_ok())
}
