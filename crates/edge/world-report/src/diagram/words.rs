//! What events are called in diagrams.

use casemate_world::Event;

/// An event in a few words.
pub(super) const fn of(event: &Event) -> &'static str {
    match event {
        Event::Submit(_) => "request",
        Event::Issue => "issue",
        Event::Resume(_) => "resume",
        Event::Schedule => "schedule",
        Event::Collect => "collect",
        Event::Cancel(_) => "cancel",
        Event::Idle => "REE is idle",
        Event::Offline => "CPU off",
        Event::Online => "CPU on",
        Event::Tick => "tick",
        Event::Quantum => "quantum over",
        Event::Sgi => "SGI",
        Event::NonSecure => "non-secure interrupt",
        Event::Device(_) => "secure interrupt",
        Event::Release(..) => "release",
        Event::Finish => "thread ends",
        Event::Block => "thread waits",
        Event::Call(_) => "thread calls",
    }
}
