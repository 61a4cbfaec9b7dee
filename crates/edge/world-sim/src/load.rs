//! A scenario's load with all names looked up and all times in nanoseconds.

use casemate_world::{Config, Kind, Request, State, ThreadId};

use crate::replaying::Replaying;
use crate::thread::{After, Thread, ThreadKind};
use crate::{Periodic, Scenario, Task};

/// The load of a scenario.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    pub(crate) scenario: &'a Scenario,
    /// Per kind of task, what it calls.
    asks: Vec<Vec<ThreadId>>,
    /// Per service, its thread and what it calls.
    services: Vec<(ThreadId, Vec<ThreadId>)>,
    /// Per periodic task, its thread.
    pub(crate) periodic: Vec<ThreadId>,
    /// What was recorded.
    pub(crate) recorded: Replaying<'a>,
}

pub(crate) const fn nanos(micros: u64) -> u64 {
    micros.saturating_mul(1_000)
}

impl<'a> Load<'a> {
    /// Looks up names, and starts services and periodic tasks.
    pub(crate) fn new(scenario: &'a Scenario, config: &Config, state: &mut State) -> Self {
        let services: Vec<_> = scenario
            .services
            .iter()
            .filter_map(|_| state.spawn(Kind::Service, &Request::PLAIN, config))
            .collect();
        let named = |calls: &[String]| {
            let place = |name: &String| scenario.services.iter().position(|it| it.name == *name);
            calls.iter().filter_map(|it| services.get(place(it)?).copied()).collect::<Vec<_>>()
        };
        let spawned = |it: &Periodic| {
            let request = Request { priority: it.priority, suits_big: it.suits_big, ..Request::PLAIN };
            state.spawn(Kind::Periodic, &request, config)
        };
        let periodic = scenario.periodic.iter().filter_map(spawned).collect();
        let called = |it: &Task| it.request.as_ref().map(|it| named(&it.calls)).unwrap_or_default();
        let asks = scenario.tasks.iter().map(called).collect();
        let calls = scenario.services.iter().map(|it| named(&it.calls));
        let services = services.iter().copied().zip(calls).collect();
        let recorded = Replaying::new(scenario.replay(), config.cpus.into());
        Self { scenario, asks, services, periodic, recorded }
    }

    /// The threads that are there from the beginning.
    pub(crate) fn threads(&self) -> impl Iterator<Item = (ThreadId, Thread)> + '_ {
        let services = (0_u8..).zip(&self.services).zip(&self.scenario.services);
        let services =
            services.map(|((at, (id, _)), it)| (*id, ThreadKind::Service(at), nanos(it.work_micros)));
        let periodic = (0_u8..).zip(&self.periodic).zip(&self.scenario.periodic);
        let periodic = periodic.map(|((at, id), it)| (*id, ThreadKind::Periodic(at), nanos(it.work_micros)));
        services.chain(periodic).map(|(id, kind, work)| {
            let mut thread = Thread { kind, work, ..Thread::default() };
            self.begin(&mut thread);
            (id, thread)
        })
    }

    fn calls(&self, kind: ThreadKind) -> &[ThreadId] {
        match kind {
            ThreadKind::Request(at) => self.asks.get(usize::from(at)).map_or(&[], Vec::as_slice),
            ThreadKind::Service(at) => self.services.get(usize::from(at)).map_or(&[], |it| &it.1),
            ThreadKind::Periodic(_) | ThreadKind::None => &[],
        }
    }

    fn device(&self, kind: ThreadKind) -> Option<crate::Device> {
        match kind {
            ThreadKind::Request(at) => self.scenario.tasks.get(usize::from(at))?.request.as_ref()?.device,
            _ => None,
        }
    }

    /// A thread begins from its first piece.
    pub(crate) fn begin(&self, thread: &mut Thread) {
        thread.at = 0;
        self.next_piece(thread);
    }

    fn next_piece(&self, thread: &mut Thread) {
        let pauses = self.calls(thread.kind).len() + usize::from(self.device(thread.kind).is_some());
        thread.left = (thread.work / (pauses as u64 + 1)).max(1);
    }

    /// A piece of work is done: the next one is prepared, and what comes before it told.
    pub(crate) fn after_piece(&self, thread: &mut Thread) -> After {
        let calls = self.calls(thread.kind);
        let at = usize::from(thread.at);
        thread.at = thread.at.saturating_add(1);
        if let Some(service) = calls.get(at) {
            self.next_piece(thread);
            return After::Call(*service);
        }
        match self.device(thread.kind) {
            Some(device) if at == calls.len() => {
                self.next_piece(thread);
                After::Wait { nanos: nanos(device.after_micros), cpu: device.cpu }
            }
            _ => After::Finish,
        }
    }
}

impl Load<'_> {
    /// To which CPU the interrupt goes that a thread waits for.
    pub(crate) fn device_cpu(&self, thread: &Thread) -> usize {
        self.device(thread.kind).map_or(0, |it| it.cpu.into())
    }
}
