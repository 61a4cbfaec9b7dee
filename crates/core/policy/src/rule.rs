//! What a policy demands: accepted roots, lifetimes, reference values.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use casemate_model::{ContainerKey, Fingerprint, Measurement, Nanos};
use thiserror::Error;

use crate::evidence::{Accept, EvidenceDraft, EvidencePolicy, EvidencePolicyError, Rules, SoftwareRules};

/// A policy as somebody wrote it, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDraft {
    /// Software roots whose evidence is accepted.
    pub roots: BTreeSet<Fingerprint>,
    /// How long a witness holds after its appraisal, at most.
    pub ttl: Nanos,
    /// Whether enclaves the host can debug are accepted.
    pub debug_allowed: bool,
    /// What a platform's probe may be.
    pub platform: Reference,
    /// What workloads may be; the first rule whose selector matches decides.
    pub workloads: Vec<WorkloadRule>,
}

/// A policy that can be appraised against. Made from a [`PolicyDraft`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppraisalPolicy {
    draft: PolicyDraft,
    evidence: EvidencePolicy,
}

impl PolicyDraft {
    /// Checks that the policy can mean something. Software enclaves are the only evidence it accepts.
    ///
    /// # Errors
    ///
    /// The first demand nothing could ever meet.
    pub fn validate(self) -> Result<AppraisalPolicy, PolicyError> {
        let evidence =
            EvidenceDraft { id: UNNAMED.to_owned(), scopes: Vec::new(), rules: Some(Rules::default()) };
        self.validate_with(evidence)
    }

    /// As [`PolicyDraft::validate`], with rules for evidence of hardware besides. The rules for software
    /// enclaves, and how long a verdict stands where the rules do not say, are this draft's in every
    /// scope.
    ///
    /// # Errors
    ///
    /// The first demand nothing could ever meet.
    pub fn validate_with(self, mut evidence: EvidenceDraft) -> Result<AppraisalPolicy, PolicyError> {
        if !self.roots.is_empty() {
            // Software enclaves are for everybody.
            evidence.rules.get_or_insert_default();
        }
        let scopes = evidence.scopes.iter_mut().map(|scope| &mut scope.rules);
        for rules in evidence.rules.iter_mut().chain(scopes) {
            rules.software = (!self.roots.is_empty()).then(|| self.software());
            rules.freshness.ttl.get_or_insert(self.ttl);
        }
        let accepts_hardware = evidence.rules.iter().chain(evidence.scopes.iter().map(|it| &it.rules));
        if self.roots.is_empty() && !accepts_hardware.clone().any(Rules::accept_hardware) {
            return Err(PolicyError::NoRoots);
        }
        if self.ttl == Nanos::ZERO {
            return Err(PolicyError::NoLifetime);
        }
        if self.platform.is_empty() {
            return Err(PolicyError::NoPlatformReference);
        }
        match self.workloads.iter().position(|rule| rule.reference.is_empty()) {
            Some(index) => Err(PolicyError::NoWorkloadReference { index }),
            None => Ok(AppraisalPolicy { evidence: evidence.validate()?, draft: self }),
        }
    }

    fn software(&self) -> SoftwareRules {
        SoftwareRules {
            roots: Accept::OneOf(self.roots.clone()),
            mr_enclave: Accept::Any,
            allow_debug: self.debug_allowed,
        }
    }
}

/// The id of rules for software enclaves that nobody named.
const UNNAMED: &str = "casemate.dev/software-enclaves/v1";

impl AppraisalPolicy {
    /// What it demands of evidence.
    #[must_use]
    pub fn evidence(&self) -> &EvidencePolicy {
        &self.evidence
    }

    /// The roots of software enclaves it accepts.
    #[must_use]
    pub fn roots(&self) -> &BTreeSet<Fingerprint> {
        &self.draft.roots
    }

    /// How long a witness holds after its appraisal, at most.
    #[must_use]
    pub fn ttl(&self) -> Nanos {
        self.draft.ttl
    }

    /// Whether enclaves the host can debug are accepted.
    #[must_use]
    pub fn debug_allowed(&self) -> bool {
        self.draft.debug_allowed
    }

    /// What a platform's probe may be.
    #[must_use]
    pub fn platform(&self) -> &Reference {
        &self.draft.platform
    }

    /// What this container may be: the reference of the first rule that selects it. `None` is no
    /// permission.
    #[must_use]
    pub fn workload(&self, container: &ContainerKey) -> Option<&Reference> {
        self.draft.workloads.iter().find(|rule| rule.selector.selects(container)).map(|rule| &rule.reference)
    }
}

/// A policy that could never affirm anything. The operator erred.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// What is demanded of evidence can mean nothing.
    #[error(transparent)]
    Evidence(#[from] EvidencePolicyError),
    /// No root is accepted.
    #[error("the policy accepts no root; name a software root's fingerprint")]
    NoRoots,
    /// Witnesses would lapse as they are made.
    #[error("the policy's evidence lifetime is zero; a witness would lapse as it is made")]
    NoLifetime,
    /// No platform measurement is accepted.
    #[error("the policy lists no platform measurement; list one, or refer to the image")]
    NoPlatformReference,
    /// No workload measurement is accepted by a rule.
    #[error("workload rule {index} (from 0) lists no measurement; list one, or refer to the image")]
    NoWorkloadReference {
        /// The rule's place in the policy, from 0.
        index: usize,
    },
}

/// Which measurements are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// The one computed from the image that the manifest names.
    Image,
    /// Any of these. An empty list is refused, never "all".
    OneOf(BTreeSet<Measurement>),
}

impl Reference {
    /// The good measurements, given the one computed from the image.
    pub(crate) fn accepted(&self, image: Measurement) -> BTreeSet<Measurement> {
        match self {
            Self::Image => BTreeSet::from([image]),
            Self::OneOf(measurements) => measurements.clone(),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::OneOf(measurements) if measurements.is_empty())
    }
}

/// Which containers a reference is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadRule {
    /// Which containers.
    pub selector: Selector,
    /// What they may be.
    pub reference: Reference,
}

/// Selects containers by name; a part left out selects every value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// The pod's namespace.
    pub namespace: Option<Pattern>,
    /// The pod's name.
    pub name: Option<Pattern>,
    /// The container's name in the pod.
    pub container: Option<Pattern>,
}

impl Selector {
    /// Whether it selects this container.
    #[must_use]
    pub fn selects(&self, key: &ContainerKey) -> bool {
        let allows = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|p| p.matches(text));
        allows(&self.namespace, &key.pod.namespace)
            && allows(&self.name, &key.pod.name)
            && allows(&self.container, &key.container)
    }
}

/// A name, or the beginning of names where it ends in `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    is_prefix: bool,
}

impl Pattern {
    /// Whether this name is meant.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        if self.is_prefix { name.starts_with(&self.text) } else { name == self.text }
    }
}

impl FromStr for Pattern {
    type Err = ParsePatternError;

    fn from_str(pattern: &str) -> Result<Self, ParsePatternError> {
        let (text, is_prefix) = match pattern.strip_suffix('*') {
            Some(prefix) => (prefix, true),
            None => (pattern, false),
        };
        if pattern.is_empty() {
            return Err(ParsePatternError::Empty);
        }
        if text.contains('*') {
            return Err(ParsePatternError::Star { pattern: pattern.to_owned() });
        }
        Ok(Self { text: text.to_owned(), is_prefix })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, if self.is_prefix { "*" } else { "" })
    }
}

/// Text that is not a pattern. The operator erred.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParsePatternError {
    /// Nothing is written; `*` is what selects every name.
    #[error("an empty pattern selects nothing; leave it out, or write `*`")]
    Empty,
    /// A star that is not at the end.
    #[error("`{pattern}` has a `*` before its end; only the last character may be one")]
    Star {
        /// The text.
        pattern: String,
    },
}
