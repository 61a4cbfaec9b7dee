//! The lines of a view on a terminal: what to write so that they are drawn over those
//! that stood there before.
//!
//! Control sequences are those of ECMA-48 and the private modes that today's terminals
//! share: 25 (cursor), 7 (wrapping at the right edge), 2026 (synchronized output, ignored
//! where it is not known). The cursor rests in the first column of the last line, where
//! an echoed `^C` is drawn over.

use std::fmt::Write as _;

use super::line::width;
use super::window::Window;

const UPDATE: &str = "\u{1b}[?2026h";
const UPDATE_END: &str = "\u{1b}[?2026l";
const CURSOR_HIDE: &str = "\u{1b}[?25l";
const CURSOR_SHOW: &str = "\u{1b}[?25h";
const WRAP: &str = "\u{1b}[?7h";
const WRAP_NOT: &str = "\u{1b}[?7l";
/// From the cursor to the end of the screen.
const CLEAR: &str = "\u{1b}[J";

/// The lines at the bottom of a terminal that are drawn again and again.
#[derive(Clone, Debug, Default)]
pub struct Region {
    /// Columns of each line that stands there.
    drawn: Vec<usize>,
    hidden: bool,
}

impl Region {
    /// Draws `above` where the region begins, and `lines` below it. `above` is whole
    /// lines or nothing; it scrolls away as if there were no region.
    #[must_use]
    pub fn draw(&mut self, above: &str, lines: &[String], window: Window) -> String {
        let mut out = String::from(UPDATE);
        if !self.hidden {
            out.push_str(CURSOR_HIDE);
            self.hidden = true;
        }
        self.go_to_begin(&mut out, window);
        out.push_str(CLEAR);
        // Raw bytes of a terminal in any mode: a line feed alone need not return.
        out.push_str(&above.replace('\n', "\r\n"));
        out.push_str(WRAP_NOT);
        out.push_str(&lines.join("\r\n"));
        out.push('\r');
        out.push_str(WRAP);
        out.push_str(UPDATE_END);
        self.drawn = lines.iter().map(|line| width(&uncoloured(line))).collect();
        out
    }

    /// Removes the region and shows the cursor, which is then where the region began.
    /// Nothing, where nothing was drawn.
    #[must_use]
    pub fn erase(&mut self, window: Window) -> String {
        let mut out = String::new();
        if self.hidden {
            self.go_to_begin(&mut out, window);
            out.push_str(CLEAR);
            out.push_str(CURSOR_SHOW);
        }
        *self = Self::default();
        out
    }

    /// What shows the cursor and wraps lines again, where what is on the screen does not matter.
    #[must_use]
    pub const fn restore() -> &'static str {
        "\r\u{1b}[J\u{1b}[?2026l\u{1b}[?7h\u{1b}[?25h"
    }

    /// A window that has become narrower has broken the lines that stood there.
    fn go_to_begin(&self, out: &mut String, window: Window) {
        let columns = usize::from(window.columns).max(1);
        let rows: usize = self.drawn.iter().map(|width| width.div_ceil(columns).max(1)).sum();
        out.push('\r');
        let up = rows.saturating_sub(1).min(usize::from(window.rows));
        if up > 0 {
            // Writing to a String cannot fail.
            let _ = write!(out, "\u{1b}[{up}A");
        }
    }
}

/// A line without its colours, which are `ESC [ … m`.
pub(super) fn uncoloured(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.split_once('m').map_or("", |(_, rest)| rest))
}
