//! Every priority, goal, tick and agent, with two CPUs and two requests; and what else can happen, with one.

use std::num::NonZeroUsize;

use casemate_world::{Agent, Balance, Config, Entry, Goal, Order, ProperCpu, Resume, SwitchBack, Tick};
use casemate_world_model::{Setting, Until, Verdict, designs, search, with_agents};

const ONE: NonZeroUsize = NonZeroUsize::MIN;

/// All that can disturb.
fn setting(config: Config) -> Setting {
    Setting::new(config, 2)
}

fn holds(verdict: &Verdict, what: &dyn std::fmt::Debug) {
    assert!(verdict.broken.is_empty(), "{what:?}: {:#?}", verdict.broken);
    assert!(verdict.answers_all && verdict.states > 100, "{what:?}: {} states", verdict.states);
}

#[test]
fn every_priority_goal_tick_and_agent_keeps_every_law() {
    let designs: Vec<_> = with_agents(2).collect();
    assert_eq!(designs.len(), 55, "designs that make sense");
    for config in designs {
        holds(&search(&setting(config), Until::AllIsSeen, ONE), &config);
    }
}

#[test]
fn services_and_cpus_that_come_and_go_break_no_law() {
    for config in with_agents(2).filter(|it| it.agent != Agent::Caller || it.goal == Goal::One) {
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

#[test]
fn requests_that_nobody_waits_for_and_important_ones_break_no_law() {
    for config in designs(2) {
        for (asynchronous, urgent) in [(true, false), (false, true)] {
            let setting = Setting { asynchronous, urgent, noise: false, ..setting(config) };
            holds(&search(&setting, Until::AllIsSeen, ONE), &config);
        }
    }
}

/// What a REE can do that owns the tick, and cannot do that does not.
#[test]
fn a_hostile_ree_makes_work_wait_only_where_the_tick_is_its_own() {
    for config in designs(2) {
        let setting = Setting { hostile: true, noise: false, ..setting(config) };
        let verdict = search(&setting, Until::AllIsSeen, ONE);
        let broken: Vec<_> = verdict.broken.iter().map(|it| it.law).collect();
        let expected: &[_] = if config.tick == Tick::UnifiedRee {
            &["ready work waits no longer than its bound"]
        } else {
            &[]
        };
        assert_eq!(broken, expected, "{config:?}");
    }
}
