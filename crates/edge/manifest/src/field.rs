//! A value of a document together with its path, and how it is read: each
//! reader gives the value, or records what is wrong with it and gives nothing.
//!
//! A key whose value is null is absent, as Kubernetes has it.

use std::collections::BTreeMap;

use crate::problem::Findings;
use crate::tree::{self, Located, Node, Stretch, Tree, scalar};
use crate::{Note, Place, Problem, ProblemKind};

/// A value and the way to it.
#[derive(Clone, Debug)]
pub(crate) struct Field<'a> {
    tree: &'a Tree<'a>,
    node: &'a Located<Node<'a>>,
    path: String,
}

impl<'a> Field<'a> {
    /// The document's root.
    pub(crate) fn root(tree: &'a Tree<'a>) -> Self {
        Self { tree, node: &tree.root, path: String::new() }
    }

    /// The same value with an empty path: for an item of a `List`, which is a document of its own.
    pub(crate) fn as_root(&self) -> Self {
        Self { path: String::new(), ..self.clone() }
    }

    /// What the value costs to keep, in bytes.
    pub(crate) fn weight(&self) -> usize {
        self.node.value.weight()
    }

    pub(crate) fn place(&self) -> Place {
        place(self.tree, self.node.at)
    }

    /// A problem with this value.
    pub(crate) fn problem(&self, cause: impl Into<String>, remedy: impl Into<String>) -> Problem {
        Problem {
            kind: ProblemKind::Invalid,
            place: self.place(),
            field: self.path.clone(),
            cause: cause.into(),
            remedy: remedy.into(),
        }
    }

    /// A problem that a later version may not have.
    pub(crate) fn not_run(&self, cause: impl Into<String>, remedy: impl Into<String>) -> Problem {
        Problem { kind: ProblemKind::NotRun, ..self.problem(cause, remedy) }
    }

    /// A note on this value.
    pub(crate) fn note(&self, text: impl Into<String>) -> Note {
        Note { place: self.place(), field: self.path.clone(), text: text.into() }
    }

    /// The value under `key`, unless it is absent or null.
    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        let Node::Map(entries) = &self.node.value else { return None };
        let (_, node) = entries.iter().find(|(name, _)| name.value == key)?;
        (node.value != Node::Null).then(|| Self { tree: self.tree, node, path: join(&self.path, key) })
    }

    /// As [`Field::get`], but absence is a problem.
    pub(crate) fn need(&self, key: &str, remedy: &str, to: &mut Findings) -> Option<Self> {
        let found = self.get(key);
        if found.is_none() && self.map(to) {
            let mut problem = self.problem("is missing", remedy);
            problem.field = join(&self.path, key);
            to.refuse(problem);
        }
        found
    }

    /// Whether this is a mapping; a problem where not.
    pub(crate) fn map(&self, to: &mut Findings) -> bool {
        let is = matches!(self.node.value, Node::Map(_));
        if !is {
            self.wrong_type("a mapping", to);
        }
        is
    }

    /// Every key with its own place, and its value where it is not null.
    pub(crate) fn entries(&self, to: &mut Findings) -> Vec<Entry<'a>> {
        let Node::Map(entries) = &self.node.value else {
            self.wrong_type("a mapping", to);
            return Vec::new();
        };
        let entry = |(key, node): &'a tree::Entry<'a>| Entry {
            key: key.value.as_ref(),
            key_place: place(self.tree, key.at),
            value: Self { tree: self.tree, node, path: join(&self.path, &key.value) },
        };
        entries.iter().map(entry).collect()
    }

    /// The items of a list; a problem where it is none.
    pub(crate) fn items(&self, to: &mut Findings) -> Vec<Self> {
        let Node::List(items) = &self.node.value else {
            self.wrong_type("a list", to);
            return Vec::new();
        };
        let item = |(index, node)| Self { tree: self.tree, node, path: nth(&self.path, index) };
        items.iter().enumerate().map(item).collect()
    }

    /// The source's name.
    pub(crate) fn file(&self) -> &'a str {
        self.tree.chunk.file
    }

    /// The line on which the last value in it begins.
    pub(crate) fn last_line(&self) -> usize {
        let mut node = self.node;
        loop {
            let last = match &node.value {
                Node::List(items) => items.last(),
                Node::Map(entries) => entries.last().map(|(_, value)| value),
                _ => None,
            };
            match last {
                Some(last) => node = last,
                None => return Self { tree: self.tree, node, path: String::new() }.line_column().0,
            }
        }
    }

    /// Its path from the document's root.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Line and column, from 1.
    pub(crate) fn line_column(&self) -> (usize, usize) {
        let place = self.node.at;
        let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let before = number(place.line).saturating_sub(1);
        (self.tree.chunk.first_line.saturating_add(before), number(place.column).max(1))
    }

    /// Every value under `key`: a template may have one in each branch. None of them null.
    pub(crate) fn all(&self, key: &str) -> Vec<Self> {
        let Node::Map(entries) = &self.node.value else { return Vec::new() };
        let found = entries.iter().filter(|(name, node)| name.value == key && node.value != Node::Null);
        found.map(|(_, node)| Self { tree: self.tree, node, path: join(&self.path, key) }).collect()
    }

    /// The value at the end of a path of keys.
    pub(crate) fn at(&self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self.clone(), |field, key| field.get(key))
    }

    /// The keys and values of a mapping, or none; null values too.
    pub(crate) fn children(&self) -> impl Iterator<Item = (&'a str, Self)> + '_ {
        let entries = match &self.node.value {
            Node::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(|(key, node)| {
            let key = key.value.as_ref();
            (key, Self { tree: self.tree, node, path: join(&self.path, key) })
        })
    }

    /// The items of a list, or none.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Self> + '_ {
        let items = match &self.node.value {
            Node::List(items) => items.as_slice(),
            _ => &[],
        };
        let item = |(index, node)| Self { tree: self.tree, node, path: nth(&self.path, index) };
        items.iter().enumerate().map(item)
    }

    /// The items of the list under `key`, or none.
    pub(crate) fn elements_of(&self, key: &str) -> Vec<Self> {
        self.get(key).map(|list| list.elements().collect()).unwrap_or_default()
    }

    /// A scalar as it reads: text, the digits of a number, `true` or `false`.
    pub(crate) fn plain(&self) -> Option<&'a str> {
        match &self.node.value {
            Node::Text(text) => Some(text),
            Node::Number(read) => Some(read),
            Node::Bool(true) => Some("true"),
            Node::Bool(false) => Some("false"),
            Node::Null | Node::List(_) | Node::Map(_) => None,
        }
    }

    /// The stretch of the file that the value stands in, where it is a single one.
    pub(crate) fn written(&self) -> Option<&'a str> {
        let start = usize::try_from(self.node.at.offset).ok()?;
        let end = start.checked_add(usize::try_from(self.node.at.len).ok()?)?;
        self.tree.chunk.written.get(start..end)
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.node.value, Node::Map(_))
    }

    pub(crate) fn is_true(&self) -> bool {
        self.node.value == Node::Bool(true)
    }

    pub(crate) fn is_false(&self) -> bool {
        self.node.value == Node::Bool(false)
    }

    pub(crate) fn is_null(&self) -> bool {
        self.node.value == Node::Null
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self.node.value, Node::Text(_))
    }

    pub(crate) fn is_list(&self) -> bool {
        matches!(self.node.value, Node::List(_))
    }

    /// Whether it is an empty list, mapping or string.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.node.value {
            Node::Null => true,
            Node::List(items) => items.is_empty(),
            Node::Map(entries) => entries.is_empty(),
            Node::Text(text) => text.is_empty(),
            Node::Bool(_) | Node::Number(_) => false,
        }
    }

    /// A mapping of names to text: labels, a selector.
    pub(crate) fn texts(&self, to: &mut Findings) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        for entry in self.entries(to) {
            let text = if entry.value.is_null() { Some("") } else { entry.value.text(to) };
            texts.extend(text.map(|text| (entry.key.to_owned(), text.to_owned())));
        }
        texts
    }

    pub(crate) fn text(&self, to: &mut Findings) -> Option<&'a str> {
        match &self.node.value {
            Node::Text(text) => Some(text),
            _ => {
                self.wrong_type("text", to);
                None
            }
        }
    }

    pub(crate) fn boolean(&self, to: &mut Findings) -> Option<bool> {
        match self.node.value {
            Node::Bool(value) => Some(value),
            _ => {
                self.wrong_type("true or false", to);
                None
            }
        }
    }

    /// A whole number that `T` can hold.
    pub(crate) fn integer<T: std::str::FromStr>(&self, to: &mut Findings) -> Option<T> {
        let Node::Number(read) = &self.node.value else {
            self.wrong_type("a whole number", to);
            return None;
        };
        let number = scalar::whole(read).and_then(|whole| whole.to_string().parse().ok());
        if number.is_none() {
            to.refuse(self.problem(
                format!("`{}` is not a whole number in range", read),
                "Write a whole number that Kubernetes accepts here",
            ));
        }
        number
    }

    /// Text, or the digits of a number as they are written: for a quantity, or hex digits that happen
    /// to be decimal. `expected` names it.
    pub(crate) fn scalar(&self, expected: &str, to: &mut Findings) -> Option<&'a str> {
        match &self.node.value {
            Node::Text(text) => Some(text),
            Node::Number(read) => Some(read),
            _ => {
                self.wrong_type(expected, to);
                None
            }
        }
    }

    fn wrong_type(&self, expected: &str, to: &mut Findings) {
        let (found, remedy) = match &self.node.value {
            Node::Null => ("nothing".to_owned(), "Write a value or take the key out".to_owned()),
            Node::Bool(value) => (format!("the boolean `{value}`"), quote_remedy(expected)),
            Node::Number(read) => (format!("the number `{}`", read), quote_remedy(expected)),
            Node::Text(_) => ("text".to_owned(), format!("Write {expected} here")),
            Node::List(_) => ("a list".to_owned(), format!("Write {expected} here")),
            Node::Map(_) => ("a mapping".to_owned(), format!("Write {expected} here")),
        };
        to.refuse(self.problem(format!("expected {expected}, found {found}"), remedy));
    }
}

/// One entry of a mapping.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) key: &'a str,
    pub(crate) key_place: Place,
    pub(crate) value: Field<'a>,
}

fn place(tree: &Tree<'_>, at: Stretch) -> Place {
    tree.chunk.place(at)
}

fn quote_remedy(expected: &str) -> String {
    if expected == "text" { "Put quotes around it".to_owned() } else { format!("Write {expected} here") }
}

/// Longest path that is written out, bytes. Every value of a hostile document has one.
const PATH_MAX: usize = 1 << 10;

/// `path.key`, or `path["key"]` where the key has a dot or a slash in it. A path that is very long
/// is not made longer, and of a key only its beginning is in it.
fn join(path: &str, key: &str) -> String {
    /// The longest key of Kubernetes: a prefix of 253 characters, a slash, a name of 63.
    const KEY_MAX: usize = 317;
    if path.len() > PATH_MAX {
        return path.to_owned();
    }
    let end = key.char_indices().nth(KEY_MAX).map_or(key.len(), |(end, _)| end);
    let key = key.get(..end).unwrap_or_default();
    let plain = key.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_$".contains(&c));
    match (plain, path.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{path}.{key}"),
        (false, _) => format!("{path}[{key:?}]"),
    }
}

/// `path[index]`.
fn nth(path: &str, index: usize) -> String {
    if path.len() > PATH_MAX { path.to_owned() } else { format!("{path}[{index}]") }
}
