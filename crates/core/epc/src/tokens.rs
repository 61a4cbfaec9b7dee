//! The tokens a shell holds between two steps of the manager.
//!
//! None can be made or copied outside this crate; each is consumed by the step
//! that ends it. What they own is in their frames, so dropping one loses frames
//! and is counted.

use casemate_model::{EnclaveId, WorkerId};

use crate::{Binding, Frame, PageNo, Slot, Version, VersionsExhausted};

/// The most pages evicted in one step. Evicting 16 in the fault handler was
/// measured to triple the slowest faults for 5 % more throughput.
pub const MAX_BATCH: usize = 8;
/// The most pages brought in by one fault.
pub const MAX_CLUSTER: usize = 8;

/// A resident page chosen for eviction: nobody writes it until its token ends.
#[derive(Debug)]
pub struct Victim {
    pub(crate) frame: Frame,
    pub(crate) slot: Slot,
    pub(crate) enclave: EnclaveId,
    pub(crate) page: PageNo,
    pub(crate) version: Result<Version, VersionsExhausted>,
}

impl Victim {
    /// The slot of the page's enclave.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// The page's enclave.
    #[must_use]
    pub fn enclave(&self) -> EnclaveId {
        self.enclave
    }

    /// The page.
    #[must_use]
    pub fn page(&self) -> PageNo {
        self.page
    }

    /// The frame it lies on.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// What to seal it under.
    ///
    /// # Errors
    /// The page cannot be sealed again. Its enclave must be killed; its content is
    /// dropped and never comes back.
    pub fn binding(&self) -> Result<Binding, VersionsExhausted> {
        self.version.map(|version| Binding { enclave: self.enclave, page: self.page, version })
    }
}

/// Pages to seal, zero and drop, then to hand to [`Manager::evicted`](crate::Manager::evicted).
#[derive(Debug)]
#[must_use = "victims hold frames; hand them to `Manager::evicted`"]
pub struct Victims {
    pub(crate) victims: [Option<Victim>; MAX_BATCH],
}

impl Victims {
    pub(crate) const NONE: Self = Self { victims: [const { None }; MAX_BATCH] };

    pub(crate) fn is_empty(&self) -> bool {
        self.victims[0].is_none()
    }

    /// The victims: at least one.
    pub fn iter(&self) -> impl Iterator<Item = &Victim> {
        self.victims.iter().flatten()
    }

    /// The victims, each to its holder alone.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Victim> {
        self.victims.iter_mut().flatten()
    }
}

/// Where the content of pages to load comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadSource {
    /// They were never touched: zeroes.
    Zero,
    /// They were evicted: the store of sealed pages.
    Sealed,
}

/// One page of a [`Load`].
#[derive(Debug)]
pub struct LoadPage {
    pub(crate) frame: Frame,
    pub(crate) page: PageNo,
    pub(crate) version: Version,
    /// The eviction clock when it was evicted; 0 where it never was.
    pub(crate) evicted_at: u64,
}

/// Consecutive pages of one enclave to fill, then to hand to
/// [`Manager::loaded`](crate::Manager::loaded) or [`Manager::failed`](crate::Manager::failed).
#[derive(Debug)]
#[must_use = "a load holds frames; hand it to `Manager::loaded` or `Manager::failed`"]
pub struct Load {
    pub(crate) slot: Slot,
    pub(crate) enclave: EnclaveId,
    pub(crate) source: LoadSource,
    pub(crate) pages: [Option<LoadPage>; MAX_CLUSTER],
}

impl Load {
    /// The slot of the pages' enclave.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// Where their content comes from.
    #[must_use]
    pub fn source(&self) -> LoadSource {
        self.source
    }

    /// The frames the pages get, in address order.
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.pages.iter().flatten().map(|page| &page.frame)
    }

    /// What each page was sealed under last, in address order; at least one. For
    /// [`LoadSource::Zero`] the version is zero and nothing was sealed.
    pub fn bindings(&self) -> impl Iterator<Item = Binding> {
        let enclave = self.enclave;
        self.pages.iter().flatten().map(move |page| Binding {
            enclave,
            page: page.page,
            version: page.version,
        })
    }
}

/// An enclave is running on a worker. Consumed by [`Manager::leave`](crate::Manager::leave).
#[derive(Debug)]
#[must_use = "hand it to `Manager::leave`, or the enclave runs for ever"]
pub struct Running {
    pub(crate) slot: Slot,
    pub(crate) worker: WorkerId,
}

impl Running {
    /// The enclave's slot.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.slot
    }
}

/// An enclave is being destroyed. Consumed by [`Manager::destroyed`](crate::Manager::destroyed).
#[derive(Debug)]
#[must_use = "hand it to `Manager::destroyed`, or its slot is never free again"]
pub struct Closing {
    pub(crate) slot: Slot,
}

impl Closing {
    /// The enclave's slot.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.slot
    }
}
