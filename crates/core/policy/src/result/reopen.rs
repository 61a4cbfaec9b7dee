//! A witness out of a signed result.

use casemate_model::{Fingerprint, Timestamp};
use casemate_mutant::{Mutant, active as seeded};
use serde_json::Value;
use thiserror::Error;

use super::ear::OURS;
use super::{OpenError, VerifierKeys, open};
use crate::{Attested, Subject};

/// Why a result makes no witness.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReopenError {
    /// Not a valid result.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A result that refuses, or warns.
    #[error("the result is `{status}`, not `affirming`")]
    NotAffirming {
        /// What it is.
        status: String,
    },
    /// About somebody else, or nobody.
    #[error("the result is not about {expected}")]
    Subject {
        /// Whom it was to be about.
        expected: String,
    },
    /// Lacks something every result about a subject has.
    #[error("the result has no {what}")]
    Incomplete {
        /// What.
        what: &'static str,
    },
}

/// Makes a witness of a signed result: the signature is a trusted verifier's, the result is valid now,
/// affirms, and is about this very subject. The witness holds as long as the result.
///
/// # Errors
///
/// Why there is none.
pub fn reopen<S: Subject + Clone>(
    token: &str,
    keys: &VerifierKeys,
    subject: &S,
    now: Timestamp,
) -> Result<Attested<S>, ReopenError> {
    let opened = open(token, keys, now)?;
    affirming(opened.payload.get("ear_status"))?;
    let submods = opened.payload.get("submods").and_then(Value::as_object);
    let submods = submods.filter(|it| !it.is_empty()).ok_or(ReopenError::Incomplete { what: "appraisal" })?;
    submods.values().try_for_each(|it| affirming(it.get("ear_status")))?;
    let expected = subject.document();
    let mut ours = submods.values().filter_map(|it| it.get("ear_verifier_claims")?.get(OURS));
    let is_about =
        |it: &&Value| it.get("subject") == Some(&expected) || seeded(Mutant::PolicyReopensForAnybody);
    let about = ours.find(is_about);
    let about = about.ok_or_else(|| ReopenError::Subject { expected: subject.to_string() })?;
    let root = about.get("root").and_then(Value::as_str).and_then(|it| it.parse::<Fingerprint>().ok());
    let root = root.ok_or(ReopenError::Incomplete { what: "root" })?;
    // `exp` is the first instant at which the result does not hold, a witness's end the last at which it does.
    let last = Timestamp(opened.expires.0.saturating_sub(1));
    let not_after = if seeded(Mutant::PolicyReopensForEver) { Timestamp(u64::MAX) } else { last };
    Ok(Attested::new(subject.clone(), root, opened.issued, not_after))
}

fn affirming(status: Option<&Value>) -> Result<(), ReopenError> {
    match status.and_then(Value::as_str) {
        Some("affirming") => Ok(()),
        other => Err(ReopenError::NotAffirming { status: other.unwrap_or("missing").to_owned() }),
    }
}
