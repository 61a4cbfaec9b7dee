//! Appraises verified evidence against reference values; the only maker of a witness.
//!
//! [`appraise_platform`] and [`appraise_workload`] compare what evidence claims with what an
//! [`AppraisalPolicy`] demands and answer with an [`Appraisal`]: either an [`Attested`] subject,
//! the witness that opens placement or an enclave, or *every* reason why not. A refusal is a
//! verdict, not an error.
//!
//! Denies by default: no accepted root, no matching rule or an empty list of reference values is
//! a refusal. Reads no clock; a witness is asked with the present time at each use, and lapses.
//!
//! Nothing of `attest` is exported again, so that whoever holds witnesses needs no evidence.

#![forbid(unsafe_code)]

mod appraise;
pub mod document;
pub mod evidence;
mod judge;
mod reason;
pub mod result;
mod rule;
mod subject;
mod witness;

pub use appraise::{
    Appraisal, PlatformExpectation, WorkloadExpectation, appraise_node, appraise_platform, appraise_workload,
    challenge,
};
pub use evidence::{EvidenceDraft, EvidencePolicy, EvidencePolicyError};
pub use judge::{Judgement, Question, Unchecked, judge, judge_claims};
pub use reason::Reason;
pub use result::{VerifierKeys, reopen};
pub use rule::{
    AppraisalPolicy, ParsePatternError, Pattern, PolicyDraft, PolicyError, Reference, Selector, WorkloadRule,
};
pub use subject::{Platform, Subject, Workload};
pub use witness::{Attested, Expired, Fresh};
