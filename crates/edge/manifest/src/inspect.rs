//! What Casemate understands of manifests, whatever their kind: for each thing that asks
//! or could ask for a TEE its class, its numbers, where each came from, and what is wrong
//! or risky in it. Decides nothing: admission does that, on what `read` gives.
//!
//! Where `read` is strict, this looks at all it can: templates with their actions blanked
//! out, kinds of other projects, values for charts, Azure's templates, and, where a text
//! cannot be parsed at all, the words in it. What cannot be read is an error with its place
//! besides.
//!
//! Costs are bounded as for `read`, and so is what is told: [`TOLD_MAX`] bytes of entries.

mod amounts;
mod azure;
mod container;
mod document;
mod draft;
mod embedded;
mod finding;
mod inspection;
mod judge;
mod nodes;
mod page;
mod pod;
mod sandbox;
mod scan;
mod settle;
mod spot;
mod volumes;

pub use finding::{Finding, FindingId, Severity};
pub use inspection::{Class, Entry, Fact, Form, Inspection, Says, What};
pub use page::inspect_markdown;

use crate::field::Field;
use crate::problem::{Findings, whole_file};
use crate::source::Chunk;
use crate::template::Blanked;
use crate::tree::{Reading, Tree};
use crate::{Problem, Source};

use document::Reader;
use settle::settle;

/// Most bytes that entries may come to: a hostile file cannot fill memory with what is wrong in it.
const TOLD_MAX: usize = 128 << 20;

/// After how many documents that are no YAML a source is given up.
const UNREADABLE_MAX: usize = 100;

/// Inspects manifests. RuntimeClasses in any of the sources count for the pods of all.
///
/// A source without a document is an error only where no source has one: a directory may well
/// have an empty file in it.
#[must_use]
pub fn inspect(sources: &[Source]) -> Inspection {
    within(sources, TOLD_MAX)
}

/// Inspects until what there is to tell comes to so many bytes.
fn within(sources: &[Source], told_max: usize) -> Inspection {
    let mut reader = Reader { told_max, ..Reader::default() };
    let mut errors = Findings::default();
    let mut empty = Vec::new();
    for source in sources {
        match one(source, &mut reader, &mut errors) {
            Outcome::Read => {}
            Outcome::Empty => empty.push(source),
            Outcome::NoRoom => {
                let told = told_max >> 20;
                let cause =
                    format!("what there is to tell comes to more than {told} MiB: the rest is not read");
                errors.refuse(whole_file(&source.name, &cause, "Inspect fewer files at once"));
                break;
            }
        }
    }
    if empty.len() == sources.len() {
        for source in empty {
            errors.refuse(whole_file(&source.name, "holds no document", "Give a file with a manifest in it"));
        }
    }
    let Reader { drafts, classes, .. } = reader;
    Inspection {
        schema: Inspection::SCHEMA,
        workloads: drafts.into_iter().map(|draft| settle(draft, &classes)).collect(),
        errors_left_out: errors.found - errors.problems.len(),
        errors: errors.problems,
    }
}

/// Whether a file of that name is looked into when a directory is inspected: YAML and JSON,
/// and templates of them.
#[must_use]
pub fn is_manifest_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = [".in", ".tpl", ".tmpl", ".gotmpl", ".template", ".j2"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .unwrap_or(&name);
    [".yaml", ".yml", ".json"].iter().any(|suffix| name.ends_with(suffix))
}

/// What became of a source.
enum Outcome {
    Read,
    /// It holds no document.
    Empty,
    /// There is no room for what more there is to tell.
    NoRoom,
}

fn one(source: &Source, reader: &mut Reader, errors: &mut Findings) -> Outcome {
    let documents = if source.text.len() > Source::BYTES_MAX { Vec::new() } else { source.documents() };
    if let Some(problem) = source.refusal(documents.len()) {
        errors.refuse(problem);
        return Outcome::Read;
    }
    let is_no_yaml = |document: &Chunk<'_>| document.text.contains("{{") && Tree::parse(*document).is_err();
    if Blanked::has_actions(&source.text) && documents.iter().any(is_no_yaml) {
        let blanked = Blanked::of(&source.text);
        let documents = source.documents_as(&blanked.text);
        return all(&documents, Reading::Template, Some(&blanked), reader, errors);
    }
    all(&documents, Reading::Strict, None, reader, errors)
}

fn all(
    documents: &[Chunk<'_>],
    reading: Reading,
    template: Option<&Blanked>,
    reader: &mut Reader,
    errors: &mut Findings,
) -> Outcome {
    let mut unreadable = 0;
    for document in documents {
        let problem = match Tree::parse_as(*document, reading) {
            Ok(tree) => {
                reader.document(&Field::root(&tree), template, errors);
                None
            }
            Err(problem) if template.is_some() => {
                without_bad_lines(*document, *problem, template, reader, errors)
            }
            Err(problem) => Some(*problem),
        };
        if let Some(mut problem) = problem {
            if template.is_some() {
                problem.remedy =
                    "Render the template first (`helm template`), and inspect the result".to_owned();
            }
            reader.text(*document, template.is_some());
            errors.refuse(problem);
            unreadable += 1;
            // Documents that cost much to refuse are not paid for a thousand times.
            if unreadable == UNREADABLE_MAX {
                let cause = format!("{unreadable} documents could not be read: the rest is not tried");
                errors.refuse(whole_file(document.file, &cause, "Mend these first"));
                break;
            }
        }
        if reader.told > reader.told_max {
            return Outcome::NoRoom;
        }
    }
    if documents.is_empty() { Outcome::Empty } else { Outcome::Read }
}

/// How many lines of a template's document may be left out.
const LEFT_OUT_MAX: usize = 16;
/// Bytes that may be parsed again for that, of all sources together.
const MENDED_BYTES_MAX: usize = 8 << 20;

/// Reads a template's document without the lines at which it stops being YAML: what an action
/// prints there decides what they are. The problem comes back where that does not help, and
/// where such a line has a TEE's word in it.
fn without_bad_lines(
    document: Chunk<'_>,
    first: Problem,
    template: Option<&Blanked>,
    reader: &mut Reader,
    errors: &mut Findings,
) -> Option<Problem> {
    let mut lines: Vec<String> = document.text.split_inclusive('\n').map(str::to_owned).collect();
    let mut bad = first.place.line;
    for _ in 0..LEFT_OUT_MAX {
        reader.mended = reader.mended.saturating_add(document.text.len());
        if reader.mended > MENDED_BYTES_MAX {
            return Some(first);
        }
        let Some(line) = bad.checked_sub(document.first_line).and_then(|index| lines.get_mut(index)) else {
            return Some(first);
        };
        if line.trim().is_empty() || scan::has_word(line) {
            return Some(first);
        }
        *line = line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
        let text = lines.concat();
        match Tree::parse_as(Chunk { text: &text, ..document }, Reading::Template) {
            Ok(tree) => {
                reader.document(&Field::root(&tree), template, errors);
                return None;
            }
            Err(problem) => bad = problem.place.line,
        }
    }
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_to_tell_is_bounded() {
        let container = "{securityContext: {privileged: true}, resources: {limits: {sgx.intel.com/epc: x}}},";
        let pod = format!("---\n{{kind: Pod, spec: {{containers: [{}]}}}}\n", container.repeat(1_000));
        let source = Source { name: "f.yaml".into(), text: pod.repeat(6) };
        let inspection = within(&[source], 1 << 20);
        assert!((1..6).contains(&inspection.workloads.len()), "{}", inspection.workloads.len());
        assert!(inspection.errors[0].cause.contains("1 MiB"), "{}", inspection.errors[0]);
    }
}
