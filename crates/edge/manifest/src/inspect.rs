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
use crate::problem::Findings;
use crate::source::Chunk;
use crate::template::Blanked;
use crate::tree::{Reading, Tree};
use crate::{Place, Problem, ProblemKind, Source};

use document::Reader;
use settle::settle;

/// Most bytes that entries may come to: a hostile file cannot fill memory with what is wrong in it.
const TOLD_MAX: usize = 128 << 20;

/// After how many documents that are no YAML a source is given up.
const UNREADABLE_MAX: usize = 100;

/// Inspects manifests. RuntimeClasses in any of the sources count for the pods of all.
#[must_use]
pub fn inspect(sources: &[Source]) -> Inspection {
    let mut reader = Reader::default();
    let mut errors = Findings::default();
    for source in sources {
        if !one(source, &mut reader, &mut errors) {
            errors.refuse(Problem {
                kind: ProblemKind::Invalid,
                place: Place::start_of(&source.name),
                field: String::new(),
                cause: format!(
                    "what there is to tell comes to more than {} MiB: the rest is not read",
                    TOLD_MAX >> 20
                ),
                remedy: "Inspect fewer files at once".to_owned(),
            });
            break;
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

/// Reads one source; whether there is room for more.
fn one(source: &Source, reader: &mut Reader, errors: &mut Findings) -> bool {
    let documents = if source.text.len() > Source::BYTES_MAX { Vec::new() } else { source.documents() };
    if let Some(problem) = source.refusal(documents.len()) {
        errors.refuse(problem);
        return true;
    }
    if documents.is_empty() {
        errors.refuse(Problem {
            kind: ProblemKind::Invalid,
            place: Place::start_of(&source.name),
            field: String::new(),
            cause: "holds no document".to_owned(),
            remedy: "Give a file with a manifest in it".to_owned(),
        });
        return true;
    }
    if Blanked::has_actions(&source.text)
        && documents.iter().any(|document| document.text.contains("{{") && Tree::parse(*document).is_err())
    {
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
) -> bool {
    let mut unreadable = 0;
    for document in documents {
        match Tree::parse_as(*document, reading) {
            Ok(tree) => reader.document(&Field::root(&tree), template, errors),
            Err(problem) => {
                reader.text(*document, template.is_some());
                unreadable += 1;
                let file = problem.place.file.clone();
                errors.refuse(*problem);
                // Documents that cost much to refuse are not paid for a thousand times.
                if unreadable == UNREADABLE_MAX {
                    errors.refuse(Problem {
                        kind: ProblemKind::Invalid,
                        place: Place::start_of(&file),
                        field: String::new(),
                        cause: format!("{unreadable} documents could not be read: the rest is not tried"),
                        remedy: "Mend these first".to_owned(),
                    });
                    return true;
                }
            }
        }
        if reader.told > TOLD_MAX {
            return false;
        }
    }
    true
}
