//! An enclave's page table: one packed word a page.
//!
//! | bits | `Never` | `Sealed` | `Resident` | `Moving` |
//! |---|---|---|---|---|
//! | 63..62 | 0 | 1 | 2 | 3 |
//! | 61..22 | 0 | version sealed under | version sealed under last | version once the move ends |
//! | 21..0 | 0 | eviction clock, low bits | frame | 0 |
//!
//! A table of 4 GiB is 8 MiB of zeroes, which the allocator gets untouched from the
//! operating system: it costs what is used of it.

use alloc::vec::Vec;
use core::fmt;

use casemate_model::{Bytes, EnclaveId, Pages};

const PAYLOAD_BITS: u32 = 22;
const VERSION_BITS: u32 = 40;
pub(crate) const PAYLOAD_MASK: u64 = (1 << PAYLOAD_BITS) - 1;

/// A page of an enclave: its address in pages of 4 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageNo(pub u32);

impl PageNo {
    /// Where the page begins.
    #[must_use]
    pub const fn offset(self) -> Bytes {
        Pages(self.0 as u64).to_bytes()
    }
}

impl fmt::Display for PageNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "page {}", self.0)
    }
}

/// A place for one enclave in a manager. Reused; an [`EnclaveId`] is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u16);

/// How often a page has been sealed. Grows with every eviction and never falls, so
/// that no nonce is used twice and no older copy is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

impl Version {
    /// Of a page that was never sealed.
    pub const ZERO: Self = Self(0);
    /// Nothing is ever sealed under this one. A page that has it has lost its content.
    pub const LOST: Self = Self((1 << VERSION_BITS) - 1);

    /// The version after this one.
    ///
    /// # Errors
    /// There is none. At a million evictions of this one page a second that takes 12 days.
    pub const fn next(self) -> Result<Self, VersionsExhausted> {
        if self.0 + 1 >= Self::LOST.0 { Err(VersionsExhausted) } else { Ok(Self(self.0 + 1)) }
    }

    /// As a number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// From a number, where it is one.
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        if number <= Self::LOST.0 { Some(Self(number)) } else { None }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {}", self.0)
    }
}

/// A page was sealed as often as there are versions. Sealing it again would use a
/// nonce twice, so its enclave must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionsExhausted;

impl fmt::Display for VersionsExhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sealed {} times, as often as one key allows; restart the enclave", Version::LOST.0 - 1)
    }
}

impl core::error::Error for VersionsExhausted {}

/// What a page is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageState {
    /// Never touched: reads as zeroes.
    Never,
    /// In the store of sealed pages.
    Sealed { version: Version, evicted_at: u64 },
    /// On a frame.
    Resident { version: Version, frame: u32 },
    /// Held by a token.
    Moving { version: Version },
}

/// The page table of one enclave. Made outside the manager, because making one
/// allocates, and handed back when the enclave is destroyed.
pub struct PageTable {
    pub(crate) enclave: EnclaveId,
    words: Vec<u64>,
}

impl PageTable {
    /// A table for an enclave of at most `pages` pages, none touched.
    #[must_use]
    pub fn new(enclave: EnclaveId, pages: u32) -> Self {
        Self { enclave, words: alloc::vec![0; pages as usize] }
    }

    /// Pages in it.
    #[must_use]
    pub fn pages(&self) -> u32 {
        self.words.len() as u32
    }

    pub(crate) fn get(&self, page: PageNo) -> Option<PageState> {
        self.words.get(page.0 as usize).map(|word| unpack(*word))
    }

    pub(crate) fn set(&mut self, page: PageNo, state: PageState) {
        self.words[page.0 as usize] = pack(state);
    }
}

impl fmt::Debug for PageTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PageTable({}, {} pages)", self.enclave, self.words.len())
    }
}

fn pack(state: PageState) -> u64 {
    let word = |tag: u64, version: Version, payload: u64| {
        (tag << (VERSION_BITS + PAYLOAD_BITS)) | (version.0 << PAYLOAD_BITS) | (payload & PAYLOAD_MASK)
    };
    match state {
        PageState::Never => 0,
        PageState::Sealed { version, evicted_at } => word(1, version, evicted_at),
        PageState::Resident { version, frame } => word(2, version, u64::from(frame)),
        PageState::Moving { version } => word(3, version, 0),
    }
}

fn unpack(word: u64) -> PageState {
    let version = Version((word >> PAYLOAD_BITS) & Version::LOST.0);
    let payload = word & PAYLOAD_MASK;
    match word >> (VERSION_BITS + PAYLOAD_BITS) {
        0 => PageState::Never,
        1 => PageState::Sealed { version, evicted_at: payload },
        // The mask leaves 22 bits.
        2 => PageState::Resident { version, frame: payload as u32 },
        _ => PageState::Moving { version },
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn states() -> impl Strategy<Value = PageState> {
        let version = (0..=Version::LOST.0).prop_map(Version);
        (version, 0..=PAYLOAD_MASK, 0..4u8).prop_map(|(version, payload, tag)| match tag {
            0 => PageState::Never,
            1 => PageState::Sealed { version, evicted_at: payload },
            2 => PageState::Resident { version, frame: payload as u32 },
            _ => PageState::Moving { version },
        })
    }

    proptest! {
        #[test]
        fn a_packed_word_keeps_everything(state in states()) {
            prop_assert_eq!(unpack(pack(state)), state);
        }
    }

    #[test]
    fn versions_end_by_name_and_never_reach_the_lost_one() {
        assert_eq!(Version::ZERO.next(), Ok(Version(1)));
        let last = Version(Version::LOST.0 - 1);
        assert_eq!(Version(last.0 - 1).next(), Ok(last));
        assert_eq!(last.next(), Err(VersionsExhausted));
        assert_eq!(Version::new(Version::LOST.0 + 1), None);
    }
}
