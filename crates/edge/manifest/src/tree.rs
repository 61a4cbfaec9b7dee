//! One YAML or JSON document as a tree in which every value knows its place.
//!
//! Kubernetes types are read out of this tree by hand rather than by derived
//! deserialisers, because those stop at the first mistake and round numbers:
//! here every mistake is found, and a quantity is read from the digits written.
//!
//! Refused: more than [`LIMITS`] allow, duplicate keys, keys that are not scalars, unknown
//! and cyclic aliases. Scalars are typed as Kubernetes types them (YAML 1.1: `yes` is a boolean).

mod build;
mod deserialize;
pub(crate) mod scalar;

use std::borrow::Cow;

use crate::source::Chunk;
use crate::{Problem, ProblemKind};

/// A value without its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node<'s> {
    Null,
    Bool(bool),
    /// A number, as it is written.
    Number(Cow<'s, str>),
    /// Borrowed from the source where it is written as it reads, so that an alias to it costs nothing.
    Text(Cow<'s, str>),
    List(Vec<Located<Node<'s>>>),
    Map(Vec<Entry<'s>>),
}

/// A key and its value.
pub(crate) type Entry<'s> = (Located<Cow<'s, str>>, Located<Node<'s>>);

/// A value and where it is defined: where an alias points to, not where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) at: Stretch,
}

/// A stretch of a document's text. A document has fewer than 2^32 bytes ([`crate::Source::BYTES_MAX`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Line of the document, from 1.
    pub(crate) line: u32,
    /// Column in characters, from 1.
    pub(crate) column: u32,
    pub(crate) offset: u32,
    pub(crate) len: u32,
}

/// A parsed document.
#[derive(Debug)]
pub(crate) struct Tree<'s> {
    pub(crate) chunk: Chunk<'s>,
    pub(crate) root: Located<Node<'s>>,
}

/// What one document may cost. Far above any manifest in use, far below what hurts.
struct Limits {
    /// Generated schemas nest to 60; whoever walks a tree recurses as deep.
    nesting: usize,
    /// Ten thousand pods in a `List` come to some 400,000, a cluster's own to 1,500,000. Keys are not counted.
    nodes: usize,
    aliases: usize,
    /// Values that expanding all aliases may make: the bound on an alias bomb.
    expanded: usize,
    /// Bytes of text in what aliases expand to.
    expanded_bytes: usize,
}

const LIMITS: Limits =
    Limits { nesting: 100, nodes: 2_000_000, aliases: 1_000, expanded: 5_000, expanded_bytes: 4 << 20 };

/// What is taken for a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// What Kubernetes takes.
    Strict,
    /// A key twice as well: a template has one in each branch.
    Template,
}

impl<'s> Tree<'s> {
    /// Parses one document as Kubernetes would.
    pub(crate) fn parse(chunk: Chunk<'s>) -> Result<Self, Box<Problem>> {
        Self::parse_as(chunk, Reading::Strict)
    }

    /// Parses one document.
    pub(crate) fn parse_as(chunk: Chunk<'s>, reading: Reading) -> Result<Self, Box<Problem>> {
        match build::build(chunk.text, reading) {
            Ok(root) => Ok(Self { chunk, root }),
            Err(error) => Err(Box::new(problem(chunk, &error))),
        }
    }
}

/// Why a text is no document.
#[derive(Debug)]
struct Unreadable {
    cause: String,
    at: Stretch,
}

fn problem(chunk: Chunk<'_>, error: &Unreadable) -> Problem {
    Problem {
        kind: ProblemKind::Invalid,
        place: chunk.place(error.at),
        field: String::new(),
        cause: format!("not a document that can be read: {}", error.cause),
        remedy: "Mend the YAML or JSON here; other documents are read on their own".to_owned(),
    }
}

impl Node<'_> {
    /// What the value costs to keep, in bytes: the text in it, and a value's own size for each value.
    pub(crate) fn weight(&self) -> usize {
        let inside = match self {
            Self::Null | Self::Bool(_) => 0,
            Self::Number(text) | Self::Text(text) => text.len(),
            Self::List(items) => items.iter().map(|item| item.value.weight()).sum(),
            Self::Map(entries) => {
                entries.iter().map(|(key, item)| key.value.len() + item.value.weight()).sum()
            }
        };
        size_of::<Self>() + inside
    }

    /// How many values it is, itself included; counts no further than just beyond `most`.
    fn count(&self, most: usize) -> usize {
        let mut count = 1;
        let mut add = |inside: usize| {
            count += inside;
            count > most
        };
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => {}
            Self::List(items) => drop(items.iter().any(|item| add(item.value.count(most)))),
            Self::Map(entries) => drop(entries.iter().any(|(_, item)| add(1 + item.value.count(most)))),
        }
        count
    }

    /// How many levels it has, 0 for a scalar.
    fn depth(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => 0,
            Self::List(items) => 1 + items.iter().map(|item| item.value.depth()).max().unwrap_or(0),
            Self::Map(entries) => 1 + entries.iter().map(|(_, item)| item.value.depth()).max().unwrap_or(0),
        }
    }
}
