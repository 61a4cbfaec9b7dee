//! From the parser's events to a tree, without recursion: what is open lies on a stack.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span, Tag};

use super::{Entry, LIMITS, Located, Node, Reading, Stretch, Unreadable, scalar};

/// Builds the tree of one document.
pub(super) fn build(text: &str, reading: Reading) -> Result<Located<Node<'_>>, Unreadable> {
    let mut options = granit_parser::options! {
        flow_nesting_limit: LIMITS.nesting,
        block_nesting_limit: LIMITS.nesting,
    };
    options.set_emit_comments(false);
    let mut builder = Builder::new(reading);
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => builder.event(event, &span)?,
            Err(error) => {
                let cause = match error.kind() {
                    ErrorKind::RecursionLimitExceeded => too_large(),
                    _ => error.info(),
                };
                return Err(Unreadable { cause, at: stretch(&Span::empty(*error.marker())) });
            }
        }
    }
    let nothing = Located { value: Node::Null, at: Stretch { line: 1, column: 1, ..Stretch::default() } };
    Ok(builder.root.unwrap_or(nothing))
}

struct Builder<'s> {
    reading: Reading,
    open: Vec<Open<'s>>,
    root: Option<Located<Node<'s>>>,
    /// What is anchored, by the parser's number for it.
    anchored: BTreeMap<usize, Anchored<'s>>,
    nodes: usize,
    aliases: usize,
    expanded: usize,
    expanded_bytes: usize,
}

/// What an anchor stands for.
enum Anchored<'s> {
    /// A list or mapping that is not closed yet.
    Open,
    /// More than an alias may expand to.
    TooLarge,
    Is(Located<Node<'s>>),
}

/// A list or mapping that is not closed yet.
struct Open<'s> {
    kind: Kind<'s>,
    at: Stretch,
    anchor: usize,
}

enum Kind<'s> {
    List(Vec<Located<Node<'s>>>),
    /// The entries so far, a key whose value is still to come, and whether any key is `<<`.
    Map {
        entries: Vec<Entry<'s>>,
        key: Option<Located<Cow<'s, str>>>,
        merges: bool,
    },
}

impl<'s> Builder<'s> {
    fn new(reading: Reading) -> Self {
        Self {
            reading,
            open: Vec::new(),
            root: None,
            anchored: BTreeMap::new(),
            nodes: 0,
            aliases: 0,
            expanded: 0,
            expanded_bytes: 0,
        }
    }

    fn event(&mut self, event: Event<'s>, span: &Span) -> Result<(), Unreadable> {
        let at = stretch(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if self.awaits_key() {
                    return self.key(text, style, anchor, at);
                }
                self.count(at)?;
                let node = Located { value: typed(text, style, tag.as_deref()), at };
                self.anchor(anchor, &node, at)?;
                self.put(node)
            }
            Event::SequenceStart(_, anchor, _) => self.open(Kind::List(Vec::new()), anchor, at),
            Event::MappingStart(_, anchor, _) => {
                self.open(Kind::Map { entries: Vec::new(), key: None, merges: false }, anchor, at)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(id) => self.alias(id, at),
            Event::DocumentStart(..) if self.root.is_some() => Err(Unreadable {
                cause: "a second document without `---` on a line of its own".to_owned(),
                at,
            }),
            _ => Ok(()),
        }
    }

    fn count(&mut self, at: Stretch) -> Result<(), Unreadable> {
        self.nodes += 1;
        if self.nodes > LIMITS.nodes { Err(Unreadable { cause: too_large(), at }) } else { Ok(()) }
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: Kind::Map { key: None, .. }, .. }))
    }

    fn key(
        &mut self,
        text: Cow<'s, str>,
        style: ScalarStyle,
        anchor: usize,
        at: Stretch,
    ) -> Result<(), Unreadable> {
        if text.is_empty() && style == ScalarStyle::Plain {
            return Err(no_key(at));
        }
        let node = Located { value: Node::Text(text.clone()), at };
        self.anchor(anchor, &node, at)?;
        if let Some(Open { kind: Kind::Map { key, merges, .. }, .. }) = self.open.last_mut() {
            *merges |= style == ScalarStyle::Plain && text == "<<";
            *key = Some(Located { value: text, at });
        }
        Ok(())
    }

    fn open(&mut self, kind: Kind<'s>, anchor: usize, at: Stretch) -> Result<(), Unreadable> {
        self.count(at)?;
        if self.awaits_key() {
            return Err(no_key(at));
        }
        if self.open.len() == LIMITS.nesting {
            return Err(Unreadable { cause: too_large(), at });
        }
        if anchor != 0 {
            self.anchored.insert(anchor, Anchored::Open);
        }
        self.open.push(Open { kind, at, anchor });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Unreadable> {
        let Some(Open { kind, at, anchor }) = self.open.pop() else { return Ok(()) };
        let value = match kind {
            Kind::List(items) => Node::List(items),
            Kind::Map { entries, merges, .. } => {
                if self.reading == Reading::Strict {
                    no_key_twice(&entries)?;
                }
                Node::Map(if merges { merged(entries)? } else { entries })
            }
        };
        let node = Located { value, at };
        self.anchor(anchor, &node, at)?;
        self.put(node)
    }

    /// Keeps a copy of what is anchored, where an alias may expand to it.
    fn anchor(&mut self, anchor: usize, node: &Located<Node<'s>>, at: Stretch) -> Result<(), Unreadable> {
        if anchor == 0 {
            return Ok(());
        }
        if self.anchored.len() > LIMITS.aliases {
            return Err(Unreadable { cause: too_large(), at });
        }
        let fits = node.value.count(LIMITS.expanded) <= LIMITS.expanded;
        self.anchored.insert(anchor, if fits { Anchored::Is(node.clone()) } else { Anchored::TooLarge });
        Ok(())
    }

    fn alias(&mut self, id: usize, at: Stretch) -> Result<(), Unreadable> {
        let target = match self.anchored.get(&id) {
            Some(Anchored::Is(target)) => target,
            Some(Anchored::TooLarge) => return Err(Unreadable { cause: too_large(), at }),
            Some(Anchored::Open) | None => {
                let cause = "an alias of what it stands in: it would never end".to_owned();
                return Err(Unreadable { cause, at });
            }
        };
        self.aliases += 1;
        self.expanded += target.value.count(LIMITS.expanded);
        self.expanded_bytes += target.value.weight();
        if self.aliases > LIMITS.aliases
            || self.expanded > LIMITS.expanded
            || self.expanded_bytes > LIMITS.expanded_bytes
            || self.open.len() + target.value.depth() > LIMITS.nesting
        {
            return Err(Unreadable { cause: too_large(), at });
        }
        let node = target.clone();
        match (self.awaits_key(), node.value) {
            (true, Node::Text(text)) => self.key(text, ScalarStyle::SingleQuoted, 0, at),
            (true, _) => Err(no_key(at)),
            (false, value) => self.put(Located { value, at: node.at }),
        }
    }

    fn put(&mut self, node: Located<Node<'s>>) -> Result<(), Unreadable> {
        match self.open.last_mut().map(|open| &mut open.kind) {
            Some(Kind::List(items)) => items.push(node),
            Some(Kind::Map { entries, key, .. }) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => return Err(no_key(node.at)),
            },
            None => self.root = Some(node),
        }
        Ok(())
    }
}

fn typed<'s>(text: Cow<'s, str>, style: ScalarStyle, tag: Option<&Tag>) -> Node<'s> {
    let by_tag = tag.map(|tag| tag.core_suffix());
    match (by_tag, style) {
        (None, ScalarStyle::Plain) | (Some(Some("null" | "bool" | "int" | "float")), _) => {
            scalar::plain(text)
        }
        _ => Node::Text(text),
    }
}

/// The later of two entries with the same key is refused.
fn no_key_twice(entries: &[Entry<'_>]) -> Result<(), Unreadable> {
    /// Mappings of this size are searched as they are; larger ones are sorted first.
    const SMALL: usize = 8;
    let twice = if entries.len() <= SMALL {
        let is_twice = |(index, (key, _)): &(usize, &Entry<'_>)| {
            entries.iter().take(*index).any(|(before, _)| before.value == key.value)
        };
        entries.iter().enumerate().find(is_twice).map(|(_, (key, _))| key)
    } else {
        let mut keys: Vec<&Located<Cow<'_, str>>> = entries.iter().map(|(key, _)| key).collect();
        keys.sort_by(|one, two| (&one.value, one.at.offset).cmp(&(&two.value, two.at.offset)));
        let pairs = keys.iter().zip(keys.iter().skip(1));
        pairs.filter(|(one, two)| one.value == two.value).map(|(_, two)| *two).min_by_key(|key| key.at.offset)
    };
    match twice {
        Some(key) => {
            let shown: String = key.value.chars().take(64).collect();
            Err(Unreadable { cause: format!("the key `{shown}` is written twice"), at: key.at })
        }
        None => Ok(()),
    }
}

/// The entries with what `<<` brings in; what is written out wins, and of several the first.
fn merged(entries: Vec<Entry<'_>>) -> Result<Vec<Entry<'_>>, Unreadable> {
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| key.value == "<<");
    let mut known: BTreeSet<Cow<'_, str>> = own.iter().map(|(key, _)| key.value.clone()).collect();
    for (key, value) in merges {
        let sources = match value.value {
            Node::Map(entries) => vec![Node::Map(entries)],
            Node::List(items) => items.into_iter().map(|item| item.value).collect(),
            _ => return Err(Unreadable { cause: "`<<` merges mappings only".to_owned(), at: key.at }),
        };
        for source in sources {
            let Node::Map(entries) = source else {
                return Err(Unreadable { cause: "`<<` merges mappings only".to_owned(), at: key.at });
            };
            for (key, value) in entries {
                if known.insert(key.value.clone()) {
                    own.push((key, value));
                }
            }
        }
    }
    Ok(own)
}

fn no_key(at: Stretch) -> Unreadable {
    Unreadable { cause: "a key that is no plain text; a template must be rendered first".to_owned(), at }
}

fn too_large() -> String {
    format!(
        "the document is too large or too deep (limits: {} values, {} levels, {} aliases that expand to {} values and {} MiB)",
        LIMITS.nodes,
        LIMITS.nesting,
        LIMITS.aliases,
        LIMITS.expanded,
        LIMITS.expanded_bytes >> 20
    )
}

fn stretch(span: &Span) -> Stretch {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let start = span.start.byte_offset().unwrap_or_default();
    let end = span.end.byte_offset().unwrap_or(start);
    Stretch {
        line: number(span.start.line()).max(1),
        column: number(span.start.col()).saturating_add(1),
        offset: number(start),
        len: number(end.saturating_sub(start)),
    }
}
