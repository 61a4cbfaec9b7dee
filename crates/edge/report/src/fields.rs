//! Evidence field by field, as people read it: names by depth, where each stands, what it holds and
//! means. Values that are longer than a line are cut on a terminal and whole in a pipe.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use crate::inspection::push;
use crate::style::Tone;
use crate::{Style, text};

/// The longest name that others are aligned to.
const NAME_MAX: usize = 40;
/// Characters of a value that are always shown.
const VALUE_MIN: usize = 20;

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRow {
    /// How many fields it is in.
    pub depth: usize,
    /// The name its specification gives it.
    pub name: String,
    /// Where it stands, in bytes from the beginning.
    pub offset: Option<usize>,
    /// What it holds.
    pub value: String,
    /// What that means; empty where it means nothing more.
    pub meaning: String,
}

/// Renders the fields of one thing found in a file. Ends with an empty line.
#[must_use]
pub fn field_tree(file: &str, what: &str, rows: &[FieldRow], error: Option<&str>, style: Style) -> String {
    let mut out = String::new();
    push(&mut out, style, Tone::Good, &format!("{file}: {what}"));
    if let Some(error) = error {
        push(&mut out, style, Tone::Bad, &format!("  {error}"));
    }
    let has_offsets = rows.iter().any(|row| row.offset.is_some());
    let names = rows.iter().map(|row| row.name.width().saturating_add(row.depth.saturating_mul(2)));
    let name_width = names.max().unwrap_or(0).min(NAME_MAX);
    for row in rows {
        let offset = match row.offset {
            Some(offset) if has_offsets => format!("{offset:>6}  "),
            _ if has_offsets => "        ".to_owned(),
            _ => String::new(),
        };
        let name = format!("{}{}", "  ".repeat(row.depth), text::clean(&row.name));
        let padding = " ".repeat(name_width.saturating_sub(name.width()));
        let meaning = match row.meaning.as_str() {
            "" => String::new(),
            meaning => format!("  {}", text::clean(meaning)),
        };
        let taken = offset.len().saturating_add(name.width().max(name_width)).saturating_add(4);
        let room = style.width.map(|width| {
            usize::from(width).saturating_sub(taken.saturating_add(meaning.width())).max(VALUE_MIN)
        });
        let value = cut(&text::clean(&row.value), room);
        let line = format!("  {offset}{name}{padding}  {value}");
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}{}", line.trim_end(), style.paint(Tone::Faint, &meaning));
    }
    out.push('\n');
    out
}

/// The beginning of a value that does not fit, and that there is more.
fn cut(value: &str, room: Option<usize>) -> String {
    match room {
        Some(room) if value.chars().count() > room => {
            let head: String = value.chars().take(room.saturating_sub(1)).collect();
            format!("{head}…")
        }
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<FieldRow> {
        let row = |depth, name: &str, offset, value: &str, meaning: &str| FieldRow {
            depth,
            name: name.to_owned(),
            offset,
            value: value.to_owned(),
            meaning: meaning.to_owned(),
        };
        vec![
            row(0, "version", Some(0), "4", ""),
            row(0, "body", None, "", ""),
            row(1, "ATTRIBUTES", Some(168), "0000000010000000", "SEPT_VE_DISABLE"),
            row(1, "REPORTDATA", Some(568), &"ab".repeat(64), ""),
        ]
    }

    #[test]
    fn a_pipe_gets_values_whole() {
        let text = field_tree("quote.bin", "TDX quote", &rows(), None, Style::plain());
        let expected = format!(
            "quote.bin: TDX quote\n       0  version       4\n          body\n     168    ATTRIBUTES  \
             0000000010000000  SEPT_VE_DISABLE\n     568    REPORTDATA  {}\n\n",
            "ab".repeat(64)
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn a_terminal_gets_lines_that_fit_and_no_escape_of_the_senders() {
        let mut rows = rows();
        rows.push(FieldRow { value: "\u{1b}[2J".repeat(40), ..rows[0].clone() });
        let text = field_tree("f", "w", &rows, Some("broken"), Style { width: Some(70), colour: false });
        assert!(text.lines().all(|line| line.width() <= 70), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
