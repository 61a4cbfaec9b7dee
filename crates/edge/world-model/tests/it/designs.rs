//! Every priority, goal, tick and agent, with two CPUs and two requests; and what else can happen, with one.

use std::num::NonZeroUsize;

use casemate_world::{
    Agent, Balance, Config, Entry, Goal, Order, Priority, ProperCpu, Resume, SwitchBack, Tick,
};
use casemate_world_model::{Setting, Until, Verdict, search};

const ONE: NonZeroUsize = NonZeroUsize::MIN;

/// Two CPUs, and all that can disturb.
fn setting(config: Config) -> Setting {
    Setting { config, requests: 2, services: 0, noise: true, devices: true, hotplug: false }
}

/// Every design that makes sense with these.
fn designs() -> Vec<Config> {
    let mut all = Vec::new();
    for goal in [Goal::One, Goal::Many] {
        for priority in [Priority::TeeOverRee, Priority::ReeOverTee, Priority::Equal] {
            for tick in [Tick::None, Tick::Own, Tick::UnifiedTee, Tick::UnifiedRee] {
                for agent in [Agent::Caller, Agent::One, Agent::EachCpu] {
                    let bounds = tick != Tick::None;
                    let config = Config {
                        goal,
                        priority,
                        tick,
                        agent,
                        resume: if bounds { Resume::Tick } else { Resume::ReeIdle },
                        tee_waits: bounds.then_some(2),
                        ree_waits: bounds.then_some(1),
                        ..Config::new(2)
                    };
                    if config.validate().is_ok() {
                        all.push(config);
                    }
                }
            }
        }
    }
    all
}

fn holds(verdict: &Verdict, what: &dyn std::fmt::Debug) {
    assert!(verdict.broken.is_empty(), "{what:?}: {:#?}", verdict.broken);
    assert!(verdict.answers_all && verdict.states > 100, "{what:?}: {} states", verdict.states);
}

#[test]
fn every_priority_goal_tick_and_agent_keeps_every_law() {
    let designs = designs();
    assert_eq!(designs.len(), 55, "designs that make sense");
    for config in designs {
        holds(&search(&setting(config), Until::AllIsSeen, ONE), &config);
    }
}

#[test]
fn services_and_cpus_that_come_and_go_break_no_law() {
    for config in designs().into_iter().filter(|it| it.agent != Agent::Caller || it.goal == Goal::One) {
        let setting = Setting { requests: 1, services: 1, hotplug: true, ..setting(config) };
        holds(&search(&setting, Until::AllIsSeen, ONE), &config);
    }
}

#[test]
fn every_choice_beside_keeps_every_law() {
    let base = Config { tee_waits: Some(2), ..Config::new(2) };
    let mut all = Vec::new();
    for proper_cpu in
        [ProperCpu::Own, ProperCpu::Idle, ProperCpu::LeastLoaded, ProperCpu::KindOfCore, ProperCpu::Warm]
    {
        for balance in [Balance::None, Balance::Steal, Balance::StealAndPush] {
            all.push(Config { proper_cpu, balance, ..base });
        }
    }
    for switch_back in [SwitchBack::Dispatcher, SwitchBack::TeeIdle] {
        for nohz in [false, true] {
            for order in [Order::Fifo, Order::Priority, Order::Deadline] {
                all.push(Config { switch_back, nohz, order, ..base });
                all.push(Config { switch_back, nohz, order, entry: Entry::TimeSlice(2), ..base });
            }
        }
    }
    for config in all {
        holds(&search(&Setting { requests: 2, ..setting(config) }, Until::AllIsSeen, ONE), &config);
    }
}

/// A function call is all there is: no threads, no ticks.
#[test]
fn function_calls_keep_every_law() {
    for goal in [Goal::One, Goal::Many] {
        let config = Config {
            goal,
            entry: Entry::Call,
            scheduling_call: false,
            agent: Agent::Caller,
            order: Order::Fifo,
            proper_cpu: ProperCpu::Own,
            balance: Balance::None,
            tick: Tick::None,
            resume: Resume::NextCall,
            switch_back: SwitchBack::Dispatcher,
            idle_hand_over: false,
            tee_waits: None,
            ree_waits: None,
            ..Config::new(2)
        };
        config.validate().unwrap();
        let setting = Setting { devices: false, ..setting(config) };
        let verdict = search(&setting, Until::AllIsSeen, ONE);
        assert!(verdict.broken.is_empty() && verdict.answers_all, "{verdict:#?}");
    }
}
