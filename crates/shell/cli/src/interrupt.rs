//! Ctrl-C, and a termination from outside: the first ends what runs, the second the process.

use std::process;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use crate::terminal::Terminal;

/// Ctrl-C: 128 + SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// What Ctrl-C does. There is one in a process.
#[derive(Clone, Default)]
pub(crate) struct Interrupt {
    pressed: Arc<AtomicBool>,
    stop: Arc<OnceLock<(&'static str, Stop)>>,
}

type Stop = Box<dyn Fn() + Send + Sync>;

impl Interrupt {
    /// Handles Ctrl-C from now on. While there is nothing to stop, it is `at_once` and the
    /// end of the process; the terminal is left as it was.
    pub(crate) fn watch(terminal: &Terminal, at_once: impl Fn() + Send + 'static) -> Result<Self, String> {
        let this = Self::default();
        let (watched, terminal) = (this.clone(), terminal.clone());
        let handler = move || {
            let again = watched.pressed.swap(true, SeqCst);
            match watched.stop.get() {
                Some((what, stop)) if !again => {
                    // What is said waits for its turn on the terminal; stopping does not.
                    stop();
                    terminal.print_error(&format!("interrupted: stopping {what} (again to quit at once)\n"));
                }
                Some(_) => quit(&terminal),
                None => {
                    terminal.quit();
                    at_once();
                    quit(&terminal);
                }
            }
        };
        ctrlc::set_handler(handler).map_err(|error| format!("Ctrl-C cannot be handled: {error}"))?;
        Ok(this)
    }

    /// What the first Ctrl-C stops, and how. Set once.
    pub(crate) fn stops(&self, what: &'static str, stop: impl Fn() + Send + Sync + 'static) {
        let _ = self.stop.set((what, Box::new(stop)));
    }

    /// Whether it was pressed.
    pub(crate) fn was_pressed(&self) -> bool {
        self.pressed.load(SeqCst)
    }
}

fn quit(terminal: &Terminal) -> ! {
    terminal.quit();
    process::exit(i32::from(INTERRUPTED))
}
