//! Everything that can happen next: a REE on each CPU, devices, timers, interrupts that are under way.

use casemate_world::{Agent, CpuId, Event, Kind, Phase, Request, ThreadId, Tick, World};

use crate::{Scene, Setting};

/// Something that happens on a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Happening {
    /// Where.
    pub cpu: CpuId,
    /// What.
    pub what: What,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// Something that the design decides about.
    Event(Event),
    /// A tick's time goes by and no tick comes, because its owner withholds it.
    Beat,
}

impl Setting {
    /// Everything that can happen next.
    pub fn happenings(&self, scene: &Scene, to: &mut Vec<Happening>) {
        for cpu in self.cpus() {
            let mut can = |event| to.push(Happening { cpu, what: What::Event(event) });
            let of = scene.state.cpu(cpu);
            match of.world() {
                World::Off => can(Event::Online),
                World::Ree => {
                    self.in_ree(scene, cpu, &mut can);
                    let mut others = self.cpus().filter(|other| *other != cpu);
                    if self.hotplug && others.any(|it| scene.state.cpu(it).world() != World::Off) {
                        can(Event::Offline);
                    }
                }
                World::Tee => self.in_tee(scene, cpu, &mut can),
                World::Idle => {
                    if scene.bells.contains(cpu) || self.noise {
                        can(Event::NonSecure);
                    }
                }
            }
            let floods = self.owns_the_tick() && of.world() == World::Tee;
            if of.ticks() || floods {
                can(Event::Tick);
            }
            if scene.sgis.contains(cpu) {
                can(Event::Sgi);
            }
            if self.owns_the_tick() && of.world() == World::Ree && self.is_late_soon(scene, cpu) {
                to.push(Happening { cpu, what: What::Beat });
            }
        }
        self.devices_ring(scene, to);
    }

    pub(crate) fn cpus(&self) -> impl Iterator<Item = CpuId> + use<> {
        CpuId::all().take(usize::from(self.config.cpus))
    }

    /// Whether a hostile REE has the tick in its hands.
    fn owns_the_tick(&self) -> bool {
        self.hostile && self.config.tick == Tick::UnifiedRee
    }

    /// Whether it changes anything that more time goes by: something is ready, and not too late yet.
    fn is_late_soon(&self, scene: &Scene, cpu: CpuId) -> bool {
        let ready = ThreadId::all().any(|id| scene.state.thread(id).phase() == Phase::Ready(cpu));
        ready && self.tee_bound().is_some_and(|bound| scene.waited[cpu.index()] <= bound)
    }

    /// For how many ticks ready work may wait while the REE runs. Where the REE has just had to wait, its own share
    /// comes first.
    pub(crate) fn tee_bound(&self) -> Option<u8> {
        self.config.tee_waits.map(|it| it.saturating_add(self.config.ree_share))
    }

    fn devices_ring(&self, scene: &Scene, to: &mut Vec<Happening>) {
        let mut rings = |cpu, thread| to.push(Happening { cpu, what: What::Event(Event::Device(thread)) });
        // Interrupts that nobody waits for come as well: for a thread that runs.
        for cpu in self.cpus() {
            if let (true, Some(thread)) = (self.devices && self.noise, scene.state.cpu(cpu).current()) {
                rings(cpu, thread);
            }
        }
        // Interrupts of devices go to the first CPU that is on.
        let first = CpuId::all().find(|cpu| scene.state.cpu(*cpu).world() != World::Off);
        if let (true, Some(first)) = (scene.devices > 0, first) {
            ThreadId::all().filter(|it| scene.is_awaited(*it)).for_each(|it| rings(first, it));
        }
    }

    fn in_ree(&self, scene: &Scene, cpu: CpuId, can: &mut impl FnMut(Event)) {
        let rings = scene.bells.contains(cpu);
        let agent = Scene::agent_of(self, cpu);
        let mut done = false;
        let mut unclaimed = false;
        for id in ThreadId::all() {
            let thread = scene.state.thread(id);
            if thread.kind() != Kind::Request {
                continue;
            }
            let own = thread.origin() == cpu;
            done |= own && thread.phase() == Phase::Done;
            unclaimed |= own && thread.phase() == Phase::Done && scene.state.cpu(agent).agent() != Some(id);
            // Whoever asks goes on with it wherever the REE puts him, unless he is in the TEE already.
            let outside = !scene.asked.contains(&Some(id));
            if self.config.agent == Agent::Caller && matches!(thread.phase(), Phase::Ready(_)) && outside {
                can(Event::Resume(id));
            }
        }
        if scene.left > 0 {
            can(Event::Submit(Request::PLAIN));
            if self.urgent {
                can(Event::Submit(Request { priority: 1, ..Request::PLAIN }));
            }
            if self.asynchronous && self.config.agent != Agent::Caller {
                can(Event::Submit(Request { sync: false, ..Request::PLAIN }));
            }
        }
        if self.config.scheduling_call {
            can(Event::Schedule);
        }
        if rings {
            can(Event::NonSecure);
        }
        let ready_to_issue = scene.awake.contains(agent) && !scene.agent_is_inside(self, agent);
        if self.config.agent == Agent::Caller {
            if done {
                can(Event::Collect);
            }
        } else {
            if ready_to_issue {
                can(Event::Issue);
            }
            if unclaimed {
                can(Event::Collect);
            }
        }
        // A REE that knows of an answer does not sleep before it has fetched it, nor while its agent could go on and
        // nobody else is there to run it.
        let alone = self.config.agent == Agent::EachCpu
            || self.cpus().all(|it| it == cpu || scene.state.cpu(it).world() != World::Ree);
        if self.config.idle_hand_over && (!done || rings) && !(ready_to_issue && alone) {
            can(Event::Idle);
        }
    }

    fn in_tee(&self, scene: &Scene, cpu: CpuId, can: &mut impl FnMut(Event)) {
        can(Event::Finish);
        if self.devices {
            can(Event::Block);
        }
        if scene.bells.contains(cpu) || self.noise {
            can(Event::NonSecure);
        }
        if scene.quanta.contains(cpu) {
            can(Event::Quantum);
        }
        let Some(current) = scene.state.cpu(cpu).current() else { return };
        for id in ThreadId::all().filter(|id| self.services > 0 && *id != current) {
            let thread = scene.state.thread(id);
            if thread.kind() == Kind::Service && thread.phase() != Phase::Free {
                can(Event::Call(id));
            }
        }
    }
}
