//! From sources to documents: parsed, lists taken apart, each with what it says it is.
//!
//! Everything is parsed before anything is read, so that a pod may name a ConfigMap that
//! comes after it. What was found wrong with a document is kept with it: told in the
//! end, it is told in the order written.

use crate::field::Field;
use crate::problem::{Findings, exhausted, whole_file};
use crate::tree::Tree;
use crate::vocabulary::kinds::kind_of_list;
use crate::{Problem, Source};

/// After how many documents that are no YAML a source is given up.
const UNREADABLE_MAX: usize = 100;

/// The sources' documents in the order written, or what is wrong in their place.
pub(crate) struct Parsed<'s> {
    pieces: Vec<Result<Tree<'s>, Box<Problem>>>,
    /// Bytes that may still be made of the sources.
    pub(crate) allowance: usize,
}

/// A document, and what was found wrong with it so far.
pub(crate) struct Document<'a> {
    /// `None`: it does not say what it is; that is among the findings.
    pub(crate) what: Option<What<'a>>,
    pub(crate) findings: Findings,
}

/// What a document says it is.
#[derive(Clone)]
pub(crate) struct What<'a> {
    pub(crate) version: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) root: Field<'a>,
}

impl<'s> Parsed<'s> {
    /// Parses all sources.
    pub(crate) fn of(sources: &'s [Source]) -> Self {
        let mut parsed = Self { pieces: Vec::new(), allowance: Findings::MADE_MAX };
        for source in sources {
            parsed.source(source);
        }
        if sources.is_empty() {
            let remedy = "Name a file with a Pod or a Job in it";
            parsed.pieces.push(Err(Box::new(whole_file("(no input)", "no manifest is given", remedy))));
        }
        parsed
    }

    fn source(&mut self, source: &'s Source) {
        let chunks = source.documents();
        let refusal = source.refusal(chunks.len()).or_else(|| {
            let empty = || whole_file(&source.name, "holds no document", "Write a Pod or a Job in it");
            chunks.is_empty().then(empty)
        });
        if let Some(refusal) = refusal {
            self.pieces.push(Err(Box::new(refusal)));
            return;
        }
        let mut unreadable = 0;
        for chunk in chunks {
            let piece = Tree::parse(chunk);
            unreadable += usize::from(piece.is_err());
            let piece = piece.and_then(|tree| self.afford(tree));
            self.pieces.push(piece);
            // Documents that cost much to refuse are not paid for a thousand times.
            if unreadable == UNREADABLE_MAX {
                let cause = format!("{unreadable} documents could not be read: the rest is not tried");
                self.pieces.push(Err(Box::new(whole_file(&source.name, &cause, "Mend these first"))));
                return;
            }
        }
    }

    fn afford(&mut self, tree: Tree<'s>) -> Result<Tree<'s>, Box<Problem>> {
        let root = Field::root(&tree);
        match self.allowance.checked_sub(root.weight()) {
            Some(rest) => {
                self.allowance = rest;
                Ok(tree)
            }
            None => Err(Box::new(exhausted(&root))),
        }
    }

    /// The documents, with the items of lists in their lists' places.
    pub(crate) fn documents(&self) -> Vec<Document<'_>> {
        let mut documents = Vec::new();
        for piece in &self.pieces {
            match piece {
                Ok(tree) => flatten(&Field::root(tree), None, &mut documents),
                Err(problem) => {
                    let mut findings = Findings::default();
                    findings.refuse(Problem::clone(problem));
                    documents.push(Document { what: None, findings });
                }
            }
        }
        documents
    }
}

/// Adds one document, or the items of a list. `inherited` is what a typed list says its items are.
fn flatten<'a>(root: &Field<'a>, inherited: Option<(&'a str, &'a str)>, into: &mut Vec<Document<'a>>) {
    let mut findings = Findings::default();
    let what = what(root, inherited, &mut findings);
    let items = match &what {
        Some(What { version: "v1", kind: "List", .. }) => Some(None),
        Some(What { version, kind, .. }) => {
            let listed = kind_of_list(kind).map(|of| (*version, of.name));
            listed
                .or_else(|| {
                    OTHER_LISTS.into_iter().find_map(|(list, of)| (list == *kind).then_some((*version, of)))
                })
                .map(Some)
        }
        None => None,
    };
    match items {
        Some(inherited) => {
            let list = root.get("items");
            let items = list.map(|list| list.items(&mut findings)).unwrap_or_default();
            if findings.found > 0 {
                into.push(Document { what: None, findings });
            }
            for item in items {
                flatten(&item.as_root(), inherited, into);
            }
        }
        None if what.is_some() || findings.found > 0 => into.push(Document { what, findings }),
        None => {}
    }
}

/// Typed lists of kinds that make no pods.
const OTHER_LISTS: [(&str, &str); 10] = [
    ("ConfigMapList", "ConfigMap"),
    ("SecretList", "Secret"),
    ("NamespaceList", "Namespace"),
    ("NodeList", "Node"),
    ("NodeResourceTopologyList", "NodeResourceTopology"),
    ("PersistentVolumeClaimList", "PersistentVolumeClaim"),
    ("PersistentVolumeList", "PersistentVolume"),
    ("PodDisruptionBudgetList", "PodDisruptionBudget"),
    ("RuntimeClassList", "RuntimeClass"),
    ("PriorityClassList", "PriorityClass"),
];

fn what<'a>(root: &Field<'a>, inherited: Option<(&'a str, &'a str)>, to: &mut Findings) -> Option<What<'a>> {
    if root.is_null() || !root.map(to) {
        return None;
    }
    let mut text = |key: &str, inherited: Option<&'a str>, remedy: &str| match (root.get(key), inherited) {
        (None, Some(inherited)) => Some(inherited),
        (Some(field), _) => field.text(to),
        (None, None) => {
            let _ = root.need(key, remedy, to);
            None
        }
    };
    let kind = text(
        "kind",
        inherited.map(|(_, kind)| kind),
        "Say what the document is: `kind: Pod` or `kind: Job`",
    )?;
    let version = text(
        "apiVersion",
        inherited.map(|(version, _)| version),
        "Say which version: `v1` for a Pod, `batch/v1` for a Job, `apps/v1` for a Deployment",
    )?;
    Some(What { version, kind, root: root.clone() })
}
