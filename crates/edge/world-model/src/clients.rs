//! Clients of the REE and their sessions, beside everything else that can happen.
//!
//! A client opens sessions, has commands run in them, cancels and closes, and dies, on whichever CPU it is; a command
//! is a request. What the sessions should come to is counted apart. Who invokes in a session that is busy or over gets
//! a thread that ends and has no session.

use casemate_world::{
    Answer, Cause, ClientId, Closing, CpuId, Event, Kind, Phase, Request, SessionError, SessionId, Sessions,
    THREADS, ThreadId, World,
};
use stateright::{Checker, Model, Property};

use crate::{Happening, LAWS, Scene, Setting, What};

/// Clients, in a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clients {
    /// What there is beside; as many requests are made as commands.
    pub setting: Setting,
    /// How many clients there are.
    pub clients: u8,
    /// How often a session is opened in all.
    pub opens: u8,
}

/// A state of everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Visit {
    scene: Scene,
    sessions: Sessions,
    /// Sessions that were opened, and whose they are; closed ones stay in the hands of whoever had them.
    known: Vec<Known>,
    /// The session, by its place among those, in which each thread's command runs.
    commands: [Option<u8>; THREADS],
    /// Clients that live.
    alive: u8,
    fault: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Known {
    id: SessionId,
    client: u8,
    /// Its client has closed it, or is dead.
    given_up: bool,
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// What happens without clients.
    Other(Happening),
    /// A client opens a session.
    Open(u8),
    /// A command in a session, on a CPU.
    Invoke(CpuId, u8),
    /// The command that runs in a session is to end, says its client on a CPU.
    Cancel(CpuId, u8),
    /// A session is closed.
    Close(u8),
    /// A client dies, which the REE notices on a CPU.
    Die(CpuId, u8),
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visits {
    /// Different states that were looked at.
    pub states: usize,
    /// Laws that are broken, with a shortest way there.
    pub broken: Vec<(&'static str, Vec<Deed>)>,
    /// Whether there is a way in which all sessions are opened, used and over.
    pub all_are_over: bool,
}

const OVER: &str = "all sessions are over";
const ONE_AT_A_TIME: &str = "commands of a session run one at a time, and have it until they end";
const GONE: &str = "a client that is dead has nothing left but commands that are to end";
const ENDS: &str = "who is to end does not wait for a device";
const OTHERS: &str = "nobody gets a session that is another's or is over";
const EVERYTHING_ELSE: &str = "every law that holds without clients holds with them";

impl Clients {
    /// Looks at everything that can happen.
    #[must_use]
    pub fn search(&self) -> Visits {
        let done = self.checker().spawn_bfs().join();
        let mut visits =
            Visits { states: done.unique_state_count(), broken: Vec::new(), all_are_over: false };
        for (law, path) in done.discoveries() {
            match law {
                OVER => visits.all_are_over = true,
                _ => visits.broken.push((law, path.into_actions())),
            }
        }
        visits
    }

    fn step(&self, visit: &mut Visit, cpu: CpuId, event: Event) -> Answer {
        let before = visit.scene.clone();
        let outcome = self.setting.take_step(&before, &mut visit.scene, cpu, event);
        // A command is over when its thread is done, wherever that is.
        for id in ThreadId::all() {
            let thread = visit.scene.state.thread(id);
            let was_done = matches!(before.state.thread(id).phase(), Phase::Done | Phase::Free);
            let freed = before.state.thread(id).kind() == Kind::Request && thread.phase() == Phase::Free;
            if !was_done && (thread.phase() == Phase::Done || freed) {
                visit.end(id);
            }
        }
        outcome.answer
    }

    fn invoke(&self, visit: &mut Visit, cpu: CpuId, at: u8) {
        let answer = self.step(visit, cpu, Event::Submit(Request::PLAIN));
        let (Answer::Accepted(id) | Answer::Pending(id) | Answer::Queued(id)) = answer else { return };
        let known = visit.known[usize::from(at)];
        match visit.sessions.begin(known.id, ClientId(u32::from(known.client)), id) {
            Ok(()) if known.given_up => visit.fault = Some(OTHERS),
            Ok(()) => visit.commands[id.index()] = Some(at),
            Err(SessionError::Unknown | SessionError::Closing) if !known.given_up => {
                visit.fault = Some(OTHERS)
            }
            Err(_) => {}
        }
        let other = ClientId(u32::from(known.client) + 1);
        if visit.sessions.clone().begin(known.id, other, id) != Err(SessionError::Unknown) {
            visit.fault = Some(OTHERS);
        }
    }
}

impl Visit {
    fn end(&mut self, id: ThreadId) {
        let Some(at) = self.commands[id.index()].take() else { return };
        let closed = self.sessions.end(id);
        let known = self.known[usize::from(at)];
        if closed.is_some() != known.given_up || closed.is_some_and(|it| it != known.id) {
            self.fault = Some(ONE_AT_A_TIME);
        }
    }

    fn lives(&self, client: u8) -> bool {
        self.alive & (1 << client) != 0
    }
}

impl Model for Clients {
    type State = Visit;
    type Action = Deed;

    fn init_states(&self) -> Vec<Visit> {
        let scene = self.setting.begin().into_iter();
        let alive = (0..self.clients).fold(0, |all, it| all | (1 << it));
        let visit = |scene| Visit {
            scene,
            sessions: Sessions::new(),
            known: Vec::new(),
            commands: [None; THREADS],
            alive,
            fault: None,
        };
        scene.map(visit).collect()
    }

    fn actions(&self, visit: &Visit, to: &mut Vec<Deed>) {
        let mut all = Vec::new();
        self.setting.happenings(&visit.scene, &mut all);
        let submits = |it: &Happening| matches!(it.what, What::Event(Event::Submit(_)));
        to.extend(all.iter().filter(|it| !submits(it)).map(|it| Deed::Other(*it)));
        let in_ree = || self.setting.cpus().filter(|cpu| visit.scene.state.cpu(*cpu).world() == World::Ree);
        for client in (0..self.clients).filter(|it| visit.lives(*it)) {
            if visit.known.len() < usize::from(self.opens) {
                to.push(Deed::Open(client));
            }
            to.extend(in_ree().map(|cpu| Deed::Die(cpu, client)));
        }
        for (at, known) in (0_u8..).zip(&visit.known) {
            if !visit.lives(known.client) {
                continue;
            }
            if visit.scene.left > 0 {
                to.extend(in_ree().map(|cpu| Deed::Invoke(cpu, at)));
            }
            let runs = visit.commands.contains(&Some(at));
            to.extend(in_ree().filter(|_| runs).map(|cpu| Deed::Cancel(cpu, at)));
            if !known.given_up {
                to.push(Deed::Close(at));
            }
        }
    }

    fn next_state(&self, visit: &Visit, deed: Deed) -> Option<Visit> {
        let mut next = visit.clone();
        match deed {
            Deed::Other(Happening { cpu, what: What::Event(event) }) => {
                self.step(&mut next, cpu, event);
            }
            Deed::Other(happening) => next.scene = self.setting.follow(&visit.scene, happening),
            Deed::Open(client) => {
                let id = next.sessions.open(ClientId(u32::from(client))).ok()?;
                next.known.push(Known { id, client, given_up: false });
            }
            Deed::Invoke(cpu, at) => self.invoke(&mut next, cpu, at),
            Deed::Cancel(cpu, at) => {
                let Known { id, client, .. } = next.known[usize::from(at)];
                if let Ok(Some(thread)) = next.sessions.cancel(id, ClientId(u32::from(client))) {
                    self.step(&mut next, cpu, Event::Cancel(thread));
                }
            }
            Deed::Close(at) => {
                let Known { id, client, .. } = next.known[usize::from(at)];
                let runs = next.commands.contains(&Some(at));
                let closing = next.sessions.close(id, ClientId(u32::from(client)));
                if runs != matches!(closing, Ok(Closing::After(_))) {
                    next.fault = Some(ONE_AT_A_TIME);
                }
                next.known[usize::from(at)].given_up = true;
            }
            Deed::Die(cpu, client) => {
                next.alive &= !(1 << client);
                next.known.iter_mut().filter(|it| it.client == client).for_each(|it| it.given_up = true);
                let ends = next.sessions.client_died(ClientId(u32::from(client)));
                for thread in ends.iter() {
                    if next.scene.state.cpu(cpu).world() == World::Ree {
                        self.step(&mut next, cpu, Event::Cancel(thread));
                    }
                }
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ONE_AT_A_TIME, |_, visit: &Visit| {
                visit.fault != Some(ONE_AT_A_TIME)
                    && (0_u8..).zip(&visit.known).all(|(at, known)| {
                        let mut running = ThreadId::all().filter(|it| visit.commands[it.index()] == Some(at));
                        let (first, more) = (running.next(), running.next());
                        let found =
                            visit.sessions.clone().cancel(known.id, ClientId(u32::from(known.client)));
                        more.is_none() && (first.is_none() || found == Ok(first))
                    })
            }),
            Property::always(GONE, |_, visit: &Visit| {
                visit.known.iter().filter(|it| !visit.lives(it.client)).all(|known| {
                    match visit.sessions.clone().cancel(known.id, ClientId(u32::from(known.client))) {
                        Err(_) => true,
                        Ok(None) => false,
                        Ok(Some(id)) => visit.scene.state.thread(id).is_cancelled(),
                    }
                })
            }),
            Property::always(ENDS, |_, visit: &Visit| {
                ThreadId::all()
                    .map(|it| visit.scene.state.thread(it))
                    .all(|it| !(it.is_cancelled() && it.phase() == Phase::Blocked(Cause::Device)))
            }),
            Property::always(OTHERS, |_, visit: &Visit| visit.fault != Some(OTHERS)),
            Property::always(EVERYTHING_ELSE, |clients: &Self, visit: &Visit| {
                LAWS.iter().all(|law| (law.holds)(&clients.setting, &visit.scene))
            }),
            Property::sometimes(OVER, |clients: &Self, visit: &Visit| {
                visit.known.len() == usize::from(clients.opens)
                    && visit.sessions.is_empty()
                    && (visit.scene.left, visit.scene.pending) == (0, 0)
            }),
        ]
    }
}
