//! Writing a flattened device tree: Devicetree Specification 0.4, chapter 5, version 17.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 40 | header: ten 32-bit words, big-endian |
//! | 40 | 16 | the list of reserved memory: none, so only its end |
//! | 56 | any | the structure: tokens, each at a multiple of four bytes |
//! | after it | any | names of properties, each ended by a zero |

const MAGIC: u32 = 0xd00d_feed;
const VERSION: u32 = 17;
const READ_BY_VERSION: u32 = 16;
const HEADER: usize = 40;
const RESERVED: usize = 16;

const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const END: u32 = 9;

/// A node being written; its properties come before its children.
#[derive(Default)]
pub(crate) struct Node {
    structure: Vec<u8>,
    names: Vec<u8>,
}

/// The tree whose root `fill` writes.
pub(crate) fn tree(fill: impl FnOnce(&mut Node)) -> Vec<u8> {
    let mut root = Node::default();
    root.child("", fill);
    root.word(END);
    let names_at = HEADER + RESERVED + root.structure.len();
    let total = names_at + root.names.len();
    let header = [
        MAGIC,
        length(total),
        length(HEADER + RESERVED),
        length(names_at),
        length(HEADER),
        VERSION,
        READ_BY_VERSION,
        0,
        length(root.names.len()),
        length(root.structure.len()),
    ];
    let mut bytes = Vec::with_capacity(total);
    bytes.extend(header.into_iter().flat_map(u32::to_be_bytes));
    bytes.extend([0; RESERVED]);
    bytes.extend(root.structure);
    bytes.extend(root.names);
    bytes
}

impl Node {
    /// A node within this one.
    pub(crate) fn child(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.word(BEGIN_NODE);
        self.structure.extend(name.bytes());
        self.structure.push(0);
        self.pad();
        fill(self);
        self.word(END_NODE);
    }

    /// A property of these bytes.
    pub(crate) fn bytes(&mut self, name: &str, value: &[u8]) {
        self.word(PROPERTY);
        self.word(length(value.len()));
        let at = self.name(name);
        self.word(at);
        self.structure.extend(value);
        self.pad();
    }

    /// A property that says what it says by being there.
    pub(crate) fn flag(&mut self, name: &str) {
        self.bytes(name, &[]);
    }

    /// A property of 32-bit cells.
    pub(crate) fn cells(&mut self, name: &str, cells: &[u32]) {
        let value: Vec<_> = cells.iter().flat_map(|it| it.to_be_bytes()).collect();
        self.bytes(name, &value);
    }

    /// A property of 64-bit numbers, two cells each.
    pub(crate) fn wide(&mut self, name: &str, numbers: &[u64]) {
        let value: Vec<_> = numbers.iter().flat_map(|it| it.to_be_bytes()).collect();
        self.bytes(name, &value);
    }

    /// A property of texts, each ended by a zero.
    pub(crate) fn texts(&mut self, name: &str, texts: &[&str]) {
        let value: Vec<_> = texts.iter().flat_map(|it| it.bytes().chain([0])).collect();
        self.bytes(name, &value);
    }

    /// Where a property's name lies among the names; each is written once.
    fn name(&mut self, name: &str) -> u32 {
        let mut at = 0;
        for known in self.names.split_inclusive(|it| *it == 0) {
            if known.strip_suffix(&[0]) == Some(name.as_bytes()) {
                return length(at);
            }
            at += known.len();
        }
        self.names.extend(name.bytes());
        self.names.push(0);
        length(at)
    }

    fn word(&mut self, word: u32) {
        self.structure.extend(word.to_be_bytes());
    }

    fn pad(&mut self) {
        self.structure.resize(self.structure.len().next_multiple_of(4), 0);
    }
}

/// A tree of ours is some kilobytes long.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Every property by its path, as `/node/node:property`; every node too, with its path alone.
    pub(crate) fn read(tree: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let word = |at: usize| u32::from_be_bytes(tree[at..at + 4].try_into().unwrap());
        assert_eq!((word(0), word(4) as usize), (MAGIC, tree.len()));
        let (mut at, names) = (word(8) as usize, word(12) as usize);
        let text = |at: usize| {
            let end = at + tree[at..].iter().position(|it| *it == 0).unwrap();
            String::from_utf8(tree[at..end].to_vec()).unwrap()
        };
        let (mut path, mut found) = (Vec::<String>::new(), BTreeMap::new());
        loop {
            let token = word(at);
            at += 4;
            match token {
                BEGIN_NODE => {
                    let name = text(at);
                    at = (at + name.len() + 1).next_multiple_of(4);
                    path.push(name);
                    found.insert(path.join("/"), Vec::new());
                }
                END_NODE => drop(path.pop().unwrap()),
                PROPERTY => {
                    let (len, name) = (word(at) as usize, text(names + word(at + 4) as usize));
                    at += 8;
                    found.insert(format!("{}:{name}", path.join("/")), tree[at..at + len].to_vec());
                    at = (at + len).next_multiple_of(4);
                }
                // NOP, of which QEMU's tree has some.
                4 => {}
                END => return found,
                other => panic!("token {other} at {at}"),
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let tree = tree(|root| {
            root.texts("compatible", &["one", "two"]);
            root.child("inner@1", |inner| {
                inner.wide("reg", &[1, 2]);
                inner.flag("always-on");
                inner.texts("compatible", &["three"]);
            });
        });
        let expected = [
            ("", vec![]),
            ("/inner@1", vec![]),
            ("/inner@1:always-on", vec![]),
            ("/inner@1:compatible", b"three\0".to_vec()),
            ("/inner@1:reg", vec![0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]),
            (":compatible", b"one\0two\0".to_vec()),
        ];
        assert_eq!(read(&tree), expected.map(|(path, value)| (path.to_owned(), value)).into());
        let names = tree.windows(10).filter(|it| *it == b"compatible").count();
        assert_eq!(names, 1, "a name is written once");
    }
}
