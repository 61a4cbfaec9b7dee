//! What the supervisor is told.

use std::sync::mpsc::Sender;

use casemate_model::EnclaveId;

use crate::guest::Ending;
use crate::loader::Loaded;

/// Something that happened on another thread.
pub(crate) enum Notice {
    /// An enclave was built, or could not be, for the reason given.
    Loaded(EnclaveId, Result<Loaded, String>),
    /// An enclave was entered for the first time.
    Started(EnclaveId),
    /// A program ended; its store is gone, its memory is not.
    Ended(EnclaveId, Ending),
    /// An enclave's witness had lapsed when it was to be entered: it is suspended.
    Lapsed(EnclaveId),
    /// The user wants the run to end.
    Interrupted,
}

/// Ends a run from outside. Clones end the same one.
#[derive(Clone)]
pub struct Interrupt(pub(crate) Sender<Notice>);

impl Interrupt {
    /// Asks the run to end: every enclave is stopped, zeroed and reported. Does
    /// nothing once the run is over.
    pub fn request(&self) {
        let _ = self.0.send(Notice::Interrupted);
    }
}
