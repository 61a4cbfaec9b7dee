//! What must be true of an enclave's memory before it may be gone.

use casemate_model::EnclaveId;
use thiserror::Error;

/// The shell's word that an enclave's plaintext and keys are gone: every frame it held was zeroed before it
/// went back to the pool, and its sealing key was overwritten.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what was cleaned can be destroyed"]
pub struct Cleaned {
    enclave: EnclaveId,
    frames: u64,
}

impl Cleaned {
    /// States what was done for `enclave`, which held `frames_held` frames.
    ///
    /// # Errors
    ///
    /// Where that is not all that has to be done.
    pub fn new(
        enclave: EnclaveId,
        frames_held: u64,
        frames_zeroed: u64,
        key_zeroed: bool,
    ) -> Result<Self, Unclean> {
        if frames_zeroed != frames_held {
            return Err(Unclean::Frames { enclave, held: frames_held, zeroed: frames_zeroed });
        }
        if !key_zeroed {
            return Err(Unclean::Key { enclave });
        }
        Ok(Self { enclave, frames: frames_held })
    }

    /// Whose memory it was.
    #[must_use]
    pub fn enclave(&self) -> EnclaveId {
        self.enclave
    }

    /// Frames that were zeroed.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }
}

/// Why an enclave may not be destroyed. The shell erred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unclean {
    /// Not exactly the frames it held were zeroed.
    #[error("enclave {enclave} held {held} frames and {zeroed} were zeroed; zero each before destroying it")]
    Frames {
        /// Whose.
        enclave: EnclaveId,
        /// Frames it held.
        held: u64,
        /// Frames zeroed.
        zeroed: u64,
    },
    /// Its sealing key is still in memory.
    #[error("the sealing key of enclave {enclave} is still in memory; overwrite it before destroying it")]
    Key {
        /// Whose.
        enclave: EnclaveId,
    },
    /// Another enclave was cleaned.
    #[error("enclave {cleaned} was cleaned, and {enclave} is to be destroyed")]
    Another {
        /// Which was cleaned.
        cleaned: EnclaveId,
        /// Which was not.
        enclave: EnclaveId,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: EnclaveId = EnclaveId { index: 1, generation: 0 };

    #[test]
    fn only_all_frames_and_the_key_make_it_clean() {
        assert_eq!(Cleaned::new(ID, 3, 3, true).map(|cleaned| cleaned.frames()), Ok(3));
        assert_eq!(Cleaned::new(ID, 3, 2, true), Err(Unclean::Frames { enclave: ID, held: 3, zeroed: 2 }));
        assert_eq!(Cleaned::new(ID, 3, 4, true), Err(Unclean::Frames { enclave: ID, held: 3, zeroed: 4 }));
        assert_eq!(Cleaned::new(ID, 0, 0, false), Err(Unclean::Key { enclave: ID }));
    }
}
