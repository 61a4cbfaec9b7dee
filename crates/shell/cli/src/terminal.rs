//! Where people read: a terminal with a live view at its bottom, or a pipe with plain lines.
//!
//! The live view is drawn where the stream is a terminal that can move its cursor
//! (`TERM` is set and not `dumb`); colours besides, unless `NO_COLOR` is set. The window
//! is measured anew at each drawing, so a resize needs no signal. Whatever else is
//! printed goes through here, so that it scrolls by above the view.
//!
//! Clones are the same terminal: Ctrl-C is handled on a thread of its own.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use casemate_model::{Nanos, Timestamp};
use casemate_report::live::{Glyphs, Region, View, Window, progress, told};
use casemate_report::{Event, Sample, Style, line};

/// Samples closer together than this are not drawn one by one.
const DRAWN_EVERY: Nanos = Nanos::from_millis(90);

/// A stream that people read.
#[derive(Clone)]
pub(crate) struct Terminal {
    state: Arc<Mutex<State>>,
    stream: Stream,
    /// It is a terminal, with colours if the user wants them.
    terminal: bool,
    colour: bool,
}

/// Which stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

#[derive(Default)]
struct State {
    /// Where the terminal can draw over what it shows.
    live: Option<Live>,
    started: Timestamp,
}

#[derive(Default)]
struct Live {
    glyphs: Glyphs,
    region: Region,
    showing: Showing,
    drawn: Timestamp,
}

#[derive(Default)]
enum Showing {
    #[default]
    Nothing,
    /// One line.
    Progress(String),
    Run(View),
}

impl Terminal {
    /// Looks at where the stream goes.
    pub(crate) fn new(stream: Stream) -> Self {
        let terminal = match stream {
            Stream::Stdout => io::stdout().is_terminal(),
            Stream::Stderr => io::stderr().is_terminal(),
        };
        let capable = env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb");
        let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let live = (terminal && capable).then(|| Live { glyphs: glyphs(), ..Live::default() });
        let state = State { live, ..State::default() };
        let colour = terminal && capable && !plain;
        Self { state: Arc::new(Mutex::new(state)), stream, terminal, colour }
    }

    /// Whether what happens is drawn in place.
    pub(crate) fn is_live(&self) -> bool {
        self.lock().live.is_some()
    }

    /// How text for this stream is laid out now.
    pub(crate) fn style(&self) -> Style {
        Style { width: self.terminal.then(|| self.size().0), colour: self.colour }
    }

    /// Prints whole lines.
    pub(crate) fn print(&self, text: &str) {
        self.above(&mut self.lock(), text);
    }

    /// Prints whole lines to stderr, wherever this terminal's own go.
    pub(crate) fn print_error(&self, text: &str) {
        if self.stream == Stream::Stderr {
            return self.print(text);
        }
        // Both streams are likely to be one terminal: the view makes way.
        let mut state = self.lock();
        self.erase(&mut state);
        let _ = io::stderr().write_all(text.as_bytes());
        self.above(&mut state, "");
    }

    /// Shows how far something has come. On a pipe nothing is shown.
    pub(crate) fn progress(&self, what: &str, done: usize, of: usize, now: &str) {
        let mut state = self.lock();
        let Some(window) = self.window(&state) else { return };
        if let Some(live) = &mut state.live {
            live.showing = Showing::Progress(progress(what, done, of, now, window));
        }
        self.above(&mut state, "");
    }

    /// Shows where something is that has no known end. On a pipe nothing is shown.
    pub(crate) fn tell(&self, text: &str) {
        let mut state = self.lock();
        let Some(window) = self.window(&state) else { return };
        if let Some(live) = &mut state.live {
            live.showing = Showing::Progress(told(text, window));
        }
        self.above(&mut state, "");
    }

    /// A run starts, whose events are timed from here.
    pub(crate) fn begin(&self, now: Timestamp) {
        let mut state = self.lock();
        state.started = now;
        if let Some(live) = &mut state.live {
            live.showing = Showing::Run(View::new(now));
        }
    }

    /// A state change: a line, and a change of the view.
    pub(crate) fn event(&self, event: &Event) {
        let mut state = self.lock();
        if let Some(Live { showing: Showing::Run(view), .. }) = &mut state.live {
            view.event(event);
        }
        let style = Style { width: None, colour: self.colour };
        let line = line(event, state.started, style);
        self.above(&mut state, &format!("{line}\n"));
    }

    /// How things stand: a change of the view.
    pub(crate) fn sample(&self, sample: &Sample) {
        let mut state = self.lock();
        let Some(Live { showing: Showing::Run(view), drawn, .. }) = &mut state.live else { return };
        view.sample(sample);
        if sample.time.since(*drawn) >= DRAWN_EVERY {
            *drawn = sample.time;
            self.above(&mut state, "");
        }
    }

    /// Removes whatever was drawn in place, and shows the cursor.
    pub(crate) fn clear(&self) {
        self.clear_locked(&mut self.lock());
    }

    /// As [`Terminal::clear`], for a process that ends at once: it does not wait for a
    /// drawing that is stuck.
    pub(crate) fn quit(&self) {
        match self.state.try_lock() {
            Ok(mut state) => self.clear_locked(&mut state),
            Err(TryLockError::Poisoned(state)) => self.clear_locked(&mut state.into_inner()),
            Err(TryLockError::WouldBlock) if self.terminal => self.write(Region::restore()),
            Err(TryLockError::WouldBlock) => {}
        }
    }

    fn clear_locked(&self, state: &mut State) {
        self.erase(state);
        if let Some(live) = &mut state.live {
            live.showing = Showing::Nothing;
        }
    }

    /// Prints lines above what is drawn in place, and draws that again.
    fn above(&self, state: &mut State, text: &str) {
        let window = self.window(state);
        let drawing = match (&mut state.live, window) {
            (Some(live), Some(window)) => {
                let lines = match &live.showing {
                    Showing::Nothing => None,
                    Showing::Progress(line) => Some(vec![line.clone()]),
                    Showing::Run(view) => Some(view.lines(window)),
                };
                lines.map(|lines| live.region.draw(text, &lines, window))
            }
            _ => None,
        };
        self.write(drawing.as_deref().unwrap_or(text));
    }

    fn erase(&self, state: &mut State) {
        let window = self.window(state);
        if let (Some(live), Some(window)) = (&mut state.live, window) {
            let bytes = live.region.erase(window);
            self.write(&bytes);
        }
    }

    /// A reader that has gone away must not end what runs.
    fn write(&self, text: &str) {
        let _ = match self.stream {
            Stream::Stdout => write_all(io::stdout().lock(), text),
            Stream::Stderr => write_all(io::stderr().lock(), text),
        };
    }

    fn window(&self, state: &State) -> Option<Window> {
        let live = state.live.as_ref()?;
        let (columns, rows) = self.size();
        Some(Window { columns, rows, colour: self.colour, glyphs: live.glyphs })
    }

    /// Columns and rows; those of the oldest terminals where it does not know itself.
    fn size(&self) -> (u16, u16) {
        let size = match self.stream {
            Stream::Stdout => rustix::termios::tcgetwinsize(io::stdout()),
            Stream::Stderr => rustix::termios::tcgetwinsize(io::stderr()),
        };
        match size {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
            _ => (80, 24),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One write, so that a drawing is seen as a whole.
fn write_all(mut to: impl Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.flush()
}

/// ASCII only where the user's locale says that it is no UTF-8.
fn glyphs() -> Glyphs {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(env::var_os).find(|it| !it.is_empty());
    match locale.map(|locale| locale.to_string_lossy().to_ascii_lowercase()) {
        Some(locale) if !locale.contains("utf-8") && !locale.contains("utf8") => Glyphs::Ascii,
        _ => Glyphs::Blocks,
    }
}
