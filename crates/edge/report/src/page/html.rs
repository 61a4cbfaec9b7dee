//! HTML as it is written: what is markup is fixed in this crate's source, what is not
//! is text and is escaped.
//!
//! [`Html::markup`] takes only `&'static str`, so nothing a guest chose can become a
//! tag or an attribute; [`Html::text`] makes `& < > " '` harmless, in text and in
//! quoted attributes alike, and replaces control characters and bidirectional
//! overrides ([`text::clean`]). The [`put`] macro tells the two apart: string literals
//! are markup, everything else is text.

use std::fmt::{self, Display, Write as _};

use crate::text;

/// A piece of a page.
#[derive(Debug, Default)]
pub struct Html(String);

impl Html {
    /// Appends markup.
    pub fn markup(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Appends text, escaped.
    pub fn text(&mut self, text: impl Display) {
        // Writing to a String cannot fail.
        let _ = write!(Escaped(&mut self.0), "{text}");
    }

    /// What has been written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Escapes what is written to it.
struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        for c in text::clean(part).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}

/// Appends parts to an [`Html`](crate::page::html::Html): literals as markup, everything else as text.
#[macro_export]
macro_rules! put {
    ($html:expr $(,)?) => {};
    ($html:expr, $markup:literal $(, $($rest:tt)*)?) => {
        $html.markup($markup);
        $($crate::put!($html, $($rest)*);)?
    };
    ($html:expr, $text:expr $(, $($rest:tt)*)?) => {
        $html.text(&$text);
        $($crate::put!($html, $($rest)*);)?
    };
}
pub use crate::put;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_literal_is_escaped() {
        let mut html = Html::default();
        let guest = "\"><script>alert('&')</script>\u{202e}\u{1b}";
        put!(html, "<p title=\"", guest, "\">", guest, "</p>");
        let safe = "&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;\u{fffd}\u{fffd}";
        assert_eq!(html.as_str(), format!("<p title=\"{safe}\">{safe}</p>"));
    }
}
