//! Text templates, as far as they are YAML: Helm and Go templates with `{{ … }}`, and
//! blanks that a script fills in (`${VAR}`, `$VAR`, `<name>`, `{NAME}`, `@NAME@`).
//!
//! Nothing is rendered: what a template makes of its values only its values say. Actions
//! are blanked out with as many bytes as they had, so that places in what is left are
//! places in the file. An action that prints stands as a *blank* ([`is_blank`]) in the
//! value it is part of, or, alone on its line, as lines left out; one that controls
//! (`if`, `range`, `define`, a comment, an assignment) leaves nothing. Every branch stays,
//! so a key may be there twice, and lines under a condition are known as such.
//!
//! Method: one pass over the bytes; strings and comments inside actions are skipped.

use std::ops::Range;

/// Stands for what an action would print: a private-use character, then underscores.
const BLANK: char = '\u{e0ff}';

/// A template's text with its actions blanked out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blanked {
    /// As long as the template, byte for byte, with the same lines.
    pub(crate) text: String,
    /// Lines (from 1) under a condition or in a definition, with the line of the action that opens it:
    /// the outermost ones, in order, none overlapping.
    conditional: Vec<(Range<usize>, usize)>,
    /// Lines (from 1) that an action fills with something unknown.
    filled: Vec<usize>,
}

impl Blanked {
    /// Whether a text has any action in it.
    pub(crate) fn has_actions(text: &str) -> bool {
        text.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}"))
    }

    /// Blanks out the actions of a template.
    pub(crate) fn of(template: &str) -> Self {
        let mut blanked = Self { text: String::with_capacity(template.len()), ..Self::default() };
        let mut open: Vec<usize> = Vec::new();
        let mut rest = template;
        let mut line = 1;
        // Whether nothing but spaces stands between the last line break and here.
        let mut starts_line = true;
        while let Some(start) = rest.find("{{") {
            let (before, action) = rest.split_at(start);
            starts_line = is_spaces_since_break(before, starts_line);
            blanked.text.push_str(before);
            line += before.matches('\n').count();
            let (len, ends) = action_len(action);
            let (action, after) = action.split_at(len);
            let breaks = action.matches('\n').count();
            rest = after;
            if !ends {
                // No action after all: what was looked at is text.
                starts_line = false;
                blanked.text.push_str(action);
                line += breaks;
                continue;
            }
            let kind = Action::of(inside(action));
            let next = after.trim_start_matches([' ', '\t', '\r']);
            let alone = starts_line && (next.is_empty() || next.starts_with('\n'));
            match kind {
                Action::Opens => open.push(line),
                Action::Closes => {
                    if let Some(opened) = open.pop() {
                        blanked.conditional.push((opened..line + breaks + 1, opened));
                    }
                }
                Action::Prints if alone => blanked.filled.extend(line..=line + breaks),
                Action::Prints | Action::Controls => {}
            }
            if matches!(kind, Action::Prints) && !alone {
                starts_line = false;
                push_blank(&mut blanked.text, action);
            } else {
                push_spaces(&mut blanked.text, action);
            }
            line += breaks;
        }
        blanked.text.push_str(rest);
        let last = line + rest.matches('\n').count() + 1;
        blanked.conditional.extend(open.into_iter().map(|opened| (opened..last, opened)));
        blanked.conditional = outermost(blanked.conditional);
        blanked
    }

    /// The line of the outermost action on whose condition this line depends.
    pub(crate) fn condition(&self, line: usize) -> Option<usize> {
        let after = self.conditional.partition_point(|(lines, _)| lines.start <= line);
        let (lines, opened) = self.conditional.get(after.checked_sub(1)?)?;
        lines.contains(&line).then_some(*opened)
    }

    /// The first line among these that an action fills with something unknown.
    pub(crate) fn filled_in(&self, lines: Range<usize>) -> Option<usize> {
        let from = self.filled.partition_point(|line| *line < lines.start);
        self.filled.get(from).copied().filter(|line| lines.contains(line))
    }
}

/// Whether a value depends on something still to be filled in.
///
/// `$(VAR)` is none: Kubernetes itself replaces it, in the container.
pub(crate) fn is_blank(value: &str) -> bool {
    value.contains(BLANK)
        || value.contains("{{")
        || has_shell_variable(value)
        || enclosed(value, '<', '>')
        || enclosed(value, '{', '}')
        || enclosed(value, '@', '@')
        || value.starts_with("[parameters(")
        || value.starts_with("[variables(")
}

enum Action {
    /// A block begins: `if`, `range`, `with`, `define`, `block`.
    Opens,
    /// `end`.
    Closes,
    /// Prints nothing of its own: `else`, a comment, an assignment.
    Controls,
    /// Anything else.
    Prints,
}

impl Action {
    fn of(inside: &str) -> Self {
        let word = inside.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
        match word {
            "if" | "range" | "with" | "define" | "block" => Self::Opens,
            "end" => Self::Closes,
            "else" | "break" | "continue" | "" => Self::Controls,
            _ if inside.starts_with("/*") => Self::Controls,
            _ if inside.starts_with('$') && is_assignment(inside) => Self::Controls,
            _ => Self::Prints,
        }
    }
}

/// `$x := …`, `$x = …`, `$k, $v := …`; not `$x == …`, which prints.
fn is_assignment(inside: &str) -> bool {
    let end =
        inside.find(|c: char| !(c.is_alphanumeric() || "$_, \t\n\r".contains(c))).unwrap_or(inside.len());
    let rest = inside.get(end..).unwrap_or_default();
    rest.starts_with(":=") || (rest.starts_with('=') && !rest.starts_with("=="))
}

/// The stretches that lie in no other, in order. A line that ends one and begins the next counts as the next.
fn outermost(mut stretches: Vec<(Range<usize>, usize)>) -> Vec<(Range<usize>, usize)> {
    stretches.sort_by_key(|(lines, _)| (lines.start, usize::MAX - lines.end));
    let mut end = 0;
    stretches.retain(|(lines, _)| {
        let outermost = lines.end > end;
        end = end.max(lines.end);
        outermost
    });
    stretches
}

/// Whether only spaces stand between the last line break of `text`, or what came before it, and its end.
fn is_spaces_since_break(text: &str, before: bool) -> bool {
    match text.rsplit_once('\n') {
        Some((_, last)) => last.trim().is_empty(),
        None => before && text.trim().is_empty(),
    }
}

/// How many bytes an action has, with its braces; or how many were looked at until it
/// was clear that it does not end. Whoever goes on behind them looks at none twice.
fn action_len(text: &str) -> (usize, bool) {
    let bytes = text.as_bytes();
    let mut at = 2;
    loop {
        let step = match bytes.get(at..) {
            None | Some([]) => None,
            Some([b'}', b'}', ..]) => return (at + 2, true),
            Some([b'/', b'*', inner @ ..]) => find(inner, b"*/").map(|end| end + 4),
            Some([b'`', inner @ ..]) => find(inner, b"`").map(|end| end + 2),
            Some([quote @ (b'"' | b'\''), inner @ ..]) => match quoted_len(inner, *quote) {
                Ok(len) => Some(len + 1),
                Err(looked_at) => return (at + 1 + looked_at, false),
            },
            Some(_) => Some(1),
        };
        match step {
            Some(step) => at += step,
            None => return (bytes.len(), false),
        }
    }
}

/// Bytes up to and with the closing quote, or up to the line break before it.
fn quoted_len(bytes: &[u8], quote: u8) -> Result<usize, usize> {
    let mut escaped = false;
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' => return Err(index),
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            byte if *byte == quote => return Ok(index + 1),
            _ => {}
        }
    }
    Err(bytes.len())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// What stands between the braces, without the marks that trim blanks.
fn inside(action: &str) -> &str {
    let inside = action.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(action);
    let inside = inside.strip_prefix('-').unwrap_or(inside);
    inside.strip_suffix('-').unwrap_or(inside).trim()
}

fn push_spaces(text: &mut String, action: &str) {
    text.extend(action.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

/// A blank as long as the action. What is left of an action beyond its first line is spaces.
fn push_blank(text: &mut String, action: &str) {
    let first = action.find('\n').unwrap_or(action.len());
    let (first, rest) = action.split_at(first);
    match first.len().checked_sub(BLANK.len_utf8()) {
        Some(more) => {
            text.push(BLANK);
            text.extend(std::iter::repeat_n('_', more));
        }
        // `{{` alone on a line: too short for the mark.
        None => push_spaces(text, first),
    }
    push_spaces(text, rest);
}

/// `${NAME}`, or `$NAME` in capitals.
fn has_shell_variable(value: &str) -> bool {
    value.match_indices('$').any(|(at, _)| {
        let rest = value.get(at + 1..).unwrap_or_default();
        rest.starts_with('{') || rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
    })
}

/// Whether a name in these brackets is part of the value: `<your name>`, `@NAME@`.
fn enclosed(value: &str, open: char, close: char) -> bool {
    let Some((_, rest)) = value.split_once(open) else { return false };
    let Some((name, _)) = rest.split_once(close) else { return false };
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || " _-.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn actions_are_blanked_out_in_their_place() {
        let blanked = Blanked::of("name: {{ .Values.n }}-x\n{{- if .a }}\nb: 1\n{{- end }}\n");
        let expected = format!("name: {BLANK}{}-x\n            \nb: 1\n          \n", "_".repeat(12));
        assert_eq!(blanked.text, expected);
        assert_eq!((blanked.condition(1), blanked.condition(3)), (None, Some(2)));
    }

    #[test]
    fn lines_that_an_action_fills_are_known() {
        let blanked = Blanked::of("resources:\n  {{- toYaml .Values.r | nindent 2 }}\nx: 1\n");
        assert_eq!(blanked.filled_in(1..4), Some(2));
        assert_eq!(blanked.filled_in(3..4), None);
    }

    #[test]
    fn what_is_in_strings_and_comments_ends_no_action() {
        for (template, kept) in [
            ("{{ printf \"}}\" }}x", "x"),
            ("{{/* }} */}}x", "x"),
            ("{{ `}}` }}x", "x"),
            ("{{ not closed", "{{ not closed"),
            ("{{ \"open }}\nx", "{{ \"open }}\nx"),
        ] {
            assert!(Blanked::of(template).text.ends_with(kept), "{template}");
        }
    }

    #[test]
    fn assignments_and_comments_print_nothing() {
        for template in
            ["{{ $x := 1 }}", "{{ $k, $v := .x }}", "{{ $x = 2 }}", "{{/* c */}}", "{{ else if .x }}", "{{}}"]
        {
            let blanked = Blanked::of(&format!("a{template}b"));
            assert_eq!(blanked.text.trim_matches(['a', 'b']).trim(), "", "{template}");
        }
        assert!(is_blank(&Blanked::of("a: {{ $x }}").text));
    }

    #[test]
    fn blanks_of_scripts_are_told_from_what_kubernetes_replaces() {
        for value in
            ["${NAME}", "$SKR_IMAGE", "x:<tag>", "{POD_NAME}", "@IMAGE@", "{{ .x }}", "[parameters('p')]"]
        {
            assert!(is_blank(value), "{value}");
        }
        for value in ["$(NAME)", "$5", "a < b > c 1", "a@b.c", "{}", "32Mi", "registry/app@sha256:00"] {
            assert!(!is_blank(value), "{value}");
        }
    }

    proptest! {
        #[test]
        fn lengths_and_lines_stay(text in "(\\{\\{|\\}\\}|if |end|-|\\$x := |\"|`|/\\*|\\*/|\n| |a: b|é|\u{e0ff}){0,30}") {
            let blanked = Blanked::of(&text);
            prop_assert_eq!(blanked.text.len(), text.len());
            let breaks = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
            prop_assert_eq!(breaks(&blanked.text), breaks(&text));
        }
    }
}
