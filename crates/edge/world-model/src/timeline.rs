//! A way through the states, moment by moment, in words.

use std::fmt;

use casemate_world::{Answer, CpuId, CpuSet, Event, Go, Outcome, ThreadId, World};

use crate::{Happening, Scene, Setting, What};

/// Something that happened, what was decided, and how things stood then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What happened.
    pub happening: Happening,
    /// What was decided about it; nothing, where only time went by.
    pub outcome: Option<Outcome>,
    /// How things stood then.
    pub after: Scene,
}

impl Setting {
    /// Lets things happen one after another, from the beginning. Where the design makes no sense nothing happens.
    #[must_use]
    pub fn replay(&self, timeline: &[Happening]) -> Vec<Moment> {
        let Ok(mut scene) = self.begin() else { return Vec::new() };
        let moment = |happening: &Happening| {
            let mut after = self.follow(&scene, *happening);
            let outcome = match happening.what {
                What::Event(event) => Some(self.take_step(&scene, &mut scene.clone(), happening.cpu, event)),
                What::Beat => None,
            };
            std::mem::swap(&mut scene, &mut after);
            Moment { happening: *happening, outcome, after: scene.clone() }
        };
        timeline.iter().map(moment).collect()
    }
}

impl Moment {
    /// What was decided: where the CPU goes, who is answered, who is told.
    #[must_use]
    pub fn decided(&self) -> String {
        let Some(outcome) = &self.outcome else { return "nothing".to_owned() };
        let mut said = vec![match outcome.go {
            Go::Ree => "to the REE".to_owned(),
            Go::Thread(thread) => format!("to thread {thread}"),
            Go::Stay => "goes on".to_owned(),
            Go::Sleep => "sleeps".to_owned(),
            Go::Off => "off".to_owned(),
        }];
        said.extend(answer(&outcome.answer));
        said.extend(told("SGI to", outcome.sgis));
        said.extend(told("doorbell to", outcome.doorbells));
        let also = [
            (outcome.ree_tick, "a tick for the REE"),
            (outcome.quantum, "its least quantum is measured"),
            (outcome.wake_agent, "wakes the agent"),
        ];
        said.extend(also.iter().filter(|(is, _)| *is).map(|(_, what)| (*what).to_owned()));
        said.join(", ")
    }

    /// Where each CPU is then.
    #[must_use]
    pub fn cpus(&self, setting: &Setting) -> Vec<String> {
        setting.cpus().map(|cpu| place(&self.after, cpu)).collect()
    }
}

fn place(scene: &Scene, cpu: CpuId) -> String {
    let of = scene.state.cpu(cpu);
    match (of.world(), of.current()) {
        (World::Off, _) => "off".to_owned(),
        (World::Ree, _) => "REE".to_owned(),
        (World::Idle, _) => "idle".to_owned(),
        (World::Tee, Some(thread)) => format!("TEE thread {thread}"),
        (World::Tee, None) => "TEE".to_owned(),
    }
}

fn answer(answer: &Answer) -> Option<String> {
    let of = |what: &str, thread: &ThreadId| Some(format!("thread {thread} {what}"));
    match answer {
        Answer::Nothing => None,
        Answer::Accepted(id) => of("is accepted", id),
        Answer::Queued(id) => of("is queued", id),
        Answer::Finished(id) => of("is answered", id),
        Answer::Interrupted(id) => of("is interrupted", id),
        Answer::Pending(id) => of("is pending", id),
        Answer::Empty => Some("there is none".to_owned()),
        Answer::Refused(why) => Some(format!("refused: {why:?}")),
    }
}

fn told(how: &str, cpus: CpuSet) -> Option<String> {
    let named: Vec<_> = cpus.iter().map(|it| it.to_string()).collect();
    (!named.is_empty()).then(|| format!("{how} CPU {}", named.join(", ")))
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            What::Event(event) => words(event, f),
            What::Beat => f.write_str("a tick's time goes by without a tick"),
        }
    }
}

fn words(event: Event, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(match event {
        Event::Submit(request) if request.priority > 0 => "an important request is made",
        Event::Submit(request) if request.sync => "a request is made",
        Event::Submit(_) => "a request is made for which nobody waits",
        Event::Issue => "the agent comes",
        Event::Resume(thread) => return write!(f, "who asked for thread {thread} comes back"),
        Event::Schedule => "the REE lets the TEE schedule",
        Event::Collect => "the REE fetches an answer",
        Event::Cancel(thread) => return write!(f, "the REE cancels thread {thread}"),
        Event::Idle => "the REE has nothing to do",
        Event::Offline => "the REE switches the CPU off",
        Event::Online => "the CPU comes up",
        Event::Tick => "tick",
        Event::Quantum => "the least quantum is over",
        Event::Sgi => "SGI",
        Event::NonSecure => "non-secure interrupt",
        Event::Device(thread) => return write!(f, "secure interrupt for thread {thread}"),
        Event::Release(thread, _) => return write!(f, "thread {thread} is released"),
        Event::Finish => "the thread has done its work",
        Event::Block => "the thread waits for a device",
        Event::Call(service) => return write!(f, "the thread calls thread {service}"),
    })
}
