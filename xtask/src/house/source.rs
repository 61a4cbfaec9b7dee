//! A Rust file as tokens: what is code, what is only test code, and which paths
//! the code names.
//!
//! Comments and the contents of strings are never seen. A *path* is given in
//! full wherever a `use` tree or an expression spells it: the file
//! `use std::{fs, time::Instant as Now};` names `std::fs` and
//! `std::time::Instant`. Since any alias has to be made from such a full path,
//! looking at full paths is enough to see what reaches out of a crate. What is
//! reached by a path that a macro glues together is not seen.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The tokens of one file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    tokens: Vec<TokenTree>,
    test_modules: Vec<Vec<String>>,
}

/// A path or a single identifier, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    /// `["std", "time", "Instant"]`; a glob ends in `*`.
    pub(crate) path: Vec<String>,
    /// From 1.
    pub(crate) line: usize,
    /// The token after it, where that is an identifier or punctuation: `!`, `as`.
    pub(crate) next: String,
}

/// The file could not be split into tokens.
#[derive(Debug)]
pub(crate) struct NotRust {
    /// From 1.
    pub(crate) line: usize,
}

impl Source {
    /// All tokens of the file.
    ///
    /// # Errors
    /// Where the text is not Rust.
    pub(crate) fn read(text: &str) -> Result<Self, NotRust> {
        match TokenStream::from_str(text) {
            Ok(stream) => Ok(Self { tokens: stream.into_iter().collect(), test_modules: Vec::new() }),
            Err(error) => Err(NotRust { line: error.span().start().line }),
        }
    }

    /// The same file without what is compiled only for tests: items, fields,
    /// arms and statements under `#[cfg(test)]` or `#[cfg(all(test, …))]`.
    pub(crate) fn without_tests(&self) -> Self {
        let mut test_modules = Vec::new();
        let tokens = strip(&self.tokens, &mut Vec::new(), &mut test_modules);
        Self { tokens, test_modules }
    }

    /// The modules that `without_tests` took out and that live in files of their
    /// own, each as the names from this file down.
    pub(crate) fn test_modules(&self) -> &[Vec<String>] {
        &self.test_modules
    }

    /// Every path and identifier, in order.
    pub(crate) fn mentions(&self) -> Vec<Mention> {
        let mut mentions = Vec::new();
        paths(&self.tokens, &[], &mut mentions);
        mentions
    }

    /// The file's inner attributes, such as `forbid(unsafe_code)`, without blanks.
    pub(crate) fn inner_attributes(&self) -> Vec<String> {
        let mut attributes = Vec::new();
        for window in self.tokens.windows(3) {
            if let [hash, bang, TokenTree::Group(group)] = window
                && is(hash, '#')
                && is(bang, '!')
            {
                attributes.push(squeezed(group));
            }
        }
        attributes
    }

    /// Every public `use`, `type` or `extern crate` (not those restricted to a
    /// crate or module), as the paths its statement names.
    pub(crate) fn public_names(&self) -> Vec<Mention> {
        let mut mentions = Vec::new();
        public(&self.tokens, &mut mentions);
        mentions
    }

    /// The outer attributes `allow(…)` and `expect(…)` that name `lint`, each with
    /// its line and the words of the item that follows, up to its name.
    pub(crate) fn allowances(&self, lint: &str) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        allowances(&self.tokens, lint, &mut found);
        found
    }
}

/// Takes out what is compiled only for tests, level by level.
fn strip(
    tokens: &[TokenTree],
    module: &mut Vec<String>,
    test_modules: &mut Vec<Vec<String>>,
) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if let Some((group, inner, after)) = attribute(tokens, at)
            && cfg_implies_test(group)
        {
            if inner {
                return Vec::new();
            }
            let end = end_of_item(tokens, after);
            if let [.., mod_word, TokenTree::Ident(name), semicolon] = &tokens[at..end]
                && word(mod_word) == "mod"
                && is(semicolon, ';')
            {
                test_modules.push(module.iter().cloned().chain([name.to_string()]).collect());
            }
            at = end;
            continue;
        }
        kept.push(match token {
            TokenTree::Group(group) => {
                let inline_module = inline_module_name(tokens, at);
                let depth = module.len();
                module.extend(inline_module);
                let inside: Vec<_> = group.stream().into_iter().collect();
                let inside = strip(&inside, module, test_modules);
                module.truncate(depth);
                let mut stripped = Group::new(group.delimiter(), inside.into_iter().collect());
                stripped.set_span(group.span());
                TokenTree::Group(stripped)
            }
            other => other.clone(),
        });
        at += 1;
    }
    kept
}

/// The name in `mod name { … }` where the braces are at `at`.
fn inline_module_name(tokens: &[TokenTree], at: usize) -> Option<String> {
    let [mod_word, TokenTree::Ident(name), TokenTree::Group(body)] = tokens.get(at.checked_sub(2)?..=at)?
    else {
        return None;
    };
    (word(mod_word) == "mod" && body.delimiter() == Delimiter::Brace).then(|| name.to_string())
}

/// The attribute that starts at `at`: its brackets, whether it is an inner one,
/// and where it ends.
fn attribute(tokens: &[TokenTree], at: usize) -> Option<(&Group, bool, usize)> {
    if !is(tokens.get(at)?, '#') {
        return None;
    }
    let inner = is(tokens.get(at + 1)?, '!');
    let place = at + 1 + usize::from(inner);
    match tokens.get(place)? {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => Some((group, inner, place + 1)),
        _ => None,
    }
}

/// Whether the attribute is a `cfg` that can only hold in a test build.
fn cfg_implies_test(attribute: &Group) -> bool {
    let tokens: Vec<_> = attribute.stream().into_iter().collect();
    match tokens.as_slice() {
        [name, TokenTree::Group(predicate)] if word(name) == "cfg" => implies_test(predicate.stream()),
        _ => false,
    }
}

/// `test` and `all(…, test, …)` do; `any(test, …)` and `not(test)` do not.
fn implies_test(predicate: TokenStream) -> bool {
    let tokens: Vec<_> = predicate.into_iter().collect();
    let mut alternatives = tokens.split(|token| is(token, ','));
    alternatives.any(|part| match part {
        [name] => word(name) == "test",
        [name, TokenTree::Group(inside)] if word(name) == "all" => implies_test(inside.stream()),
        _ => false,
    })
}

/// Where the item, field, arm or statement that starts at `at` ends, any further
/// attributes included.
fn end_of_item(tokens: &[TokenTree], mut at: usize) -> usize {
    const ITEMS: [&str; 16] = [
        "mod",
        "fn",
        "use",
        "impl",
        "struct",
        "enum",
        "union",
        "const",
        "static",
        "type",
        "trait",
        "unsafe",
        "async",
        "extern",
        "macro_rules",
        "pub",
    ];
    while let Some((_, false, after)) = attribute(tokens, at) {
        at = after;
    }
    let item = tokens.get(at).is_some_and(|token| ITEMS.contains(&word(token).as_str()));
    while let Some(token) = tokens.get(at) {
        let braces = matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        let arm = at >= 2 && is(&tokens[at - 2], '=') && is(&tokens[at - 1], '>');
        at += 1;
        if is(token, ';') || (braces && (item || arm)) || (is(token, ',') && !item) {
            break;
        }
    }
    at
}

/// Collects paths; `prefix` is what stands before a `use` tree's braces.
fn paths(tokens: &[TokenTree], prefix: &[String], mentions: &mut Vec<Mention>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Ident(first) => {
                // The new name in `use a::b as c` names nothing that exists.
                let renamed = !prefix.is_empty() && at > 0 && word(&tokens[at - 1]) == "as";
                if renamed || first == "as" {
                    at += 1;
                    continue;
                }
                let mut path = prefix.to_vec();
                if first != "self" {
                    path.push(first.to_string());
                }
                let line = first.span().start().line;
                at += 1;
                let mut tree = None;
                while joined(tokens, at) {
                    match tokens.get(at + 2) {
                        Some(TokenTree::Ident(next)) => path.push(next.to_string()),
                        Some(TokenTree::Group(group)) => {
                            tree = Some(group);
                            at += 3;
                            break;
                        }
                        Some(star) if is(star, '*') => path.push("*".into()),
                        _ => break,
                    }
                    at += 3;
                }
                match tree {
                    Some(group) => paths(&group.stream().into_iter().collect::<Vec<_>>(), &path, mentions),
                    None => {
                        let next = tokens.get(at).map(word).unwrap_or_default();
                        mentions.push(Mention { path, line, next });
                    }
                }
            }
            TokenTree::Group(group) => {
                paths(&group.stream().into_iter().collect::<Vec<_>>(), &[], mentions);
                at += 1;
            }
            star if is(star, '*') && !prefix.is_empty() => {
                let path = prefix.iter().cloned().chain(["*".into()]).collect();
                mentions.push(Mention { path, line: star.span().start().line, next: String::new() });
                at += 1;
            }
            _ => at += 1,
        }
    }
}

fn public(tokens: &[TokenTree], mentions: &mut Vec<Mention>) {
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            public(&group.stream().into_iter().collect::<Vec<_>>(), mentions);
        }
        let statement = tokens.get(at + 1).map(word).unwrap_or_default();
        if word(token) == "pub" && matches!(statement.as_str(), "use" | "type" | "extern") {
            let rest = &tokens[at + 2..];
            let end = rest.iter().position(|token| is(token, ';')).unwrap_or(rest.len());
            paths(&rest[..end], &[], mentions);
        }
    }
}

/// Enough to see `pub(crate) mod name`.
const NAME_WORDS_MAX: usize = 4;

fn allowances(tokens: &[TokenTree], lint: &str, found: &mut Vec<(usize, String)>) {
    for (at, token) in tokens.iter().enumerate() {
        if let Some((group, _, after)) = attribute(tokens, at) {
            let inside = squeezed(group);
            let listed = inside.strip_prefix("allow(").or_else(|| inside.strip_prefix("expect("));
            let lints = listed.unwrap_or_default().trim_end_matches(')').split(',');
            if lints.into_iter().any(|it| it == lint) {
                let mut start = after;
                while let Some((_, false, end)) = attribute(tokens, start) {
                    start = end;
                }
                let item: Vec<_> = tokens[start..].iter().take(NAME_WORDS_MAX).map(word).collect();
                let item = item.into_iter().filter(|it| !it.is_empty()).take_while(|it| it != ";");
                let item = item.collect::<Vec<_>>().join(" ");
                found.push((token.span().start().line, item));
            }
        }
        if let TokenTree::Group(group) = token {
            allowances(&group.stream().into_iter().collect::<Vec<_>>(), lint, found);
        }
    }
}

/// Whether `::` stands at `at`.
fn joined(tokens: &[TokenTree], at: usize) -> bool {
    matches!(tokens.get(at..at + 2), Some([a, b]) if is(a, ':') && is(b, ':'))
}

fn is(token: &TokenTree, punctuation: char) -> bool {
    matches!(token, TokenTree::Punct(it) if it.as_char() == punctuation)
}

/// An identifier or a punctuation mark as text; nothing for the rest.
fn word(token: &TokenTree) -> String {
    match token {
        TokenTree::Ident(ident) => ident.to_string(),
        TokenTree::Punct(punct) => punct.as_char().to_string(),
        TokenTree::Group(_) | TokenTree::Literal(_) => String::new(),
    }
}

fn squeezed(group: &Group) -> String {
    group.stream().to_string().split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        let source = Source::read(text).unwrap().without_tests();
        source.mentions().iter().map(|mention| mention.path.join("::")).collect()
    }

    #[test]
    fn a_use_tree_names_full_paths_and_not_its_aliases() {
        let paths = named("use std::{fs, time::{self as clock, Instant as Now}, io::*};");
        assert_eq!(paths, ["use", "std::fs", "std::time", "std::time::Instant", "std::io::*"]);
    }

    #[test]
    fn comments_and_strings_name_nothing() {
        let text = "// std::fs\n/* std::net */ /// std::env\nconst A: &str = r#\"std::io\"#;";
        assert!(!named(text).iter().any(|path| path.starts_with("std")));
    }

    #[test]
    fn an_expression_names_its_path_with_its_line() {
        let source = Source::read("fn f() {\n    ::std::thread::sleep(d);\n}").unwrap();
        let mentions = source.mentions();
        let sleep = mentions.iter().find(|it| it.path == ["std", "thread", "sleep"]).unwrap();
        assert_eq!(sleep.line, 2);
    }

    #[test]
    fn what_only_tests_compile_is_taken_out() {
        let text = "
            use a::kept;
            #[cfg(test)] use b::gone;
            #[cfg(all(test, unix))] #[derive(Debug)] pub struct Gone { f: b::gone }
            struct Kept { #[cfg(test)] f: b::gone, g: a::kept }
            #[cfg(test)] mod tests { use b::gone; }
            #[cfg(not(test))] use a::kept;
            #[cfg(any(test, unix))] use a::kept;
        ";
        let paths = named(text);
        assert!(!paths.contains(&"b::gone".to_string()), "{paths:?}");
        assert_eq!(paths.iter().filter(|path| *path == "a::kept").count(), 4);
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_is_named() {
        let text = "#[cfg(test)] mod tests; mod inner { #[cfg(test)] pub(super) mod proofs; }";
        let source = Source::read(text).unwrap().without_tests();
        assert_eq!(source.test_modules(), [vec!["tests".to_string()], vec!["inner".into(), "proofs".into()]]);
    }

    #[test]
    fn a_file_that_is_all_test_is_empty() {
        assert!(named("#![cfg(test)]\nuse std::fs;").is_empty());
    }

    #[test]
    fn restricted_names_are_not_public() {
        let source = Source::read("pub use a::B; pub(crate) use a::C; pub type D = a::E;").unwrap();
        let names: Vec<_> = source.public_names().iter().map(|it| it.path.join("::")).collect();
        assert_eq!(names, ["a::B", "D", "a::E"]);
    }

    #[test]
    fn text_that_is_not_rust_is_refused_with_its_line() {
        assert_eq!(Source::read("fn f() {\n)").unwrap_err().line, 2);
    }
}
