//! One line of the live view: coloured parts, cut to the columns there are.

use unicode_width::UnicodeWidthChar as _;

use super::window::{Glyphs, Window};
use crate::style::Tone;
use crate::text;

/// Columns that `text` takes, where it is made of what [`shown`] lets through.
pub(super) fn width(text: &str) -> usize {
    text.chars().filter_map(unicode_width::UnicodeWidthChar::width).sum()
}

/// `text` without what could move the cursor or has no width.
pub(super) fn shown(text: &str) -> String {
    text::clean(text).chars().filter(|c| c.width().is_some_and(|width| width > 0)).collect()
}

/// `text` in at most `columns`, with its middle left out where it is longer: what tells
/// replicas apart stands at the end of their names.
pub(super) fn middle_cut(text: &str, columns: usize, glyphs: Glyphs) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(1) else { return String::new() };
    let head = head(text.chars(), room.div_ceil(2));
    let tail: String = self::head(text.chars().rev(), room / 2).chars().rev().collect();
    format!("{head}{}{tail}", glyphs.ellipsis())
}

/// The first characters that fit.
fn head(characters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut left = columns;
    characters
        .map_while(|c| {
            left = left.checked_sub(c.width().unwrap_or(0))?;
            Some(c)
        })
        .collect()
}

/// A line as it is put together.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    parts: Vec<(Tone, String)>,
    columns: usize,
}

impl Line {
    /// Appends text.
    pub(super) fn push(&mut self, tone: Tone, text: &str) {
        let text = shown(text);
        self.columns += width(&text);
        self.parts.push((tone, text));
    }

    /// Appends text and fills up to `columns` with blanks behind it.
    pub(super) fn left(&mut self, tone: Tone, text: &str, columns: usize) {
        let begin = self.columns;
        self.push(tone, text);
        self.blanks((begin + columns).saturating_sub(self.columns));
    }

    /// Appends text and fills up to `columns` with blanks before it.
    pub(super) fn right(&mut self, tone: Tone, text: &str, columns: usize) {
        self.blanks(columns.saturating_sub(width(&shown(text))));
        self.push(tone, text);
    }

    /// Columns taken so far.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// The line, no wider than the window and without blanks at its end.
    pub(super) fn render(&self, window: Window) -> String {
        let columns = usize::from(window.columns);
        let too_wide = self.parts.iter().map(|(_, text)| width(text)).sum::<usize>() > columns;
        let mut left = if too_wide { columns.saturating_sub(1) } else { columns };
        let mut parts: Vec<(Tone, String)> = Vec::new();
        for (tone, text) in &self.parts {
            let fitting = head(text.chars(), left);
            let cut = fitting.len() < text.len();
            left = if cut { 0 } else { left.saturating_sub(width(&fitting)) };
            parts.push((*tone, fitting));
            if cut {
                break;
            }
        }
        if too_wide && columns > 0 {
            parts.push((Tone::Faint, window.glyphs.ellipsis().to_string()));
        }
        while let Some((_, last)) = parts.last_mut() {
            last.truncate(last.trim_end().len());
            if !last.is_empty() {
                break;
            }
            parts.pop();
        }
        let style = window.style();
        parts
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(tone, text)| style.paint(*tone, text))
            .collect()
    }

    fn blanks(&mut self, count: usize) {
        if count > 0 {
            self.columns += count;
            self.parts.push((Tone::Plain, " ".repeat(count)));
        }
    }
}
