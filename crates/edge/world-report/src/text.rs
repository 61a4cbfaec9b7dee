//! Text that a file chose, made fit to be shown.

use std::borrow::Cow;

use casemate_report::text::clean;

/// Characters of a name that are shown.
const NAME_MOST: usize = 120;
/// Characters of sentences that are shown.
const SENTENCES_MOST: usize = 4_000;

/// A name: without control characters, and not longer than a line.
pub(crate) fn name(of: &str) -> Cow<'_, str> {
    cut(of, NAME_MOST)
}

/// Sentences: without control characters, and not longer than a page.
pub(crate) fn sentences(of: &str) -> Cow<'_, str> {
    cut(of, SENTENCES_MOST)
}

fn cut(of: &str, most: usize) -> Cow<'_, str> {
    match of.char_indices().nth(most) {
        None => clean(of),
        Some((end, _)) => format!("{}…", clean(of.get(..end).unwrap_or_default())).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_between_characters_and_say_so() {
        assert_eq!(name("client"), "client");
        assert_eq!(name("a\u{1b}[2J"), "a\u{fffd}[2J");
        let cut = name(&"ä".repeat(500)).into_owned();
        assert_eq!(cut, "ä".repeat(NAME_MOST) + "…");
    }
}
