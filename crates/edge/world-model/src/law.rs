//! What must hold in every state.

use casemate_world::{
    Cause, CpuId, Entry, Goal, Kind, Phase, Priority, Resume, THREADS, Thread, ThreadId, ThreadSet, Tick,
    World,
};

use crate::{Scene, Setting};

/// Something that must hold in every state.
#[derive(Clone, Copy)]
pub struct Law {
    /// Its name, as reports have it.
    pub name: &'static str,
    /// Whether it holds.
    pub holds: fn(&Setting, &Scene) -> bool,
}

/// Every law.
pub const LAWS: [Law; 16] = [
    Law { name: "each step goes to one place, and says which", holds: |_, scene| scene.fault.is_none() },
    Law { name: "no request is lost, and none answered twice", holds: none_lost },
    Law { name: "who runs and where is agreed", holds: running_agrees },
    Law { name: "goal 1: the TEE is on one CPU at a time", holds: one_place },
    Law { name: "a CPU sleeps only if the REE said so, and without a tick if it may", holds: idle_is_idle },
    Law { name: "work that is ready on a sleeping CPU wakes it", holds: ready_wakes },
    Law { name: "work that is ready has something that brings it back", holds: ready_comes_back },
    Law { name: "a request that is done tells its REE", holds: done_is_told },
    Law { name: "who waits for a device has one to wait for", holds: blocked_has_a_source },
    Law { name: "ready work waits no longer than its bound", holds: tee_waits },
    Law { name: "an interrupt of the REE waits no longer than its bound", holds: ree_waits },
    Law { name: "services work for those that wait for them, and for nobody twice", holds: chains_are_whole },
    Law { name: "nobody waits for himself", holds: nobody_waits_for_himself },
    Law {
        name: "those in the line are those that wait for a CPU or an agent, each once",
        holds: line_is_right,
    },
    Law { name: "no work is on a CPU that is switched off", holds: none_on_a_dead_cpu },
    Law { name: "a quantum ends", holds: a_quantum_ends },
];

fn cpus(setting: &Setting) -> impl Iterator<Item = CpuId> {
    CpuId::all().take(usize::from(setting.config.cpus))
}

fn threads(scene: &Scene) -> impl Iterator<Item = (ThreadId, &Thread)> {
    ThreadId::all().map(|id| (id, scene.state.thread(id)))
}

fn none_lost(_: &Setting, scene: &Scene) -> bool {
    let there = threads(scene).filter(|(_, it)| it.kind() == Kind::Request && it.phase() != Phase::Free);
    there.count() == usize::from(scene.pending)
}

fn running_agrees(setting: &Setting, scene: &Scene) -> bool {
    let of_cpus = cpus(setting).all(|cpu| {
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
    let in_tee = cpus(setting).filter(|cpu| scene.state.cpu(*cpu).world() == World::Tee).count();
    setting.config.goal == Goal::Many || in_tee <= 1
}

fn idle_is_idle(setting: &Setting, scene: &Scene) -> bool {
    cpus(setting).all(|cpu| {
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
    setting.config.goal == Goal::One && cpus(setting).any(elsewhere)
}

fn ready_wakes(setting: &Setting, scene: &Scene) -> bool {
    threads(scene).all(|(_, it)| match it.phase() {
        Phase::Ready(cpu) => {
            scene.state.cpu(cpu).world() != World::Idle
                || scene.sgis[cpu.index()]
                || waits_for_the_gate(setting, scene, cpu)
        }
        _ => true,
    })
}

fn ready_comes_back(setting: &Setting, scene: &Scene) -> bool {
    threads(scene).all(|(_, it)| {
        let Phase::Ready(cpu) = it.phase() else { return true };
        let of = scene.state.cpu(cpu);
        let by_interrupt = of.world() == World::Tee || of.ticks() || scene.sgis[cpu.index()];
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
        of.world() != World::Idle || scene.bells[it.origin().index()]
    })
}

fn blocked_has_a_source(_: &Setting, scene: &Scene) -> bool {
    let waiting = threads(scene).filter(|(_, it)| it.phase() == Phase::Blocked(Cause::Device));
    waiting.count() == usize::from(scene.devices)
}

fn tee_waits(setting: &Setting, scene: &Scene) -> bool {
    let Some(bound) = setting.config.tee_waits else { return true };
    // Where the REE has just had to wait, its own share comes first.
    let bound = bound.saturating_add(setting.config.ree_share);
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
        new && matches!(scene.state.thread(id).phase(), Phase::Ready(_) | Phase::Queued)
    });
    let waits = |phase: Phase| matches!(phase, Phase::Ready(_) | Phase::Queued);
    once && threads(scene).all(|(id, it)| waits(it.phase()) == seen.contains(id))
}

fn none_on_a_dead_cpu(_: &Setting, scene: &Scene) -> bool {
    threads(scene).all(|(_, it)| match it.phase() {
        Phase::Ready(cpu) | Phase::Running(cpu) => scene.state.cpu(cpu).world() != World::Off,
        _ => true,
    })
}

/// Where an interrupt of the REE waits only for the least quantum, somebody measures it.
fn a_quantum_ends(setting: &Setting, scene: &Scene) -> bool {
    let at_once = setting.config.priority == Priority::ReeOverTee && setting.config.entry != Entry::Call;
    !at_once
        || cpus(setting).all(|cpu| {
            let of = scene.state.cpu(cpu);
            of.world() != World::Tee || !of.is_deferred() || scene.quanta[cpu.index()]
        })
}
