//! `$(NAME)` in commands, arguments and environment values.
//!
//! As Kubernetes has it: a reference to a variable defined earlier is replaced,
//! `$$` is a plain `$` (so `$$(NAME)` is kept as `$(NAME)`), and a reference to
//! nothing stays as written.
//! Refused: results above [`EXPANDED_MAX`], because references to references double.

use crate::variables::Variables;

/// Largest result, bytes: as large as one argument may be on Linux (`MAX_ARG_STRLEN`).
pub(crate) const EXPANDED_MAX: usize = 128 << 10;

/// Expands `text` against `env`; `None` where the result is too large.
pub(crate) fn expand(text: &str, env: &Variables) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from_dollar) = rest.split_at(at);
        push(&mut out, before)?;
        let after = from_dollar.strip_prefix('$').unwrap_or_default();
        rest = if let Some(after) = after.strip_prefix('$') {
            push(&mut out, "$")?;
            after
        } else if let Some((name, after)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match env.get(name) {
                Some(value) => push(&mut out, value)?,
                None => push(&mut out, &format!("$({name})"))?,
            }
            after
        } else {
            push(&mut out, "$")?;
            after
        };
    }
    push(&mut out, rest)?;
    Some(out)
}

fn push(out: &mut String, text: &str) -> Option<()> {
    (out.len().checked_add(text.len())? <= EXPANDED_MAX).then(|| out.push_str(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced_as_kubernetes_does() {
        let mut env = Variables::default();
        for (name, value) in [("A", "1"), ("A", "2"), ("E", "")] {
            env.define(name, value.to_owned());
        }
        for (text, expected) in [
            ("x$(A)y", "x2y"),
            ("$(E)", ""),
            ("$(NONE)", "$(NONE)"),
            ("$$(A)", "$(A)"),
            ("$$$(A)", "$2"),
            ("$A ${A} $", "$A ${A} $"),
            ("$(A", "$(A"),
            ("é$(A)é", "é2é"),
        ] {
            assert_eq!(expand(text, &env).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn doubling_ends_at_the_limit() {
        let mut env = Variables::default();
        env.define("V0", "0123456789".to_owned());
        for step in 1..64 {
            let previous = format!("$(V{})", step - 1);
            match expand(&previous.repeat(2), &env) {
                Some(value) => env.define(&format!("V{step}"), value),
                None => return assert!(step > 10),
            }
        }
        panic!("2^64 * 10 bytes were accepted");
    }
}
