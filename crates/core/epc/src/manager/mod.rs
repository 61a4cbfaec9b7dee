//! The books over one pool of frames: who has them, who gets the next, who loses one.
//!
//! # Lists
//!
//! Resident pages of an enclave lie on its *inactive* list in order of arrival, or
//! on its *active* list. Victims are taken from the old end of inactive lists: of
//! all enclaves whose [`Gate`] permits it, the one whose oldest page is oldest. A page
//! that comes back enters the active list when its *refault distance* (evictions
//! between its own and its return; van Riel and Weiner, Linux `mm/workingset.c`) is
//! at most the size the active lists are given together: with that room on the
//! inactive side it would still have been here. Each enclave's active list is held
//! to [`Config::active_percent`] of its resident pages; the oldest surplus gets a
//! second round on the inactive list. No accessed bits are read: on the kernels we
//! run on there is no cheap one, and emulating it by soft faults was measured to
//! lose. The distance is kept in 22 bits and wraps after 4 million evictions, when
//! a long gone page may be mistaken for a recent one.
//!
//! # Guarantees
//!
//! An enclave is made with a number of *guaranteed* pages: so many, once touched, stay
//! resident until it is destroyed, whatever the others do. Only pages beyond its
//! guarantee are ever victims. [`Manager::create`] refuses a guarantee that does not
//! fit beside the others' and what the entries need:
//!
//! > (S) guarantees' sum + entries × [`MIN_RESIDENT`] ≤ capacity.
//!
//! # Why a fault always gets its frame
//!
//! While an enclave runs, only its own worker may evict its pages. So if running
//! enclaves held every frame, an enclave with none could get none. To keep them from
//! it, each guarantee is *charged*, and each of the [`Config::entries`], used or not:
//!
//! > An entry's charge is max([`MIN_RESIDENT`], resident pages beyond the guarantee of
//! > the enclave entered), and [`MIN_RESIDENT`] while it is unused.
//!
//! *The charges' sum comes back to ≤ capacity.* It starts there by (S). Loading
//! raises one charge by at most what is left of the sum; leaving and evicting lower
//! charges. Entering an enclave that is too large is preceded by evicting its surplus
//! ([`Entry::Shrink`]), which ends because at [`MIN_RESIDENT`] pages beyond its
//! guarantee its charge is the unused entry's. Only a new guarantee can lift the sum
//! above capacity, while enclaves run that are larger than it leaves room for. These
//! then have no headroom: each fault of theirs evicts more of their own pages than it
//! brings in, and when they leave, their charge is the unused entry's.
//!
//! *It suffices.* Let an entered enclave with guarantee g fault, with r resident pages.
//! If r ≥ g + [`MIN_RESIDENT`], it has pages of its own to evict. Otherwise, while the sum
//! is ≤ capacity, the other entered enclaves hold at most what they are charged and
//! guaranteed, so at least one of the frames that are this enclave's due is free, under
//! a page beyond the guarantee of an enclave that does not run, or held by a token.
//! So [`Fault::Wait`] is answered only while a token is out ([`Closing`](crate::Closing)
//! included) or an entered enclave is larger than a new guarantee allows. Tokens end
//! after a bounded step that waits for no frame. The enclave that is too large has
//! pages of its own to evict, so it waits for nobody: it shrinks at its next fault, or
//! leaves at the end of its slice. So the wait ends.
//!
//! *One instruction completes.* It touches a handful of pages at most (two pages of
//! each operand), and a batch of [`MAX_BATCH`] takes the oldest of at
//! least [`MIN_RESIDENT`] pages; those just loaded stay.
//!
//! Threads that touch an enclave that is not entered have no charge: they may have
//! to wait until somebody leaves.
//!
//! "Enclave" here is one memory with one page table. A program with two memories
//! has two, entered together by one worker under the same [`EnclaveId`].

mod entry;
mod evict;
mod fault;
#[cfg(all(test, not(loom)))]
mod tests;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

#[cfg(doc)]
use casemate_model::EnclaveId;
use casemate_model::{Pages, WorkerId};
use casemate_mutant::{Mutant, active as seeded};

use crate::lists::{Links, List};
use crate::streams::Streams;
use crate::{FramePool, Gate, MAX_BATCH, PageTable, Slot};

pub use entry::Entry;
pub use evict::Removals;
pub use fault::Fault;

/// Frames each entered enclave can count on.
pub const MIN_RESIDENT: u32 = 2 * MAX_BATCH as u32;
/// The largest pool: what a page table's word can address.
pub const MAX_FRAMES: u32 = 1 << 22;

/// What a manager is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Frames in the pool.
    pub frames: Pages,
    /// The most enclaves that are entered at the same moment.
    pub entries: u16,
    /// The most enclaves there are at the same moment.
    pub enclaves: u16,
    /// Pages evicted in one step, 1 to [`MAX_BATCH`].
    pub batch: u8,
    /// The share of an enclave's resident pages that may be active, 0 to 90 percent.
    pub active_percent: u8,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Manager {
    config: Config,
    pool: FramePool,
    links: Links,
    slots: Vec<Option<Enclave>>,
    /// The occupied slots, in no order.
    live: Vec<Slot>,
    /// Enclaves entered; at most `config.entries`.
    entered: u16,
    /// The sum of the guarantees.
    guaranteed: u32,
    /// The sum of the guarantees and of the entries' charges.
    charged: u32,
    /// Evictions so far.
    clock: u64,
}

#[derive(Debug)]
struct Enclave {
    table: PageTable,
    gate: Arc<Gate>,
    /// Pages that exist now: the table's length is what they can grow to.
    size: u32,
    /// Resident pages that are never victims.
    guaranteed: u32,
    active: List,
    inactive: List,
    /// Frames held by loads under way.
    loading: u32,
    worker: Option<WorkerId>,
    closing: bool,
    streams: Streams,
    tally: Tally,
}

/// What happened to one enclave's pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Faults that brought pages in.
    pub faults: u64,
    /// Pages that came back from the sealed store.
    pub page_ins: u64,
    /// Pages sealed and dropped.
    pub page_outs: u64,
    /// Pages touched for the first time.
    pub zero_fills: u64,
    /// Pages resident now.
    pub resident: Pages,
}

/// Where a pool's frames are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Census {
    /// All of them. Always the sum of the next three.
    pub capacity: Pages,
    /// For anyone to take.
    pub free: Pages,
    /// Under resident pages.
    pub resident: Pages,
    /// Held by tokens, or lost.
    pub moving: Pages,
    /// Resident and on an active list.
    pub active: Pages,
}

impl Manager {
    /// A manager with all frames free and no enclave. Allocates everything it will need.
    ///
    /// # Errors
    /// The configuration cannot work; the caller erred.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let least = u32::from(config.entries).saturating_mul(MIN_RESIDENT).max(MIN_RESIDENT);
        let frames = u32::try_from(config.frames.0).unwrap_or(u32::MAX);
        if frames > MAX_FRAMES {
            return Err(ConfigError::TooManyFrames { asked: config.frames });
        }
        if frames < least {
            return Err(ConfigError::TooFewFrames { asked: config.frames, least: Pages(u64::from(least)) });
        }
        if config.batch == 0 || usize::from(config.batch) > MAX_BATCH {
            return Err(ConfigError::Batch { asked: config.batch });
        }
        if config.active_percent > 90 {
            return Err(ConfigError::ActivePercent { asked: config.active_percent });
        }
        Ok(Self {
            config,
            pool: FramePool::new(frames),
            links: Links::new(frames),
            slots: (0..config.enclaves).map(|_| None).collect(),
            live: Vec::with_capacity(usize::from(config.enclaves)),
            entered: 0,
            guaranteed: 0,
            charged: u32::from(config.entries) * MIN_RESIDENT,
            clock: 0,
        })
    }

    /// Gives an enclave a slot, of whose pages `guaranteed` stay resident once they are
    /// touched. It has no pages until [`Manager::resize`].
    ///
    /// # Errors
    /// No slot is free, or the guarantee does not fit beside the others.
    pub fn create(
        &mut self,
        table: PageTable,
        gate: Arc<Gate>,
        guaranteed: Pages,
    ) -> Result<Slot, CreateError> {
        let Some(at) = self.slots.iter().position(Option::is_none) else {
            return Err(CreateError::Full { enclaves: self.config.enclaves });
        };
        let entries = u32::from(self.config.entries) * MIN_RESIDENT;
        let left = self.pool.capacity() - entries - self.guaranteed;
        let asked = u32::try_from(guaranteed.0).unwrap_or(u32::MAX);
        if asked > left {
            return Err(CreateError::Guarantee { asked: guaranteed, left: Pages(u64::from(left)) });
        }
        self.guaranteed += asked;
        self.charged += asked;
        self.slots[at] = Some(Enclave {
            table,
            gate,
            size: 0,
            guaranteed: asked,
            active: List::EMPTY,
            inactive: List::EMPTY,
            loading: 0,
            worker: None,
            closing: false,
            streams: Streams::NONE,
            tally: Tally::default(),
        });
        // There are at most u16::MAX slots.
        let slot = Slot(at as u16);
        self.live.push(slot);
        Ok(slot)
    }

    /// Lets an enclave grow to `pages` pages.
    ///
    /// # Errors
    /// It is larger already, or that is more than its table holds.
    pub fn resize(&mut self, slot: Slot, pages: u32) -> Result<(), ResizeError> {
        let Some(enclave) = self.enclave_mut(slot) else { return Err(ResizeError::Unknown) };
        if pages < enclave.size {
            return Err(ResizeError::Shrinks);
        }
        if pages > enclave.table.pages() {
            return Err(ResizeError::OverLimit { limit: Pages(u64::from(enclave.table.pages())) });
        }
        enclave.size = pages;
        Ok(())
    }

    /// What happened to an enclave's pages so far.
    #[must_use]
    pub fn tally(&self, slot: Slot) -> Option<Tally> {
        let enclave = self.enclave(slot)?;
        Some(Tally { resident: Pages(u64::from(enclave.listed())), ..enclave.tally })
    }

    /// Where the frames are.
    #[must_use]
    pub fn census(&self) -> Census {
        let active: u32 =
            self.live.iter().filter_map(|slot| self.enclave(*slot)).map(|e| e.active.len()).sum();
        let (capacity, free, out) = (self.pool.capacity(), self.pool.free(), self.pool.out());
        let pages = |frames: u32| Pages(u64::from(frames));
        Census {
            capacity: pages(capacity),
            free: pages(free),
            resident: pages(capacity - free - out),
            moving: pages(out),
            active: pages(active),
        }
    }

    fn enclave(&self, slot: Slot) -> Option<&Enclave> {
        self.slots.get(usize::from(slot.0))?.as_ref()
    }

    fn enclave_mut(&mut self, slot: Slot) -> Option<&mut Enclave> {
        self.slots.get_mut(usize::from(slot.0))?.as_mut()
    }

    /// Frames that may still be given to `enclave` before its charge breaks the sum.
    fn headroom(&self, enclave: &Enclave) -> u32 {
        match enclave.worker {
            Some(_) => {
                let due = (enclave.guaranteed + MIN_RESIDENT).saturating_sub(enclave.resident());
                due.saturating_add(self.pool.capacity().saturating_sub(self.charged))
            }
            None => u32::MAX,
        }
    }

    /// Changes an enclave's holdings by `change`, and its entry's charge with them.
    fn adjust<R>(
        &mut self,
        slot: Slot,
        change: impl FnOnce(&mut Enclave, &mut Links, &mut FramePool) -> R,
    ) -> R {
        let Self { slots, links, pool, charged, config, .. } = self;
        let enclave = slots[usize::from(slot.0)].as_mut().expect("a token's enclave outlives the token");
        let before = enclave.charge();
        let result = change(enclave, links, pool);
        enclave.balance(links, slot, config.active_percent);
        if enclave.worker.is_some() {
            *charged = *charged - before + enclave.charge();
        }
        result
    }
}

impl Enclave {
    /// Frames under its pages, and held by loads on their way there.
    fn resident(&self) -> u32 {
        self.listed() + self.loading
    }

    /// Frames under its pages.
    fn listed(&self) -> u32 {
        self.active.len() + self.inactive.len()
    }

    /// What its entry is charged while it is entered.
    fn charge(&self) -> u32 {
        self.resident().saturating_sub(self.guaranteed).max(MIN_RESIDENT)
    }

    /// Pages under its lists that may be taken from it.
    fn spare(&self) -> u32 {
        let guaranteed = if seeded(Mutant::EpcForgetsGuarantee) { 0 } else { self.guaranteed };
        self.listed().saturating_sub(guaranteed)
    }

    /// Moves the oldest surplus of the active list to the inactive one.
    fn balance(&mut self, links: &mut Links, slot: Slot, active_percent: u8) {
        while u64::from(self.active.len()) * 100 > u64::from(self.listed()) * u64::from(active_percent) {
            let Some(frame) = links.pop_oldest(&mut self.active) else { return };
            let (_, page) = links.page(frame);
            links.push(&mut self.inactive, frame, slot, page);
        }
    }
}

/// A configuration that cannot work. The operator erred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// More frames than a page table can address.
    TooManyFrames {
        /// Asked for.
        asked: Pages,
    },
    /// Fewer frames than the entries need to make progress.
    TooFewFrames {
        /// Asked for.
        asked: Pages,
        /// The fewest that work.
        least: Pages,
    },
    /// A batch of no pages or more than [`MAX_BATCH`].
    Batch {
        /// Asked for.
        asked: u8,
    },
    /// More than 90 percent active would leave no victims.
    ActivePercent {
        /// Asked for.
        asked: u8,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyFrames { asked } => {
                write!(
                    f,
                    "a pool of {asked} is too large; at most {} work",
                    Pages(u64::from(MAX_FRAMES)).to_bytes()
                )
            }
            Self::TooFewFrames { asked, least } => write!(
                f,
                "a pool of {asked} is too small for what runs at once; give it at least {} or use fewer workers",
                least.to_bytes()
            ),
            Self::Batch { asked } => write!(f, "a batch of {asked} pages; 1 to {MAX_BATCH} work"),
            Self::ActivePercent { asked } => write!(f, "{asked} % active pages; 0 to 90 % work"),
        }
    }
}

impl core::error::Error for ConfigError {}

/// Why there is no room for another enclave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateError {
    /// There are as many as the pool was made for.
    Full {
        /// The number the pool was made for.
        enclaves: u16,
    },
    /// Its guarantee and the others' are more than the pool has.
    Guarantee {
        /// Asked for.
        asked: Pages,
        /// The most that could be guaranteed now.
        left: Pages,
    },
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { enclaves } => write!(
                f,
                "{enclaves} enclaves exist already, as many as the pool was made for; destroy one first"
            ),
            Self::Guarantee { asked, left } => write!(
                f,
                "{} cannot be guaranteed, only {} are left; destroy an enclave first or ask for less",
                asked.to_bytes(),
                left.to_bytes()
            ),
        }
    }
}

impl core::error::Error for CreateError {}

/// Why an enclave cannot have that size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResizeError {
    /// Enclaves do not shrink.
    Shrinks,
    /// It was made for less.
    OverLimit {
        /// The most it may have.
        limit: Pages,
    },
    /// There is no such enclave.
    Unknown,
}

impl fmt::Display for ResizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shrinks => f.write_str("an enclave's memory does not shrink"),
            Self::OverLimit { limit } => write!(f, "the enclave's limit is {}", limit.to_bytes()),
            Self::Unknown => f.write_str("the pool has no such enclave"),
        }
    }
}

impl core::error::Error for ResizeError {}
