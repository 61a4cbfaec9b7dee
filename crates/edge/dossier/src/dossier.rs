//! Everything that came from one attester, put in order.

use std::collections::BTreeSet;

use casemate_attest::claims::Kind;
use casemate_attest::{AzureVtpm, Endorsements, Evidence, TpmQuote};

use crate::content::{Content, Unsupported, Unusable, recognise};
use crate::reference::References;

/// A file as it came. The name is for messages only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What it is called in messages.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Everything that came from one attester.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dossier {
    /// What it says of itself: outermost evidence first (a vTPM before what it is in), then in the
    /// order of the files. No copies, and nothing that other evidence here holds already.
    pub statements: Vec<Found>,
    /// What vouches for that, and came along.
    pub endorsements: Endorsements,
    /// Reference values that came along.
    pub references: References,
    /// Files in which nothing was found.
    pub unused: Vec<Unused>,
}

/// Something an attester says, and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The name of its file.
    pub source: String,
    /// What it is.
    pub statement: Statement,
}

/// Something an attester says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// Evidence that can be verified.
    Evidence(Evidence),
    /// Evidence that is known by its name and never accepted.
    Unsupported(Unsupported),
    /// What should be evidence and cannot be read.
    Malformed {
        /// Of which kind, if that much can be told.
        kind: Option<Kind>,
        /// Why it cannot be read.
        why: String,
    },
}

/// A file in which nothing was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: Unusable,
}

impl Dossier {
    /// Puts files in order, by their content.
    #[must_use]
    pub fn of(inputs: &[Input]) -> Self {
        let mut parts = Parts::default();
        let mut dossier = Self::default();
        for input in inputs {
            match recognise(&input.bytes) {
                Ok(contents) => {
                    contents.into_iter().for_each(|it| dossier.add(&input.name, it, &mut parts));
                }
                Err(why) => dossier.unused.push(Unused { name: input.name.clone(), why }),
            }
        }
        dossier.join(parts);
        dossier.arrange();
        dossier
    }

    /// Whether nothing in it is about an attester: endorsements and reference values only.
    #[must_use]
    pub fn is_endorsements(&self) -> bool {
        let nothing = self.endorsements == Endorsements::none() && self.references.is_empty();
        self.statements.is_empty() && !nothing
    }

    /// What the attester says; one malformed statement where that is nothing, so that it is never
    /// passed over in silence.
    #[must_use]
    pub fn statements_or_why_none(&self) -> Vec<Found> {
        if !self.statements.is_empty() {
            return self.statements.clone();
        }
        let broken = |it: &&Unused| it.why != Unusable::Unknown;
        let mut told: Vec<_> = match self.unused.as_slice() {
            // What is of no form read here is no reason where something else is.
            [only] if !self.is_endorsements() => vec![only.why.to_string()],
            many => many.iter().filter(broken).map(|it| format!("{}: {}", it.name, it.why)).collect(),
        };
        if self.is_endorsements() {
            told.insert(0, "only endorsements or reference values are in it, and no evidence".to_owned());
        }
        let why = if told.is_empty() { "there is no evidence in it".to_owned() } else { told.join("; ") };
        vec![Found { source: String::new(), statement: Statement::Malformed { kind: None, why } }]
    }

    /// Adds the endorsements of another to these.
    pub fn endorse(endorsements: &mut Endorsements, others: &Endorsements) {
        push_new(&mut endorsements.tcb_infos, &others.tcb_infos);
        push_new(&mut endorsements.qe_identities, &others.qe_identities);
        push_new(&mut endorsements.certificates, &others.certificates);
        push_new(&mut endorsements.crls, &others.crls);
        push_new(&mut endorsements.cca_anchors, &others.cca_anchors);
    }

    fn add(&mut self, source: &str, content: Content, parts: &mut Parts) {
        let endorsements = &mut self.endorsements;
        match content {
            Content::Evidence(evidence) => self.say(source, Statement::Evidence(evidence)),
            Content::Unsupported(what) => self.say(source, Statement::Unsupported(what)),
            Content::HclReport(report) => parts.hcl_reports.push((source.to_owned(), report)),
            Content::TpmQuote(quote) => parts.quotes.push((source.to_owned(), quote)),
            Content::Certificate(der) => push_new(&mut endorsements.certificates, &[der]),
            Content::Crl(der) => push_new(&mut endorsements.crls, &[der]),
            Content::TcbInfo(json) => push_new(&mut endorsements.tcb_infos, &[json]),
            Content::QeIdentity(json) => push_new(&mut endorsements.qe_identities, &[json]),
            Content::CcaAnchor(anchor) => push_new(&mut endorsements.cca_anchors, &[anchor]),
            Content::CcaReferences(references) => push_new(&mut self.references.cca, &[references]),
        }
    }

    fn say(&mut self, source: &str, statement: Statement) {
        self.statements.push(Found { source: source.to_owned(), statement });
    }

    /// Makes evidence of what came in several files: an HCL report and its TPM quote. Which belongs to
    /// which is plain only where there is one of each.
    fn join(&mut self, mut parts: Parts) {
        parts.without_copies(&self.statements);
        match (parts.hcl_reports.as_slice(), parts.quotes.as_slice()) {
            ([(source, report)], [(_, quote)]) => self.say_vtpm(source, report, Some(quote.clone())),
            (reports, quotes) => {
                for (source, report) in reports {
                    self.say_vtpm(source, report, None);
                }
                for (source, _) in quotes {
                    let why = "a TPM's quote without the report or certificate that vouches for its key";
                    let kind = Some(Kind::Vtpm);
                    self.say(source, Statement::Malformed { kind, why: why.to_owned() });
                }
            }
        }
        self.give_td_quotes();
    }

    fn say_vtpm(&mut self, source: &str, report: &[u8], quote: Option<TpmQuote>) {
        let vtpm = AzureVtpm { hcl_report: report.to_vec(), quote, td_quote: None, certificates: Vec::new() };
        self.say(source, Statement::Evidence(Evidence::AzureVtpm(Box::new(vtpm))));
    }

    /// The one TD quote belongs to the one vTPM on TDX that has none.
    fn give_td_quotes(&mut self) {
        let mut quotes = self.statements.iter().filter_map(|it| match &it.statement {
            Statement::Evidence(Evidence::Quote(bytes)) if is_td_quote(bytes) => Some(bytes.clone()),
            _ => None,
        });
        let (Some(quote), None) = (quotes.next(), quotes.next()) else { return };
        let mut lacking = self.statements.iter_mut().filter_map(|it| match &mut it.statement {
            Statement::Evidence(Evidence::AzureVtpm(vtpm))
                if vtpm.td_quote.is_none() && is_on_tdx(&vtpm.hcl_report) =>
            {
                Some(vtpm)
            }
            _ => None,
        });
        if let (Some(vtpm), None) = (lacking.next(), lacking.next()) {
            vtpm.td_quote = Some(quote);
        }
    }

    /// Drops copies and what other evidence holds; outermost first.
    fn arrange(&mut self) {
        let mut kept: Vec<Found> = Vec::new();
        let mut candidates = std::mem::take(&mut self.statements);
        candidates.sort_by_key(|it| it.statement.rank());
        for candidate in candidates {
            if !kept.iter().any(|it| it.statement.holds(&candidate.statement)) {
                kept.push(candidate);
            }
        }
        self.statements = kept;
    }
}

/// Parts of evidence that came in files of their own, with their files' names.
#[derive(Default)]
struct Parts {
    hcl_reports: Vec<(String, Vec<u8>)>,
    quotes: Vec<(String, TpmQuote)>,
}

impl Parts {
    /// Drops what is there twice, or in whole evidence besides.
    fn without_copies(&mut self, whole: &[Found]) {
        let vtpms: Vec<_> = whole
            .iter()
            .filter_map(|it| match &it.statement {
                Statement::Evidence(Evidence::AzureVtpm(vtpm)) => Some(vtpm),
                _ => None,
            })
            .collect();
        let mut seen = BTreeSet::new();
        self.hcl_reports.retain(|(_, report)| {
            !vtpms.iter().any(|it| it.hcl_report == *report) && seen.insert(report.clone())
        });
        let mut seen = BTreeSet::new();
        self.quotes.retain(|(_, quote)| {
            let elsewhere =
                vtpms.iter().any(|it| it.quote.as_ref().is_some_and(|it| it.message == quote.message));
            !elsewhere && seen.insert((quote.message.clone(), quote.signature.clone()))
        });
    }
}

impl Statement {
    /// Outermost first.
    const fn rank(&self) -> u8 {
        match self {
            Self::Evidence(Evidence::AzureVtpm(_) | Evidence::GceVtpm(_)) => 0,
            Self::Evidence(Evidence::Tpm { .. }) => 1,
            Self::Evidence(_) => 2,
            Self::Unsupported(_) => 3,
            Self::Malformed { .. } => 4,
        }
    }

    /// Whether the other is a copy of this, or in it.
    fn holds(&self, other: &Self) -> bool {
        let (this, other) = match (self, other) {
            (Self::Evidence(this), Self::Evidence(other)) => (this, other),
            // Whatever of it is refused, once is enough.
            (Self::Unsupported(this), Self::Unsupported(other)) => return this.what == other.what,
            _ => return self == other,
        };
        match (this, other) {
            (Evidence::Quote(this), Evidence::Quote(other)) => is_same_quote(this, other),
            (Evidence::SnpReport { report: this, .. }, Evidence::SnpReport { report: other, .. }) => {
                this == other
            }
            (Evidence::AzureVtpm(this), Evidence::SnpReport { report, .. }) => {
                contains(&this.hcl_report, report)
            }
            (Evidence::AzureVtpm(this), Evidence::Quote(quote)) => {
                this.td_quote.as_ref().is_some_and(|it| is_same_quote(it, quote))
            }
            (Evidence::AzureVtpm(this), Evidence::AzureVtpm(other)) => {
                this == other || other.quote.is_none() && this.hcl_report == other.hcl_report
            }
            (Evidence::GceVtpm(this), other) if this.inner.as_deref() == Some(other) => true,
            (this, other) => this == other,
        }
    }
}

/// Quotes are often padded with zeros, each copy in its own way.
fn is_same_quote(one: &[u8], other: &[u8]) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    long.strip_prefix(short).is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
}

/// Where an HCL report has the hardware's: at 20h.
fn contains(hcl_report: &[u8], report: &[u8]) -> bool {
    hcl_report.get(0x20..).is_some_and(|it| it.starts_with(report)) && !report.is_empty()
}

/// The type of the hardware's report in an HCL report, at 4C8h: 4 is TDX.
fn is_on_tdx(hcl_report: &[u8]) -> bool {
    hcl_report.get(0x4c8..0x4cc) == Some(&[4, 0, 0, 0])
}

/// The TEE type in a quote's header, at 4: 81h is TDX.
fn is_td_quote(quote: &[u8]) -> bool {
    quote.get(4..8) == Some(&[0x81, 0, 0, 0])
}

fn push_new<T: PartialEq + Clone>(to: &mut Vec<T>, new: &[T]) {
    for it in new {
        if !to.contains(it) {
            to.push(it.clone());
        }
    }
}
