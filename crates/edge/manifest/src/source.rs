//! A manifest's text as it was read, and its documents.
//!
//! A stream is cut where Kubernetes cuts it: at lines that begin with `---` or
//! `...` and a blank. YAML reserves these at the beginning of a line even inside
//! quoted and block scalars (YAML 1.2.2, 9.1.2 "Document Markers"), so the cut is
//! exact, and a syntax error in one document leaves the others readable.

use crate::problem::whole_file;
use crate::tree::Stretch;
use crate::{Place, Problem, ProblemKind};

/// The text of one file, or of standard input. The caller reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What the text is called in messages: usually its path.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Source {
    /// Largest text accepted, bytes: twenty times what Kubernetes' own store takes for an object.
    pub const BYTES_MAX: usize = 32 << 20;
    /// Most documents accepted in one source.
    pub const DOCUMENTS_MAX: usize = 100_000;

    /// A source from a file's bytes.
    ///
    /// # Errors
    ///
    /// Where there are too many bytes, or they are no text in UTF-8: the operator's file is not a
    /// manifest, or in another encoding.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Box<Problem>> {
        let name = name.into();
        if bytes.len() > Self::BYTES_MAX {
            return Err(Box::new(too_large(&name)));
        }
        let is_utf_16 = is_utf_16(&bytes);
        let (bytes, bad) = match String::from_utf8(bytes) {
            Ok(text) => match text.find('\0') {
                None => return Ok(Self { name, text }),
                Some(bad) => (text.into_bytes(), bad),
            },
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                (error.into_bytes(), good)
            }
        };
        let before = bytes.get(..bad).and_then(|it| std::str::from_utf8(it).ok()).unwrap_or_default();
        let (cause, remedy) = match bytes.as_slice() {
            _ if is_utf_16 => {
                ("the file is UTF-16 text", "Save it as UTF-8: manifests are YAML or JSON in UTF-8")
            }
            [0x1f, ..] => ("the file is compressed", "Unpack it first"),
            _ if bytes.contains(&0) => ("the file is not text", "Give a manifest: YAML or JSON in UTF-8"),
            _ => (
                "the file is not UTF-8 text",
                "Manifests are YAML or JSON in UTF-8; convert it, or give another file",
            ),
        };
        let chunk = Chunk { file: &name, text: before, written: before, first_line: 1, first_byte: 0 };
        Err(Box::new(Problem {
            kind: ProblemKind::Invalid,
            place: chunk.place_of_byte(bad),
            field: String::new(),
            cause: cause.to_owned(),
            remedy: remedy.to_owned(),
        }))
    }

    /// Its documents, in order, without those that hold nothing.
    pub(crate) fn documents(&self) -> Vec<Chunk<'_>> {
        cut(&self.name, &self.text, &self.text)
    }

    /// Its documents where `text` stands for what is written: as long, and with the same lines.
    pub(crate) fn documents_as<'s>(&'s self, text: &'s str) -> Vec<Chunk<'s>> {
        cut(&self.name, text, &self.text)
    }

    /// What is wrong with it before a word is read: its size, its number of documents.
    pub(crate) fn refusal(&self, documents: usize) -> Option<Problem> {
        if self.text.len() > Self::BYTES_MAX {
            return Some(too_large(&self.name));
        }
        if documents > Self::DOCUMENTS_MAX {
            let cause = format!("{documents} documents are more than are read ({})", Self::DOCUMENTS_MAX);
            return Some(whole_file(&self.name, &cause, "Split it"));
        }
        None
    }
}

fn too_large(name: &str) -> Problem {
    let cause = format!("has more than {} bytes, which are all that is read of a file", Source::BYTES_MAX);
    whole_file(name, &cause, "Split it, or give another file")
}

fn cut<'s>(file: &'s str, text: &'s str, written: &'s str) -> Vec<Chunk<'s>> {
    let mut documents = Vec::new();
    let mut start = (0, 1);
    let mut offset = 0;
    let chunk = |(first_byte, first_line): (usize, usize), end: usize| {
        let chunk = Chunk {
            file,
            text: text.get(first_byte..end)?,
            written: written.get(first_byte..end)?,
            first_line,
            first_byte,
        };
        (!chunk.is_blank()).then_some(chunk)
    };
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let here = (offset, index + 1);
        offset += line.len();
        let marker = marker(line);
        // `%YAML` and `%TAG` lines belong to the document whose `---` follows them.
        let only_directives = marker == Some(Marker::Start)
            && holds_only_directives(text.get(start.0..here.0).unwrap_or_default());
        if marker.is_some() && !only_directives {
            documents.extend(chunk(start, here.0));
            start = if marker == Some(Marker::End) { (offset, index + 2) } else { here };
        }
    }
    documents.extend(chunk(start, text.len()));
    documents
}

fn holds_only_directives(text: &str) -> bool {
    text.contains('%') && text.lines().all(|line| line.starts_with('%') || is_blank(line))
}

/// One document of a source, and where it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk<'s> {
    pub(crate) file: &'s str,
    /// What is parsed.
    pub(crate) text: &'s str,
    /// What the file says there: another text only where a template's actions were blanked out.
    pub(crate) written: &'s str,
    pub(crate) first_line: usize,
    pub(crate) first_byte: usize,
}

impl Chunk<'_> {
    /// Nothing but comments, blanks and its marker.
    fn is_blank(&self) -> bool {
        self.text.lines().all(|line| is_blank(line.strip_prefix("---").unwrap_or(line)))
    }

    /// The place of a stretch of this document.
    pub(crate) fn place(&self, at: Stretch) -> Place {
        let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let offset = number(at.offset).min(self.text.len());
        Place {
            file: self.file.to_owned(),
            line: self.first_line + number(at.line).saturating_sub(1),
            column: number(at.column).max(1),
            offset: self.first_byte + offset,
            len: number(at.len).min(self.text.len() - offset),
        }
    }

    fn place_of_byte(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        Place {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
            offset: before.len(),
            len: 0,
        }
    }
}

/// Text in the other encoding that manifests come in: with its byte-order mark, or letters with a
/// NUL before or behind each.
fn is_utf_16(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [one, 0, two, 0, ..] | [0, one, 0, two, ..] => one.is_ascii_graphic() && *two != 0 && two.is_ascii(),
        _ => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Marker {
    Start,
    End,
}

fn marker(line: &str) -> Option<Marker> {
    let line = line.trim_start_matches('\u{feff}');
    let (marker, rest) = match (line.strip_prefix("---"), line.strip_prefix("...")) {
        (Some(rest), _) => (Marker::Start, rest),
        (None, Some(rest)) => (Marker::End, rest),
        (None, None) => return None,
    };
    (rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n'])).then_some(marker)
}

fn is_blank(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}').trim();
    line.is_empty() || line.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(usize, String)> {
        let source = Source { name: "f".into(), text: text.into() };
        source.documents().iter().map(|chunk| (chunk.first_line, chunk.text.to_owned())).collect()
    }

    #[test]
    fn documents_are_cut_at_markers_and_empty_ones_are_dropped() {
        assert_eq!(
            cut("a: 1\n---\n---\n# only this\n--- # c\nb: 2"),
            [(1, "a: 1\n".into()), (5, "--- # c\nb: 2".into())]
        );
        assert_eq!(cut("a: 1\n...\nb: 2\n"), [(1, "a: 1\n".into()), (3, "b: 2\n".into())]);
        assert_eq!(cut(""), []);
        assert_eq!(cut("\u{feff}# nothing\n\n---\n"), []);
    }

    #[test]
    fn what_only_looks_like_a_marker_cuts_nothing() {
        for text in ["a: |\n  ---\n  x\n", "---a: 1\n", "a: ---\n", "----\n"] {
            assert_eq!(cut(text), [(1, text.to_owned())]);
        }
    }

    #[test]
    fn directives_stay_with_their_document() {
        assert_eq!(cut("%YAML 1.2\n---\na: 1\n"), [(1, "%YAML 1.2\n---\na: 1\n".into())]);
    }

    #[test]
    fn bytes_that_are_not_text_are_refused_where_they_stop_being_text() {
        let problem = Source::from_bytes("f", b"a: 1\nb: \xc3\xa9\xff".to_vec()).unwrap_err();
        assert_eq!((problem.place.line, problem.place.column, problem.place.offset), (2, 5, 10));
    }

    #[test]
    fn other_encodings_are_told_by_name() {
        let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for (bytes, cause) in [
            (utf_16("a: 1\n"), "UTF-16"),
            (utf_16("\u{feff}a: 1\n"), "UTF-16"),
            ("a: 1\n".encode_utf16().flat_map(u16::to_be_bytes).collect(), "UTF-16"),
            (b"\x1f\x8b\x08\0\0".to_vec(), "compressed"),
            (b"a: 1\0".to_vec(), "not text"),
            (b"a: \xff".to_vec(), "not UTF-8"),
            (b"\xc3\x28\xa0\x00\x9f".to_vec(), "not text"),
        ] {
            let problem = Source::from_bytes("f", bytes).unwrap_err();
            assert!(problem.cause.contains(cause), "{problem}");
        }
    }
}
