//! The seeded bugs of `world`, each under the model checker, which must find the law that it breaks.

use std::num::NonZeroUsize;

use casemate_mutant::{Mutant, with};
use casemate_world::{Agent, Config, Goal, Priority, SwitchBack, Tick};
use casemate_world_model::{Setting, Until, search};

/// Two CPUs, two requests, and all that can disturb.
fn stage() -> Setting {
    let config = Config { agent: Agent::Caller, tee_waits: Some(2), ..Config::new(2) };
    Setting::new(config, 2)
}

/// Where a bug shows, and the law that it breaks; `None`: the bug is not of `world`.
fn caught_by(mutant: Mutant) -> Option<(Setting, &'static str)> {
    let base = stage();
    let of = |config| Setting { config, ..base };
    let caller_of_one = Config { goal: Goal::One, ..base.config };
    let own_tick = Config { tick: Tick::Own, ..base.config };
    let tee_first = Config { priority: Priority::TeeOverRee, ..base.config };
    let services = Setting { services: 1, ..base };
    Some(match mutant {
        Mutant::WorldForgetsSgi => (base, "work that is ready on a sleeping CPU wakes it"),
        Mutant::WorldForgetsTick => (of(own_tick), "work that is ready has something that brings it back"),
        Mutant::WorldSleepsOverWork => (base, "work that is ready on a sleeping CPU wakes it"),
        Mutant::WorldIgnoresGate => (of(caller_of_one), "goal 1: the TEE is on one CPU at a time"),
        Mutant::WorldForgetsDoorbell => (base, "a request that is done tells its REE"),
        Mutant::WorldLosesPreempted => {
            (base, "those in the line are those that wait for a CPU, an agent or a service, each once")
        }
        Mutant::WorldTicksInSleep => {
            (base, "a CPU sleeps only if the REE said so, and without a tick if it may")
        }
        Mutant::WorldStarvesTee => (base, "ready work waits no longer than its bound"),
        Mutant::WorldStarvesRee => (of(tee_first), "an interrupt of the REE waits no longer than its bound"),
        Mutant::WorldSleepsOverInterrupt => (base, "work that is ready on a sleeping CPU wakes it"),
        Mutant::WorldAnswersTwice => (base, "no request is lost, and none answered twice"),
        Mutant::WorldForgetsWaiters => {
            (services, "services work for those that wait for them, and for nobody twice")
        }
        Mutant::WorldAllowsDeadlock => {
            (Setting { services: 2, requests: 1, ..base }, "nobody waits for himself")
        }
        Mutant::WorldWakesWhoRuns => (base, "who runs and where is agreed"),
        Mutant::WorldRunsTwice => {
            (base, "those in the line are those that wait for a CPU, an agent or a service, each once")
        }
        Mutant::WorldNeverEndsQuantum => (base, "a quantum ends"),
        Mutant::WorldLeavesWorkOnDeadCpu => {
            (Setting { hotplug: true, requests: 1, ..base }, "no work is on a CPU that is switched off")
        }
        Mutant::WorldBillsIdleToTask => {
            let config = Config { switch_back: SwitchBack::TeeIdle, ..base.config };
            (of(config), "each moment is billed once, to whom it belongs")
        }
        Mutant::WorldForgetsAgent => {
            let config = Config { agent: Agent::EachCpu, ..base.config };
            (
                Setting { hotplug: true, requests: 1, ..of(config) },
                "a request that is queued has an agent that is awake, or will be",
            )
        }
        Mutant::WorldTakesShare => {
            (of(tee_first), "the TEE takes no CPU by itself that the REE has for itself")
        }
        Mutant::WorldCutsShort => {
            let config = Config { tick: Tick::UnifiedRee, ..base.config };
            (of(config), "a thread that was entered runs for its least quantum")
        }
        Mutant::WorldLendsNothing => {
            (Setting { urgent: true, ..services }, "who lends his urgency is served no later than it says")
        }
        Mutant::WorldStopsSharedTick => {
            (base, "a tick that both worlds share stops only while both are idle")
        }
        _ => return None,
    })
}

/// Whether the bug is one of these.
pub(crate) fn has(mutant: Mutant) -> bool {
    caught_by(mutant).is_some()
}

/// Called by the one test of this binary that may switch bugs on.
pub(crate) fn every_bug_is_caught() {
    let mut missed = Vec::new();
    for (mutant, setting, law) in
        Mutant::ALL.iter().filter_map(|it| caught_by(*it).map(|(setting, law)| (*it, setting, law)))
    {
        setting.config.validate().unwrap();
        let verdict = with(mutant, || search(&setting, Until::Broken, NonZeroUsize::MIN));
        let broken: Vec<&str> = verdict.broken.iter().map(|it| it.law).collect();
        println!("{mutant:?}: {broken:?} in {} states", verdict.states);
        if !broken.contains(&law) {
            missed.push((mutant, law, broken));
        }
    }
    assert!(missed.is_empty(), "bug, law it should break, laws it broke: {missed:#?}");
}
