//! What happened to verdicts after they were given, for whoever relies on them: numbered from 1,
//! the last 4,096 of them kept, read by asking for what came after a number.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;

/// Events that are kept.
const MAX_KEPT: usize = 4096;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Event {
    /// Its number.
    pub(crate) number: u64,
    /// When it happened.
    pub(crate) at: String,
    /// `collateral`: new collateral is in force. `revoked`: a platform that was accepted is not any more.
    pub(crate) kind: &'static str,
    /// Which set of collateral was put in force.
    pub(crate) generation: u64,
    /// Whose verdict fell; none where it is about no platform.
    pub(crate) platform: Option<String>,
    /// What that attester was called when it was accepted.
    pub(crate) subject: Option<String>,
    /// Why.
    pub(crate) reasons: Vec<String>,
}

/// What somebody gets who asks for events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Page {
    /// In the order in which they happened.
    pub(crate) events: Vec<Event>,
    /// What to ask for next.
    pub(crate) next: u64,
    /// Whether some came after the number asked for and are not kept any more: everything relied on
    /// has to be verified again.
    pub(crate) missed: bool,
}

/// The events that are kept.
pub(crate) struct Events {
    kept: Mutex<VecDeque<Event>>,
    last: watch::Sender<u64>,
}

impl Events {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { kept: Mutex::default(), last: watch::Sender::new(0) }
    }

    /// Adds one. Its number is given here.
    pub(crate) fn add(&self, event: Event) {
        let mut kept = self.kept();
        let number = self.last.borrow().saturating_add(1);
        kept.push_back(Event { number, ..event });
        if kept.len() > MAX_KEPT {
            kept.pop_front();
        }
        self.last.send_replace(number);
    }

    /// What came after this number; if nothing did, what comes within `wait`.
    pub(crate) async fn after(&self, number: u64, wait: Duration) -> Page {
        let mut last = self.last.subscribe();
        // A number of before a restart is beyond the last: it is not waited for.
        let news = last.wait_for(|last| *last != number);
        // Time that is up is no error: the page is empty then.
        drop(tokio::time::timeout(wait, news).await);
        self.page(number)
    }

    fn page(&self, number: u64) -> Page {
        let kept = self.kept();
        let next = *self.last.borrow();
        let events: Vec<_> = kept.iter().filter(|it| it.number > number).cloned().collect();
        let oldest = kept.front().map_or(next.saturating_add(1), |it| it.number);
        let missed = number > next || number.saturating_add(1) < oldest;
        let events = if number > next { kept.iter().cloned().collect() } else { events };
        Page { events, next, missed }
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Event>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(generation: u64) -> Event {
        let (at, platform, subject, reasons) = (String::new(), None, None, Vec::new());
        Event { number: 0, at, kind: "collateral", generation, platform, subject, reasons }
    }

    fn numbers(page: &Page) -> Vec<u64> {
        page.events.iter().map(|it| it.number).collect()
    }

    #[test]
    fn what_came_after_is_told_and_where_to_go_on() {
        let events = Events::new();
        (0..3).for_each(|it| events.add(event(it)));
        let page = events.page(1);
        assert_eq!((numbers(&page), page.next, page.missed), (vec![2, 3], 3, false));
        assert!(events.page(3).events.is_empty());
    }

    #[test]
    fn who_was_away_too_long_is_told() {
        let events = Events::new();
        (0..5000).for_each(|it| events.add(event(it)));
        let page = events.page(10);
        assert!(page.missed);
        assert_eq!((page.events.len(), page.next), (MAX_KEPT, 5000));
        assert!(!events.page(4999).missed);
    }

    #[test]
    fn who_asks_with_a_number_of_before_a_restart_is_told_everything() {
        let events = Events::new();
        events.add(event(1));
        let page = events.page(77);
        assert!(page.missed);
        assert_eq!((numbers(&page), page.next), (vec![1], 1));
    }
}
