//! The witness of a good appraisal, and its use at an instant.

use casemate_model::{Fingerprint, Timestamp};
use thiserror::Error;

use crate::Subject;

/// Proof that evidence about a subject was verified and appraised as good.
///
/// Only this crate makes one: by an appraisal, or of a signed result of one
/// ([`reopen`](crate::reopen)). There is one for each of these: it is not `Clone`, has no default and is
/// never deserialised. It is good for nothing without the present time: every
/// use goes through [`Attested::at`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a witness that nobody keeps attests nothing"]
pub struct Attested<S: Subject> {
    subject: S,
    root: Fingerprint,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl<S: Subject> Attested<S> {
    pub(crate) fn new(subject: S, root: Fingerprint, not_before: Timestamp, not_after: Timestamp) -> Self {
        Self { subject, root, not_before, not_after }
    }

    /// The witness as fresh at `now`.
    ///
    /// # Errors
    ///
    /// Where `now` is outside the witness's time. The subject has to be appraised again, on new
    /// evidence.
    pub fn at(&self, now: Timestamp) -> Result<Fresh<'_, S>, Expired> {
        let Self { not_before, not_after, .. } = *self;
        if now < not_before || now > not_after {
            return Err(Expired { not_before, not_after, now });
        }
        Ok(Fresh { witness: self, at: now })
    }

    /// Whom it is about. Knowing that proves nothing about the present; [`Fresh`] does.
    #[must_use]
    pub fn subject(&self) -> &S {
        &self.subject
    }

    /// The last instant at which it holds.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The root its evidence chains to.
    #[must_use]
    pub fn root(&self) -> Fingerprint {
        self.root
    }
}

/// A witness that holds at a stated instant.
///
/// Borrowed from its witness, and not `Clone`: it is made for one use and dropped.
#[derive(Debug)]
#[must_use = "a witness was asked for and not used"]
pub struct Fresh<'a, S: Subject> {
    witness: &'a Attested<S>,
    at: Timestamp,
}

impl<'a, S: Subject> Fresh<'a, S> {
    /// Whom it is about.
    #[must_use]
    pub fn subject(&self) -> &'a S {
        &self.witness.subject
    }

    /// The instant at which it holds.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The last instant at which its witness holds.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.witness.not_after
    }

    /// The root its witness's evidence chains to.
    #[must_use]
    pub fn root(&self) -> Fingerprint {
        self.witness.root
    }
}

/// A witness was used outside its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the witness holds from {not_before} to {not_after}, and it is {now}; attest again")]
pub struct Expired {
    /// The first instant at which it holds.
    pub not_before: Timestamp,
    /// The last one.
    pub not_after: Timestamp,
    /// The instant of use.
    pub now: Timestamp,
}
