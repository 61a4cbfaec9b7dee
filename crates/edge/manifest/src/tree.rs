//! One YAML or JSON document as a tree in which every value knows its place.
//!
//! Kubernetes types are read out of this tree by hand rather than by derived
//! deserialisers, because those stop at the first mistake and round numbers:
//! here every mistake is found, and a quantity is read from the digits written.
//!
//! Refused: more than [`LIMITS`] allow, duplicate keys, keys that are not scalars,
//! unknown anchors. Scalars are typed as Kubernetes types them (YAML 1.1: `yes` is a boolean).

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{MessageFormatter as _, NonFiniteFloatPolicy, Options, Spanned, UserMessageFormatter};

use crate::source::Chunk;
use crate::{Problem, ProblemKind};

/// A value without its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node<'s> {
    Null,
    Bool(bool),
    /// A number, as the parser read it. [`Tree::number`] has the digits written.
    Number(String),
    /// Borrowed from the source where it is written as it reads, so that an alias to it costs nothing.
    Text(Cow<'s, str>),
    List(Vec<Spanned<Node<'s>>>),
    Map(Vec<(Spanned<String>, Spanned<Node<'s>>)>),
}

/// A parsed document.
#[derive(Debug)]
pub(crate) struct Tree<'s> {
    pub(crate) chunk: Chunk<'s>,
    pub(crate) root: Spanned<Node<'s>>,
}

/// What one document may cost. Far above any manifest in use, far below what hurts.
struct Limits {
    /// Each level takes up to 48 KiB of stack in an unoptimised build, and a thread may have 2 MiB.
    nesting: usize,
    nodes: usize,
    aliases: usize,
    /// Parser events that expanding all aliases may replay: the bound on an alias bomb.
    replayed: usize,
    /// Bytes of anchored text that had to be copied, because it has escapes or folded lines.
    anchored_bytes: usize,
}

const LIMITS: Limits =
    Limits { nesting: 32, nodes: 1_000_000, aliases: 1_000, replayed: 5_000, anchored_bytes: 64 << 10 };

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
        match serde_saphyr::from_str_with_options::<Spanned<Node<'s>>>(chunk.text, options(reading)) {
            Ok(root) => Ok(Self { chunk, root }),
            Err(error) => Err(Box::new(problem(chunk, &error))),
        }
    }

    /// The digits of a number as they are written, where they are its own and not an alias's or a tag's.
    pub(crate) fn number<'a>(&'a self, at: &Spanned<Node<'_>>, read: &'a str) -> &'a str {
        let span = at.defined.span();
        let written = match (span.byte_offset(), span.byte_len()) {
            (Some(offset), Some(len)) => slice(self.chunk.text, offset, len),
            _ => None,
        };
        written
            .filter(|text| text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)))
            .unwrap_or(read)
    }
}

fn options(reading: Reading) -> Options {
    serde_saphyr::options! {
        with_snippet: false,
        duplicate_keys: match reading {
            Reading::Strict => DuplicateKeyPolicy::Error,
            Reading::Template => DuplicateKeyPolicy::PassThrough,
        },
        emit_comments: false,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: LIMITS.replayed,
            max_replay_stack_depth: LIMITS.nesting,
        },
        budget: serde_saphyr::budget! {
            max_depth: LIMITS.nesting,
            flow_nesting_limit: LIMITS.nesting,
            max_nodes: LIMITS.nodes,
            max_events: 4 * LIMITS.nodes,
            max_aliases: LIMITS.aliases,
            max_anchors: LIMITS.aliases,
            max_merge_keys: LIMITS.aliases,
            max_recorded_anchor_events: LIMITS.nodes,
            max_recorded_anchor_bytes: LIMITS.anchored_bytes,
        },
    }
}

fn problem(chunk: Chunk<'_>, error: &serde_saphyr::Error) -> Problem {
    let (line, column, bytes) = match error.location() {
        Some(location) => {
            let span = location.span();
            let bytes = match (span.byte_offset(), span.byte_len()) {
                (Some(offset), Some(len)) => usize::try_from(offset).ok().zip(usize::try_from(len).ok()),
                _ => None,
            };
            (usize_of(location.line()), usize_of(location.column()), bytes)
        }
        None => (1, 1, None),
    };
    let cause = match innermost(error) {
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("the key `{key}` is written twice")
        }
        serde_saphyr::Error::DuplicateMappingKey { .. } => "a key is written twice".to_owned(),
        serde_saphyr::Error::Budget { .. }
        | serde_saphyr::Error::AliasReplayLimitExceeded { .. }
        | serde_saphyr::Error::AliasReplayStackDepthExceeded { .. } => format!(
            "the document is too large or too deep (limits: {} values, {} levels, {} aliases that expand to {} events)",
            LIMITS.nodes, LIMITS.nesting, LIMITS.aliases, LIMITS.replayed
        ),
        serde_saphyr::Error::Unexpected { expected: "string scalar", .. } => {
            "a key that is no plain text; a template must be rendered first".to_owned()
        }
        other => UserMessageFormatter.format_message(other).into_owned(),
    };
    Problem {
        kind: ProblemKind::Invalid,
        place: chunk.place(line, column, bytes),
        field: String::new(),
        cause: format!("not a document that can be read: {cause}"),
        remedy: "Mend the YAML or JSON here; other documents are read on their own".to_owned(),
    }
}

impl Node<'_> {
    /// What the value costs to keep, in bytes: the text in it, and a value's own size for each value.
    pub(crate) fn weight(&self) -> usize {
        let inside = match self {
            Self::Null | Self::Bool(_) => 0,
            Self::Number(text) => text.len(),
            Self::Text(text) => text.len(),
            Self::List(items) => items.iter().map(|item| item.value.weight()).sum(),
            Self::Map(entries) => {
                entries.iter().map(|(key, item)| key.value.len() + item.value.weight()).sum()
            }
        };
        size_of::<Self>() + inside
    }
}

/// The error itself, without what says that it was met behind an alias.
fn innermost(error: &serde_saphyr::Error) -> &serde_saphyr::Error {
    match error.without_snippet() {
        serde_saphyr::Error::AliasError { error, .. } => innermost(error),
        error => error,
    }
}

fn slice(text: &str, offset: u64, len: u64) -> Option<&str> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    text.get(start..end)
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Node<'de>, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Node<'de>, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node<'de>, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Node::Map(map))
    }
}
