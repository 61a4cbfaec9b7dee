//! The appraisal policy as a document.
//!
//! ```yaml
//! apiVersion: casemate.dev/v1alpha1
//! kind: AppraisalPolicy
//! metadata: {name: quickstart}
//! spec:
//!   softwareRoot: this-machine    # or sha256:<64 hex digits>, or a list of these
//!   ttl: 5m                       # how long a verdict stands; default 5m
//!   allowDebug: false             # default false
//!   platform:                     # default: image
//!     measurements: image         # the probe built into this casemate, or a list of MRENCLAVEs
//!   workloads:                    # the first rule that matches decides; no rule, no entry
//!   - match: {namespace: default, name: "quick-*", container: "*"}
//!     measurements: image         # what this machine measures of the image named, or a list of MRENCLAVEs
//!   evidence:                     # default: no evidence of hardware
//!     tdx: {mrTd: […]}            # see evidence.rs
//!   admission:                    # default: nobody
//!     privileged:                 # who may have privilege, host namespaces and devices of the host
//!     - {namespace: kube-system, serviceAccount: "*"}
//!     provision:                  # who may ask for SGX's provision right; default: everyone
//!     - {namespace: default, serviceAccount: default}
//! ```
//!
//! A part left out of `match` matches everything; a pattern may end in `*`.
//! `measurements: image` says that an enclave must be what its manifest names: it
//! guards the way from the image to the enclave, not against another image.
//! Both parts of an account under `admission` have to be written: leaving one out by
//! mistake must not allow everybody.
//!
//! Unknown keys are refused with a suggestion: a policy in which `allowdebug` is
//! silently ignored is not the policy somebody wrote.

mod evidence;
mod kinds;
mod section;

use std::collections::BTreeSet;

use casemate_model::{Fingerprint, Measurement, Nanos};
use casemate_policy::evidence::Rules;
use casemate_policy::{
    AppraisalPolicy, EvidenceDraft, Pattern, PolicyDraft, PolicyError, Reference, Selector, WorkloadRule,
};

use crate::admission::{Account, Admission};
use crate::duration;
use crate::field::Field;
use crate::metadata::{NameKind, name};
use crate::problem::Findings;
use crate::suggest::unknown_keys;
use crate::{Place, Problem, ProblemKind};

/// The `apiVersion` of our documents.
pub(crate) const API_VERSION: &str = "casemate.dev/v1alpha1";
/// The `kind` of a policy.
pub(crate) const KIND: &str = "AppraisalPolicy";

/// How long a verdict stands where the policy does not say: Kubernetes' order of lease times.
const TTL_DEFAULT: Nanos = Nanos::from_secs(300);

/// A policy that was read, but whose roots are not resolved on a machine yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDocument {
    /// Its `metadata.name`.
    pub name: String,
    /// Where it is written; `None` is the built-in policy.
    pub place: Option<Place>,
    /// The software roots it accepts, as written.
    pub software_roots: Vec<RootName>,
    /// How long a verdict stands.
    pub ttl: Nanos,
    /// Whether enclaves that the host can debug are accepted.
    pub debug_allowed: bool,
    /// What a node's probe may be.
    pub platform: Reference,
    /// What workloads may be; the first rule that matches decides.
    pub workloads: Vec<WorkloadRule>,
    /// What is demanded of evidence of hardware; `None` accepts none.
    pub evidence: Option<EvidenceDraft>,
    /// Who may have what is kept from everyone else.
    pub admission: Admission,
}

/// How a policy names a software root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RootName {
    /// `this-machine`: the root that the machine reading the policy generated for itself.
    ThisMachine,
    /// `sha256:…` over the root certificate's DER.
    Sha256(Fingerprint),
}

/// A policy in force on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedPolicy {
    /// What evidence is appraised against.
    pub policy: AppraisalPolicy,
    /// Each root as written, and what it is here: so that the output can say so.
    pub roots: Vec<(RootName, Fingerprint)>,
}

impl PolicyDocument {
    /// The policy where none is given: this machine's software root, and every enclave
    /// must be what its manifest names. Good for trying things out on one's own machine.
    #[must_use]
    pub fn built_in() -> Self {
        Self {
            name: "built-in".to_owned(),
            place: None,
            software_roots: vec![RootName::ThisMachine],
            ttl: TTL_DEFAULT,
            debug_allowed: false,
            platform: Reference::Image,
            workloads: vec![WorkloadRule { selector: Selector::default(), reference: Reference::Image }],
            evidence: None,
            admission: Admission::built_in(),
        }
    }

    /// Says what `this-machine` is.
    ///
    /// # Errors
    ///
    /// Where the policy could never affirm anything: the operator's to mend.
    pub fn resolve(&self, this_machine: Fingerprint) -> Result<ResolvedPolicy, PolicyError> {
        let resolved = |name: &RootName| match name {
            RootName::ThisMachine => (*name, this_machine),
            RootName::Sha256(fingerprint) => (*name, *fingerprint),
        };
        let roots: Vec<_> = self.software_roots.iter().map(resolved).collect();
        let draft = PolicyDraft {
            roots: roots.iter().map(|(_, fingerprint)| *fingerprint).collect(),
            ttl: self.ttl,
            debug_allowed: self.debug_allowed,
            platform: self.platform.clone(),
            workloads: self.workloads.clone(),
        };
        // Without rules for hardware software enclaves are the only evidence, judged by this name.
        let software_only =
            || EvidenceDraft { id: self.name.clone(), scopes: Vec::new(), rules: Some(Rules::default()) };
        let evidence = self.evidence.clone().unwrap_or_else(software_only);
        Ok(ResolvedPolicy { policy: draft.validate_with(evidence)?, roots })
    }
}

impl std::fmt::Display for RootName {
    /// As a policy writes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ThisMachine => f.write_str("this-machine"),
            Self::Sha256(fingerprint) => write!(f, "sha256:{fingerprint}"),
        }
    }
}

/// Whether a document is meant as one of ours, perhaps misspelt or of another version.
pub(crate) fn is_ours(version: &str, kind: &str) -> bool {
    kind == KIND || API_VERSION.split('/').next() == version.split('/').next()
}

/// Reads a policy document.
pub(crate) fn policy(document: &Field<'_>, to: &mut Findings) -> Option<PolicyDocument> {
    to.sound(|to| {
        unknown_keys(document, &["apiVersion", "kind", "metadata", "spec"], to);
        let metadata = document.need("metadata", "Give the policy a `name`", to);
        let name = metadata
            .and_then(|metadata| metadata.need("name", "Name the policy", to))
            .and_then(|field| name(&field, NameKind::Subdomain, to));
        let spec =
            document.need("spec", "Say what is accepted: at least `softwareRoot` and `workloads`", to)?;
        let known = ["softwareRoot", "ttl", "allowDebug", "platform", "workloads", "evidence", "admission"];
        unknown_keys(&spec, &known, to);
        // With rules for hardware, software enclaves and workloads need not be spoken of.
        let evidence = spec.get("evidence");
        let found = match &evidence {
            Some(_) => spec.get("softwareRoot"),
            None => {
                spec.need("softwareRoot", "Write `this-machine`, or `sha256:` and a root's fingerprint", to)
            }
        };
        let software_roots = found.map(|field| roots(&field, to));
        let ttl = spec.get("ttl").map_or(Some(TTL_DEFAULT), |field| ttl(&field, to));
        let debug_allowed = spec.get("allowDebug").map_or(Some(false), |field| field.boolean(to));
        let platform = match spec.get("platform") {
            Some(platform) => {
                unknown_keys(&platform, &["measurements"], to);
                reference(&platform, to)
            }
            None => Some(Reference::Image),
        };
        let workloads = match &evidence {
            Some(_) => spec.get("workloads"),
            None => spec.need("workloads", "List who may run: a `match` and its `measurements`", to),
        };
        let workloads = workloads.map(|field| workload_rules(&field, to));
        let evidence = evidence.map(|field| evidence::evidence(&field, name.as_deref().unwrap_or(""), to));
        Some(PolicyDocument {
            name: name?,
            place: Some(document.place()),
            software_roots: software_roots.or_else(|| evidence.is_some().then(Vec::new))?,
            ttl: ttl?,
            debug_allowed: debug_allowed?,
            platform: platform?,
            workloads: workloads.or_else(|| evidence.is_some().then(Vec::new))?,
            evidence: evidence.flatten(),
            admission: spec.get("admission").map(|field| admission(&field, to)).unwrap_or_default(),
        })
    })
}

/// What is wrong where a policy is wanted and there is none in the file.
pub(crate) fn none_in(file: &str) -> Problem {
    Problem {
        kind: ProblemKind::Invalid,
        place: Place::start_of(file),
        field: String::new(),
        cause: format!("no document of kind {KIND} in here"),
        remedy: format!("Write one with `apiVersion: {API_VERSION}` and `kind: {KIND}`"),
    }
}

fn roots(field: &Field<'_>, to: &mut Findings) -> Vec<RootName> {
    let items = if field.is_list() { field.items(to) } else { vec![field.clone()] };
    if items.is_empty() {
        to.refuse(field.problem("accepts no root", "Name at least one: with none, nothing is ever accepted"));
    }
    let mut roots = Vec::new();
    for item in items {
        let Some(text) = item.text(to) else { continue };
        match (text, text.strip_prefix("sha256:").map(str::parse)) {
            ("this-machine", _) => roots.push(RootName::ThisMachine),
            (_, Some(Ok(fingerprint))) => roots.push(RootName::Sha256(fingerprint)),
            (_, Some(Err(error))) => {
                to.refuse(
                    item.problem(format!("not a fingerprint: {error}"), "Write `sha256:` and 64 hex digits"),
                );
            }
            (_, None) => {
                let remedy = "Write `this-machine`, or `sha256:` and 64 hex digits";
                to.refuse(item.problem("names no root", remedy));
            }
        }
    }
    roots
}

/// A span that is not nothing.
fn ttl(field: &Field<'_>, to: &mut Findings) -> Option<Nanos> {
    match duration::parse(field.text(to)?) {
        Ok(Nanos::ZERO) => {
            to.refuse(
                field.problem("a verdict that stands for no time", "Write how long it stands, such as `5m`"),
            );
            None
        }
        Ok(ttl) => Some(ttl),
        Err(error) => {
            to.refuse(field.problem(error.to_string(), "Write a time such as `5m`, `90s`, `1h30m`, `250ms`"));
            None
        }
    }
}

fn reference(holder: &Field<'_>, to: &mut Findings) -> Option<Reference> {
    let remedy = "Write `image`, or a list of MRENCLAVEs of 64 hex digits each";
    let field = holder.need("measurements", remedy, to)?;
    if !field.is_list() {
        if field.text(to)? == "image" {
            return Some(Reference::Image);
        }
        to.refuse(field.problem("neither `image` nor a list", remedy));
        return None;
    }
    let mut measurements = BTreeSet::new();
    for item in field.items(to) {
        match item.scalar("64 hex digits", to).map(str::parse::<Measurement>) {
            Some(Ok(measurement)) => drop(measurements.insert(measurement)),
            Some(Err(error)) => to.refuse(item.problem(format!("not a measurement: {error}"), remedy)),
            None => {}
        }
    }
    if measurements.is_empty() {
        to.refuse(field.problem("lists no measurement", "List one: an empty list accepts nothing"));
    }
    Some(Reference::OneOf(measurements))
}

fn workload_rules(list: &Field<'_>, to: &mut Findings) -> Vec<WorkloadRule> {
    let mut rules = Vec::new();
    for item in list.items(to) {
        unknown_keys(&item, &["match", "measurements"], to);
        let selector = item.get("match").map_or_else(Selector::default, |field| selector(&field, to));
        rules.extend(reference(&item, to).map(|reference| WorkloadRule { selector, reference }));
    }
    rules
}

fn admission(field: &Field<'_>, to: &mut Findings) -> Admission {
    unknown_keys(field, &["privileged", "provision"], to);
    let mut accounts = |key: &str| field.get(key).map(|list| accounts(&list, to));
    Admission { privileged: accounts("privileged").unwrap_or_default(), provision: accounts("provision") }
}

fn accounts(list: &Field<'_>, to: &mut Findings) -> Vec<Account> {
    let mut accounts = Vec::new();
    for item in list.items(to) {
        if !item.map(to) {
            continue;
        }
        unknown_keys(&item, &["namespace", "serviceAccount"], to);
        let mut part = |key: &str| {
            let field = item.need(key, "Write a name, its beginning and `*`, or `\"*\"` for all", to)?;
            pattern(&field, to)
        };
        let account = (part("namespace"), part("serviceAccount"));
        if let (Some(namespace), Some(service_account)) = account {
            accounts.push(Account { namespace, service_account });
        }
    }
    accounts
}

fn selector(field: &Field<'_>, to: &mut Findings) -> Selector {
    unknown_keys(field, &["namespace", "name", "container"], to);
    let mut part = |key: &str| field.get(key).and_then(|field| pattern(&field, to));
    Selector { namespace: part("namespace"), name: part("name"), container: part("container") }
}

fn pattern(field: &Field<'_>, to: &mut Findings) -> Option<Pattern> {
    match field.text(to)?.parse::<Pattern>() {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            to.refuse(field.problem(error.to_string(), "Write a name, or its beginning and `*`"));
            None
        }
    }
}
