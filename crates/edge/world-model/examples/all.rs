use casemate_world::*;
use casemate_world_model::*;
use stateright::{Checker, Model};
fn main() {
    let cpus: u8 = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(2);
    let requests: u8 = std::env::args().nth(2).and_then(|s| s.parse().ok()).unwrap_or(2);
    let services: u8 = std::env::args().nth(3).and_then(|s| s.parse().ok()).unwrap_or(0);
    for goal in [Goal::One, Goal::Many] {
        for priority in [Priority::TeeOverRee, Priority::ReeOverTee, Priority::Equal] {
            for tick in [Tick::None, Tick::Own, Tick::UnifiedTee, Tick::UnifiedRee] {
                for agent in [Agent::Caller, Agent::One, Agent::EachCpu] {
                    let mut c = Config::new(cpus);
                    c.goal = goal;
                    c.priority = priority;
                    c.tick = tick;
                    c.agent = agent;
                    c.tee_waits = Some(2);
                    if tick == Tick::None {
                        c.resume = Resume::ReeIdle;
                        c.tee_waits = None;
                        c.ree_waits = None;
                    }
                    if c.validate().is_err() {
                        continue;
                    }
                    let s = Setting {
                        config: c,
                        requests,
                        services,
                        noise: true,
                        devices: true,
                        hotplug: std::env::args().nth(4).is_some(),
                    };
                    let t = std::time::Instant::now();
                    let r = s.checker().threads(1).target_max_depth(60).spawn_bfs().join();
                    let some = r.discoveries().contains_key("all requests are answered");
                    println!(
                        "{} {goal:?} {priority:?} {tick:?} {agent:?}: {} states {:.1}s",
                        if some { "ok" } else { "NEVER DONE" },
                        r.unique_state_count(),
                        t.elapsed().as_secs_f32()
                    );
                    for (name, path) in r.discoveries() {
                        if name != "all requests are answered" {
                            println!(
                                "   BROKEN {name} {:?}: {:?}", path.last_state().fault.clone(),
                                path.clone().into_actions()
                                    .iter()
                                    .map(|a| format!("{}:{:?}", a.cpu, a.event))
                                    .collect::<Vec<_>>()
                            );
                        }
                    }
                }
            }
        }
    }
}
