//! Why evidence is not good enough.

use std::collections::BTreeSet;

use casemate_attest::claims::{Kind, NotChecked};
use casemate_model::{ContainerKey, Digest, Fingerprint, Measurement, ReportData, Tee, Timestamp};
use thiserror::Error;

/// Why evidence is not good enough: one rule of the policy, or of the question, that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Reason {
    /// The policy does not accept the root.
    #[error("the policy does not accept the root {root}")]
    Root {
        /// The root the evidence chains to.
        root: Fingerprint,
    },
    /// The policy has no rules for evidence of this kind, which is a refusal.
    #[error("the policy has no rules for {kind} evidence, so none is accepted")]
    Kind {
        /// What the evidence is of.
        kind: Kind,
    },
    /// The policy has no rules for this tenant, which is a refusal.
    #[error("no rules of the policy are for {}", tenant_shown(tenant))]
    Tenant {
        /// Whose evidence it is.
        tenant: Option<String>,
    },
    /// The evidence comes from another kind of TEE.
    #[error("the evidence is of a {found} TEE, the node claims {expected}")]
    Tee {
        /// What the subject claims to have.
        expected: Tee,
        /// What the evidence is of.
        found: Kind,
    },
    /// The evidence was made for another nonce, node, boot, key, container or configuration.
    #[error(
        "report data is {found}, expected {expected}: the evidence was made for another nonce, node or use"
    )]
    ReportData {
        /// What everything expected binds to; a nonce, with zeros after it.
        expected: ReportData,
        /// What the evidence holds, in hex.
        found: String,
    },
    /// The evidence was made for another nonce.
    #[error("the nonce is {found}, expected {expected}: the evidence was made for another question")]
    Nonce {
        /// The nonce, in hex.
        expected: String,
        /// What the evidence holds, in hex, or `(none)`.
        found: String,
    },
    /// Something the policy demands to be looked at was not.
    #[error("the policy requires the {} to be checked, and it was not", what.as_str())]
    NotChecked {
        /// What.
        what: NotChecked,
    },
    /// A rule of the policy does not hold.
    #[error("{rule}: found {found}, expected {expected}")]
    Rule {
        /// Where the policy says so: `snp.vmpl`, or `vtpm.inner.snp.vmpl` for a VM that a vTPM is in.
        rule: String,
        /// What the evidence says.
        found: String,
        /// What the policy demands.
        expected: String,
    },
    /// An expression of the policy is not true.
    #[error("{message} (`{expression}` is {found})")]
    Expression {
        /// The policy's own words.
        message: String,
        /// The expression.
        expression: String,
        /// What it came out as.
        found: String,
    },
    /// The enclave is none that the policy knows as good.
    #[error("measurement {} is not among the policy's reference values ({})", shown(found), list(expected))]
    Measurement {
        /// The reference values.
        expected: BTreeSet<Measurement>,
        /// What the evidence says the enclave is.
        found: Option<Digest>,
    },
    /// The enclave is not the one the witness would speak of.
    #[error("measurement {} is not that of the enclave in question, {expected}", shown(found))]
    Subject {
        /// The measurement of the enclave in question.
        expected: Measurement,
        /// What the evidence says the enclave is.
        found: Option<Digest>,
    },
    /// The host can read and write the enclave.
    #[error("the enclave runs in debug mode, which the policy does not allow")]
    Debug,
    /// Its chain is not yet valid.
    #[error("the evidence is not valid before {not_before}, and it is {now}")]
    NotYetValid {
        /// When it becomes valid.
        not_before: Timestamp,
        /// The instant of appraisal.
        now: Timestamp,
    },
    /// Its chain is no longer valid.
    #[error("the evidence expired at {not_after}, and it is {now}")]
    Expired {
        /// When it was last valid.
        not_after: Timestamp,
        /// The instant of appraisal.
        now: Timestamp,
    },
    /// The policy says nothing about the container, which is a refusal.
    #[error("no rule of the policy selects {container}")]
    NoRule {
        /// The container.
        container: ContainerKey,
    },
}

fn shown(found: &Option<Digest>) -> String {
    found.map_or_else(|| "(none)".to_owned(), |found| found.to_string())
}

fn list(measurements: &BTreeSet<Measurement>) -> String {
    measurements.iter().map(Measurement::to_string).collect::<Vec<_>>().join(", ")
}

fn tenant_shown(tenant: &Option<String>) -> String {
    tenant
        .as_ref()
        .map_or_else(|| "evidence of no tenant".to_owned(), |tenant| format!("the tenant `{tenant}`"))
}
