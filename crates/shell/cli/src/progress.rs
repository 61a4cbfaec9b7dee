//! How far something has come, shown once it takes over a second, where it can be drawn in place.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::terminal::Terminal;

/// What is over sooner is not shown.
const SHOWN_AFTER: Duration = Duration::from_secs(1);
const DRAWN_EVERY: Duration = Duration::from_millis(100);

/// Something that takes its time; over when it is dropped.
pub(crate) struct Progress {
    at: Arc<Mutex<At>>,
    drawing: Option<(Sender<()>, JoinHandle<()>)>,
    terminal: Terminal,
}

#[derive(Default)]
struct At {
    done: usize,
    now: String,
}

impl Progress {
    /// Begins `what`, which takes so many steps.
    pub(crate) fn begin(terminal: &Terminal, what: &'static str, steps: usize) -> Self {
        let at: Arc<Mutex<At>> = Arc::default();
        let drawing = terminal.is_live().then(|| {
            let (end, ended) = mpsc::channel::<()>();
            let (terminal, at) = (terminal.clone(), Arc::clone(&at));
            let draw = move || {
                let mut wait = SHOWN_AFTER;
                while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                    let (done, now) = {
                        let at = lock(&at);
                        (at.done, at.now.clone())
                    };
                    terminal.progress(what, done, steps, &now);
                    wait = DRAWN_EVERY;
                }
            };
            // Where no thread can be had, nothing is shown; whoever needs one says so.
            thread::Builder::new().name("casemate-progress".to_owned()).spawn(draw).ok().map(|it| (end, it))
        });
        Self { at, drawing: drawing.flatten(), terminal: terminal.clone() }
    }

    /// Names the step that begins now.
    pub(crate) fn step(&self, now: impl ToString) {
        lock(&self.at).now = now.to_string();
    }

    /// A step is over.
    pub(crate) fn done(&self) {
        lock(&self.at).done += 1;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((end, drawing)) = self.drawing.take() {
            drop(end);
            let _ = drawing.join();
            self.terminal.clear();
        }
    }
}

fn lock(at: &Mutex<At>) -> MutexGuard<'_, At> {
    at.lock().unwrap_or_else(PoisonError::into_inner)
}
