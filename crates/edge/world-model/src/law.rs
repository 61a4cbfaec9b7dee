//! What must hold in every state.

use casemate_world::{
    Agent, Cause, CpuId, Entry, Goal, Kind, Phase, Priority, Resume, THREADS, Thread, ThreadId, ThreadSet,
    Tick, World,
};

use crate::{Fault, Scene, Setting};

/// Something that must hold in every state.
#[derive(Clone, Copy)]
pub struct Law {
    /// Its name, as reports have it.
    pub name: &'static str,
    /// Whether it holds.
    pub holds: fn(&Setting, &Scene) -> bool,
}

/// Every law.
pub const LAWS: [Law; 24] = [
    Law {
        name: "each step goes to one place, and says which",
        holds: |_, it| it.fault != Some(Fault::Astray),
    },
    Law { name: "nothing that can happen is refused", holds: |_, it| it.fault != Some(Fault::Refused) },
    Law { name: "no request is lost, and none answered twice", holds: none_lost },
    Law {
        name: "nobody is answered who did not ask",
        holds: |_, it| it.fault != Some(Fault::AnswerOfNothing),
    },
    Law { name: "who runs and where is agreed", holds: running_agrees },
    Law { name: "goal 1: the TEE is on one CPU at a time", holds: one_place },
    Law { name: "a CPU sleeps only if the REE said so, and without a tick if it may", holds: idle_is_idle },
    Law { name: "a tick that both worlds share stops only while both are idle", holds: shared_tick_goes_on },
    Law { name: "work that is ready on a sleeping CPU wakes it", holds: ready_wakes },
    Law { name: "work that is ready has something that brings it back", holds: ready_comes_back },
    Law { name: "a request that is done tells its REE", holds: done_is_told },
    Law {
        name: "a request that is queued has an agent that is awake, or will be",
        holds: queued_has_an_agent,
    },
    Law { name: "who waits for a device has one to wait for", holds: blocked_has_a_source },
    Law { name: "ready work waits no longer than its bound", holds: tee_waits },
    Law { name: "an interrupt of the REE waits no longer than its bound", holds: ree_waits },
    Law {
        name: "the TEE takes no CPU by itself that the REE has for itself",
        holds: |_, it| it.fault != Some(Fault::ShareTaken),
    },
    Law {
        name: "a thread that was entered runs for its least quantum",
        holds: |_, it| it.fault != Some(Fault::CutShort),
    },
    Law { name: "a quantum ends", holds: a_quantum_ends },
    Law {
        name: "each moment is billed once, to whom it belongs",
        holds: |_, it| it.fault != Some(Fault::Misbilled),
    },
    Law { name: "services work for those that wait for them, and for nobody twice", holds: chains_are_whole },
    Law { name: "nobody waits for himself", holds: nobody_waits_for_himself },
    Law {
        name: "those in the line are those that wait for a CPU, an agent or a service, each once",
        holds: line_is_right,
    },
    Law { name: "no work is on a CPU that is switched off", holds: none_on_a_dead_cpu },
    Law { name: "who lends his urgency is served no later than it says", holds: urgency_is_inherited },
];

fn threads(scene: &Scene) -> impl Iterator<Item = (ThreadId, &Thread)> {
    ThreadId::all().map(|id| (id, scene.state.thread(id)))
}

fn none_lost(_: &Setting, scene: &Scene) -> bool {
    let there = threads(scene).filter(|(_, it)| it.kind() == Kind::Request && it.phase() != Phase::Free);
    there.count() == usize::from(scene.pending)
}

fn running_agrees(setting: &Setting, scene: &Scene) -> bool {
    let of_cpus = setting.cpus().all(|cpu| {
        let of = scene.state.cpu(cpu);
        let runs = of.current().is_some_and(|it| scene.state.thread(it).phase() == Phase::Running(cpu));
        (of.world() == World::Tee) == runs && (of.current().is_some() == runs)
    });
    of_cpus
        && threads(scene).all(|(id, it)| match it.phase() {
            Phase::Running(cpu) => scene.state.cpu(cpu).current() == Some(id),
            _ => true,
        })
}

fn one_place(setting: &Setting, scene: &Scene) -> bool {
    let in_tee = setting.cpus().filter(|cpu| scene.state.cpu(*cpu).world() == World::Tee).count();
    setting.config.goal == Goal::Many || in_tee <= 1
}

fn idle_is_idle(setting: &Setting, scene: &Scene) -> bool {
    setting.cpus().all(|cpu| {
        let of = scene.state.cpu(cpu);
        match of.world() {
            World::Idle => of.is_ree_idle() && (!of.ticks() || !setting.config.nohz),
            World::Ree => !of.is_ree_idle(),
            World::Tee | World::Off => true,
        }
    })
}

/// Whether the TEE is on another CPU and on one only: it takes over all work when it leaves there.
fn waits_for_the_gate(setting: &Setting, scene: &Scene, cpu: CpuId) -> bool {
    let elsewhere = |it: CpuId| it != cpu && scene.state.cpu(it).world() == World::Tee;
    setting.config.goal == Goal::One && setting.cpus().any(elsewhere)
}

fn ready_wakes(setting: &Setting, scene: &Scene) -> bool {
    threads(scene).all(|(_, it)| match it.phase() {
        Phase::Ready(cpu) => {
            scene.state.cpu(cpu).world() != World::Idle
                || scene.sgis.contains(cpu)
                || waits_for_the_gate(setting, scene, cpu)
        }
        _ => true,
    })
}

fn ready_comes_back(setting: &Setting, scene: &Scene) -> bool {
    threads(scene).all(|(_, it)| {
        let Phase::Ready(cpu) = it.phase() else { return true };
        let of = scene.state.cpu(cpu);
        let by_interrupt = of.world() == World::Tee || of.ticks() || scene.sgis.contains(cpu);
        // Without a tick it is the REE that comes back: whoever asked, or its idle thread.
        let by_ree = setting.config.tick == Tick::None || setting.config.resume != Resume::Tick;
        by_interrupt || by_ree || waits_for_the_gate(setting, scene, cpu)
    })
}

fn done_is_told(_: &Setting, scene: &Scene) -> bool {
    threads(scene).all(|(_, it)| {
        if it.phase() != Phase::Done {
            return true;
        }
        let of = scene.state.cpu(it.origin());
        of.world() != World::Idle || scene.bells.contains(it.origin())
    })
}

fn blocked_has_a_source(_: &Setting, scene: &Scene) -> bool {
    let waiting = threads(scene).filter(|(_, it)| it.phase() == Phase::Blocked(Cause::Device));
    waiting.count() == usize::from(scene.devices)
}

fn tee_waits(setting: &Setting, scene: &Scene) -> bool {
    let Some(bound) = setting.tee_bound() else { return true };
    scene.waited.iter().all(|it| *it <= bound)
}

fn ree_waits(setting: &Setting, scene: &Scene) -> bool {
    let Some(bound) = setting.config.ree_waits else { return true };
    scene.held.iter().all(|it| *it <= bound.saturating_add(1))
}

fn chains_are_whole(_: &Setting, scene: &Scene) -> bool {
    threads(scene).all(|(id, it)| match it.caller() {
        Some(caller) => scene.state.thread(caller).phase() == Phase::Blocked(Cause::Service(id)),
        None => match it.phase() {
            Phase::Blocked(Cause::Service(service)) => scene.state.thread(service).caller().is_some(),
            _ => true,
        },
    })
}

fn nobody_waits_for_himself(_: &Setting, scene: &Scene) -> bool {
    threads(scene).all(|(id, it)| {
        let mut at = it.phase();
        for _ in 0..THREADS {
            let Phase::Blocked(Cause::Service(next)) = at else { return true };
            if next == id {
                return false;
            }
            at = scene.state.thread(next).phase();
        }
        false
    })
}

fn line_is_right(_: &Setting, scene: &Scene) -> bool {
    let mut seen = ThreadSet::EMPTY;
    let once = scene.state.waiting().all(|id| {
        let new = !seen.contains(id);
        seen.insert(id);
        new
    });
    let waits = |id: ThreadId, phase: Phase| match phase {
        Phase::Ready(_) | Phase::Queued => true,
        Phase::Blocked(Cause::Service(service)) => scene.state.thread(service).caller() != Some(id),
        _ => false,
    };
    once && threads(scene).all(|(id, it)| waits(id, it.phase()) == seen.contains(id))
}

fn none_on_a_dead_cpu(_: &Setting, scene: &Scene) -> bool {
    threads(scene).all(|(_, it)| match it.phase() {
        Phase::Ready(cpu) | Phase::Running(cpu) => scene.state.cpu(cpu).world() != World::Off,
        _ => true,
    })
}

/// A service is at least as urgent as each who waits for it.
fn urgency_is_inherited(_: &Setting, scene: &Scene) -> bool {
    threads(scene).all(|(_, it)| match it.phase() {
        Phase::Blocked(Cause::Service(service)) => scene.state.thread(service).urgency() <= it.urgency(),
        _ => true,
    })
}

/// Whoever polls will find it anyway; what is asked here is that nobody has to.
fn queued_has_an_agent(setting: &Setting, scene: &Scene) -> bool {
    threads(scene).filter(|(_, it)| it.phase() == Phase::Queued).all(|(_, it)| {
        let agent = Scene::agent_of(setting, it.origin());
        let comes_back = scene.state.cpu(agent).agent().is_some_and(|id| {
            let thread = scene.state.thread(id);
            thread.phase() != Phase::Done || scene.bells.contains(thread.origin())
        });
        let rung = setting.config.agent == Agent::EachCpu && scene.bells.contains(agent);
        scene.awake.contains(agent) || scene.agent_is_inside(setting, agent) || comes_back || rung
    })
}

/// Where one timer serves both, it goes on while either has the CPU: the TEE's being idle is not enough.
fn shared_tick_goes_on(setting: &Setting, scene: &Scene) -> bool {
    !setting.config.tick.is_shared()
        || setting.cpus().all(|cpu| {
            let of = scene.state.cpu(cpu);
            of.ticks() || matches!(of.world(), World::Idle | World::Off)
        })
}

/// Where an interrupt of the REE waits only for the least quantum, somebody measures it.
fn a_quantum_ends(setting: &Setting, scene: &Scene) -> bool {
    let at_once = setting.config.priority == Priority::ReeOverTee && setting.config.entry != Entry::Call;
    !at_once
        || setting.cpus().all(|cpu| {
            let of = scene.state.cpu(cpu);
            of.world() != World::Tee || !of.is_deferred() || scene.quanta.contains(cpu)
        })
}
