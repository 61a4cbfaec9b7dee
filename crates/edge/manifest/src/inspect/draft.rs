//! An entry in the making: facts as they are read, before all sources are known.
//!
//! A pod's runtime class may be described in another file, so the class and the numbers
//! are settled only at the end ([`super::settle`]).

use super::finding::{Finding, FindingId};
use super::inspection::{Fact, Form, Says, What};
use super::spot::Spot;
use crate::Technology;
use crate::field::Field;
use crate::template::{Blanked, is_blank};

/// An entry in the making.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) file: String,
    pub(crate) spot: Spot,
    pub(crate) kind: Option<String>,
    pub(crate) api_version: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) form: Form,
    pub(crate) template: bool,
    pub(crate) replicas: Option<u64>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) findings: Vec<Finding>,
    /// Why it has the class it has: the fact that says most, in words.
    pub(crate) because: Option<Because>,
    pub(crate) demand: Amounts,
    /// One, or in a template one for each branch.
    pub(crate) runtime_classes: Vec<RuntimeClassAsked>,
    /// `spec.overhead` as written: memory, CPU, keys.
    pub(crate) overhead: Option<Cost>,
    pub(crate) signs: Signs,
}

/// The fact that says most.
#[derive(Clone, Debug)]
pub(crate) struct Because {
    pub(crate) says: Says,
    pub(crate) rank: u8,
    pub(crate) text: String,
}

/// What containers ask of a TEE, summed as Kubernetes sums. `None`: not told, because an
/// amount is blank or wrong, or something is had without asking for an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) epc: Option<u64>,
    /// `None` as well where nothing limits it.
    pub(crate) epc_limit: Option<u64>,
    pub(crate) enclaves: Option<u64>,
    pub(crate) keys: Option<u64>,
}

impl Amounts {
    pub(crate) const NONE: Self = Self { epc: Some(0), epc_limit: Some(0), enclaves: Some(0), keys: Some(0) };
    pub(crate) const UNKNOWN: Self = Self { epc: None, epc_limit: None, enclaves: None, keys: None };

    pub(crate) fn plus(self, other: Self) -> Self {
        self.with(other, u64::saturating_add)
    }

    /// The larger of each: for what does not run at the same time.
    pub(crate) fn or(self, other: Self) -> Self {
        self.with(other, u64::max)
    }

    fn with(self, other: Self, both: fn(u64, u64) -> u64) -> Self {
        let of = |one: Option<u64>, two: Option<u64>| one.zip(two).map(|(one, two)| both(one, two));
        Self {
            epc: of(self.epc, other.epc),
            epc_limit: of(self.epc_limit, other.epc_limit),
            enclaves: of(self.enclaves, other.enclaves),
            keys: of(self.keys, other.keys),
        }
    }
}

/// A runtime class by name, and which fact tells of it.
#[derive(Clone, Debug)]
pub(crate) struct RuntimeClassAsked {
    pub(crate) name: String,
    pub(crate) fact: usize,
    pub(crate) blank: bool,
    /// The line of the template's action on which it depends.
    pub(crate) condition: Option<usize>,
    pub(crate) spot: Spot,
}

/// What a sandbox costs. `None`: not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) memory: Option<u64>,
    pub(crate) cpu: Option<u64>,
    pub(crate) keys: u64,
}

/// What is seen on the way and matters only together with the class.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signs {
    /// It mounts the kubelet's plugin sockets.
    pub(crate) plugin: Option<Spot>,
    /// Something shows that it is attested.
    pub(crate) attested: Option<Spot>,
    /// A quoting service is at hand.
    pub(crate) quoting_service: bool,
    pub(crate) provision: Option<Spot>,
    /// A policy of what may run in the sandbox.
    pub(crate) policy: bool,
    /// It runs on an enclave runtime of this name.
    pub(crate) runtime: Option<(Spot, &'static str)>,
    /// It tolerates some taint.
    pub(crate) tolerates: bool,
    /// It selects nodes by something.
    pub(crate) selects_nodes: bool,
    /// A label of nodes that offer a TEE, as a requirement.
    pub(crate) offers: Option<Spot>,
    /// A label of a TEE's nodes, as a preference.
    pub(crate) preferred: Option<Spot>,
    /// A TEE's device from the host.
    pub(crate) device: Option<Spot>,
    /// A key asked for by a container.
    pub(crate) key: Option<Spot>,
    /// Findings that only matter where it is, or may be, confidential.
    pub(crate) if_confidential: Vec<Finding>,
}

/// How much a kind of fact weighs beside others that say as much.
pub(crate) const fn rank(what: What) -> u8 {
    match what {
        What::Epc | What::Enclaves | What::KeySlots | What::Provision | What::DeviceResource => 6,
        What::RuntimeClass | What::AzureSku => 5,
        What::PeerPod | What::UnknownResource | What::ResourceClaim => 4,
        What::Annotation | What::Policy => 3,
        What::HostPath => 2,
        What::NodeLabel => 1,
        What::Overhead | What::Program | What::Word => 0,
    }
}

/// Reads into a draft, knowing the template around it.
#[derive(Debug)]
pub(crate) struct Pen<'d> {
    pub(crate) draft: &'d mut Draft,
    pub(crate) template: Option<&'d Blanked>,
}

impl Pen<'_> {
    /// Writes down a fact at a field, and returns its index. `why` says what it means, in words.
    ///
    /// What stands under a template's condition is at most possible.
    pub(crate) fn fact(
        &mut self,
        what: What,
        field: &Field<'_>,
        says: Says,
        tee: Option<Technology>,
        why: impl FnOnce(&str) -> String,
    ) -> usize {
        let (line, column) = field.line_column();
        let value = shown(field);
        let condition = self.condition(line);
        let says = match condition {
            Some(_) if says == Says::Asked => Says::Possible,
            _ => says,
        };
        let rank = rank(what);
        let outweighs =
            self.draft.because.as_ref().is_none_or(|known| (known.says, known.rank) < (says, rank));
        if says != Says::Nothing && outweighs {
            let mut text = why(&value);
            if let Some(line) = condition {
                text += &under_condition(line);
            }
            self.draft.because = Some(Because { says, rank, text });
        }
        self.draft.facts.push(Fact { what, value, field: field.path().to_owned(), line, column, says, tee });
        self.draft.facts.len() - 1
    }

    /// The line of the template's action on which a line depends.
    pub(crate) fn condition(&self, line: usize) -> Option<usize> {
        self.template.and_then(|template| template.condition(line))
    }

    pub(crate) fn find(&mut self, id: FindingId, field: &Field<'_>, cause: impl Into<String>) {
        self.draft.findings.push(Finding::at(id, Spot::of(field), cause));
    }

    /// A finding that only matters where the entry is, or may be, confidential.
    pub(crate) fn find_if_confidential(
        &mut self,
        id: FindingId,
        field: &Field<'_>,
        cause: impl Into<String>,
    ) {
        self.draft.signs.if_confidential.push(Finding::at(id, Spot::of(field), cause));
    }
}

/// What is added to a reason that stands under a template's condition.
pub(crate) fn under_condition(line: usize) -> String {
    format!(", where the template's condition on line {line} holds")
}

/// What is written at a field, short enough to be shown.
pub(crate) fn shown(field: &Field<'_>) -> String {
    /// As long as a name may be.
    const SHOWN_MAX: usize = 253;
    let text = match field.plain() {
        // The file has the action where the parsed text has a blank.
        Some(value) if is_blank(value) => field.written().unwrap_or(value).trim_matches(['"', '\'']),
        Some(value) => value,
        None => "",
    };
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
