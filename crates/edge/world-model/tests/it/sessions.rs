//! Sessions stay whole, whatever clients do and wherever their commands run.

use casemate_world::{Agent, Config, Goal, Resume, Tick};
use casemate_world_model::{Clients, Setting};

fn whole(setting: Setting, clients: u8, opens: u8) {
    let visits = Clients { setting, clients, opens }.search();
    assert_eq!(visits.broken, [], "{setting:?}");
    assert!(visits.all_are_over, "{setting:?}");
}

#[test]
fn sessions_stay_whole_on_two_cpus_whoever_cancels_closes_and_dies() {
    let without_tick = Config {
        tick: Tick::None,
        resume: Resume::ReeIdle,
        tee_waits: None,
        ree_waits: None,
        least_progress: false,
        ..Config::new(2)
    };
    let bare = |config, requests| Setting { noise: false, ..Setting::new(config, requests) };
    whole(bare(Config { agent: Agent::One, goal: Goal::One, ..without_tick }, 2), 2, 2);
    for config in [without_tick, Config { agent: Agent::Caller, ..without_tick }] {
        whole(bare(config, 2), 1, 1);
        whole(bare(config, 1), 2, 2);
    }
    whole(bare(Config { tee_waits: Some(1), ..Config::new(2) }, 1), 1, 2);
}
