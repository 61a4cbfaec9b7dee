//! What is in an enclave, behind its boundary.

use casemate_model::EnclaveId;
use thiserror::Error;

use crate::{Enclave, Inside, State};

/// Something that is in an enclave: its program, its memory. It is reached by whoever is [`Inside`], and by nobody else.
#[derive(Debug)]
pub struct Interior<T> {
    enclave: EnclaveId,
    contents: T,
}

impl<T> Interior<T> {
    /// Puts `contents` into this enclave. There is no taking it out: it ends when it is dropped.
    #[must_use]
    pub fn new<S: State>(enclave: &Enclave<S>, contents: T) -> Self {
        Self { enclave: enclave.id(), contents }
    }

    /// Crosses the boundary, for as long as the stay lasts.
    ///
    /// # Errors
    ///
    /// Where `inside` is inside another enclave.
    pub fn reach<'a>(&'a mut self, inside: &'a Inside<'_>) -> Result<&'a mut T, NotInside> {
        if inside.enclave() != self.enclave {
            return Err(NotInside { interior: self.enclave, inside: inside.enclave() });
        }
        Ok(&mut self.contents)
    }
}

/// Somebody inside one enclave reached for the interior of another. The shell erred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("from inside enclave {inside} the interior of {interior} cannot be reached")]
pub struct NotInside {
    /// Whose interior.
    pub interior: EnclaveId,
    /// Where one is.
    pub inside: EnclaveId,
}
