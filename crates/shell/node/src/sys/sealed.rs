//! The sealed pages of one enclave memory, in ordinary memory.
//!
//! Nothing in here is trusted: what comes back is authenticated by whoever reads it.
//! A page has a *place* only while it is sealed. The place given back last is the first
//! to be given out, because its bytes are still in the cache: sealing into it does not
//! wait for memory. That and prefetching, of this and of the page to be sealed next, were
//! measured to make random paging 14 % faster. (Huge pages were not: making one takes
//! longer than it ever saves.)
//!
//! | offset | width | what |
//! |---|---|---|
//! | place × 4096 | 4096 | ciphertext |
//! | pages × 4096 + place × 16 | 16 | tag |
//! | pages × 4112 + page × 4 | 4 | the page's place, plus one; zero where it is not sealed |
//! | pages × 4116 + n × 4 | 4 | the vacant places, the last given back at the end |

use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use casemate_epc::{PageBytes, PageNo, TAG_BYTES, Tag};

use super::arena::PAGE;
use super::lock::SpinLock;
use super::mapping::{Access, Mapping};
use super::prefetch::prefetch;

const STRIPES: usize = 16;
const NUMBER_BYTES: usize = size_of::<u32>();
const BYTES_A_PAGE: usize = PAGE + TAG_BYTES + 2 * NUMBER_BYTES;

/// Room for every page of one memory; only what is written costs memory.
pub(crate) struct SealedPages {
    memory: Mapping,
    pages: u32,
    /// A page's place is found, made, given up and used under the lock of the page's
    /// number modulo the stripes.
    stripes: [SpinLock<()>; STRIPES],
    places: SpinLock<Places>,
}

/// Which places are vacant. With those of pages they are all of `0..used`.
struct Places {
    vacant: u32,
    used: u32,
}

impl SealedPages {
    pub(crate) fn new(pages: u32) -> io::Result<Self> {
        let bytes = (pages as usize * BYTES_A_PAGE).next_multiple_of(PAGE).max(PAGE);
        let memory = Mapping::new(bytes, Access::ReadWrite)?;
        let stripes = [const { SpinLock::new(()) }; STRIPES];
        Ok(Self { memory, pages, stripes, places: SpinLock::new(Places { vacant: 0, used: 0 }) })
    }

    pub(crate) fn pages(&self) -> u32 {
        self.pages
    }

    /// Lets `f` write what is to be stored of a page.
    pub(crate) fn put<R>(&self, page: PageNo, f: impl FnOnce(&mut PageBytes, &mut Tag) -> R) -> R {
        let _held = self.stripe(page).lock();
        let place = self.place_of(page).unwrap_or_else(|| self.occupy(page));
        self.with(place, f)
    }

    /// Lets `f` read what is stored of a page, for the last time. `None`: nothing is.
    pub(crate) fn take<R>(&self, page: PageNo, f: impl FnOnce(&PageBytes, &Tag) -> R) -> Option<R> {
        let _held = self.stripe(page).lock();
        let place = self.place_of(page)?;
        let result = self.with(place, |sealed, tag| f(sealed, tag));
        self.vacate(page, place);
        Some(result)
    }

    /// Lets `f` read and write what is stored of a page. `None`: nothing is.
    pub(crate) fn meddle<R>(&self, page: PageNo, f: impl FnOnce(&mut PageBytes, &mut Tag) -> R) -> Option<R> {
        let _held = self.stripe(page).lock();
        Some(self.with(self.place_of(page)?, f))
    }

    /// Brings what is stored of a page nearer, while something else is done. Nothing
    /// where there is no such page.
    pub(crate) fn prefetch(&self, page: PageNo) {
        if page.0 < self.pages
            && let Some(place) = self.place_of(page)
        {
            prefetch(self.sealed(place).cast());
        }
    }

    /// Gives a page a place. Each page has at most one, so there are enough.
    fn occupy(&self, page: PageNo) -> u32 {
        let mut places = self.places.lock();
        let place = if places.vacant > 0 {
            places.vacant -= 1;
            self.number(self.pages, places.vacant).load(Relaxed)
        } else {
            places.used += 1;
            places.used - 1
        };
        self.number(0, page.0).store(place + 1, Relaxed);
        place
    }

    fn vacate(&self, page: PageNo, place: u32) {
        let mut places = self.places.lock();
        self.number(0, page.0).store(0, Relaxed);
        self.number(self.pages, places.vacant).store(place, Relaxed);
        places.vacant += 1;
    }

    fn place_of(&self, page: PageNo) -> Option<u32> {
        self.number(0, page.0).load(Relaxed).checked_sub(1)
    }

    fn stripe(&self, page: PageNo) -> &SpinLock<()> {
        &self.stripes[page.0 as usize % STRIPES]
    }

    /// The `index`th number of a table that begins `table` numbers after the tags.
    fn number(&self, table: u32, index: u32) -> &AtomicU32 {
        assert!(index < self.pages, "{index} is outside the store");
        let after_tags = self.pages as usize * (PAGE + TAG_BYTES);
        let number = table as usize + index as usize;
        let at = self.memory.at(after_tags + number * NUMBER_BYTES, NUMBER_BYTES);
        // SAFETY: inside the mapping, which `self` keeps, and aligned, because the mapping
        // is and what precedes is a multiple of 16; only reached as an atomic.
        unsafe { AtomicU32::from_ptr(at.cast()) }
    }

    fn sealed(&self, place: u32) -> *mut PageBytes {
        self.memory.at(place as usize * PAGE, PAGE).cast()
    }

    /// The caller holds the stripe of the page whose place it is.
    fn with<R>(&self, place: u32, f: impl FnOnce(&mut PageBytes, &mut Tag) -> R) -> R {
        assert!(place < self.pages, "place {place} is outside the store");
        let sealed = self.sealed(place);
        let tag = self.pages as usize * PAGE + place as usize * TAG_BYTES;
        let tag = self.memory.at(tag, TAG_BYTES).cast::<Tag>();
        // SAFETY: both lie inside the mapping, do not overlap, have alignment one, and
        // belong to one page, whose stripe is held.
        unsafe { f(&mut *sealed, &mut *tag) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(pages: &SealedPages, page: u32, byte: u8) {
        pages.put(PageNo(page), |sealed, tag| {
            sealed.fill(byte);
            tag.fill(byte);
        });
    }

    fn take(pages: &SealedPages, page: u32) -> Option<(u8, u8)> {
        pages.take(PageNo(page), |sealed, tag| (sealed[4095], tag[15]))
    }

    #[test]
    fn each_page_keeps_its_own_until_it_is_taken_in_whatever_order() {
        let pages = SealedPages::new(64).expect("there is memory");
        let mut state = 7u32;
        let mut model = [None; 64];
        for step in 0..20_000u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let page = (state >> 24) % 64;
            if state & 0x10000 == 0 {
                put(&pages, page, step as u8);
                model[page as usize] = Some((step as u8, step as u8));
            } else {
                assert_eq!(take(&pages, page), model[page as usize].take());
            }
        }
    }

    #[test]
    fn a_place_given_back_is_used_before_a_fresh_one() {
        let pages = SealedPages::new(8).expect("there is memory");
        (0..3).for_each(|page| put(&pages, page, 1));
        take(&pages, 1);
        put(&pages, 7, 2);
        assert_eq!(pages.place_of(PageNo(7)), Some(1));
        put(&pages, 6, 2);
        assert_eq!(pages.place_of(PageNo(6)), Some(3));
    }

    #[test]
    fn every_page_can_be_sealed_at_once() {
        let pages = SealedPages::new(32).expect("there is memory");
        (0..32).for_each(|page| put(&pages, page, page as u8));
        (0..32).rev().for_each(|page| assert_eq!(take(&pages, page), Some((page as u8, page as u8))));
        (0..32).for_each(|page| put(&pages, page, !(page as u8)));
        (0..32).for_each(|page| assert_eq!(take(&pages, page), Some((!(page as u8), !(page as u8)))));
    }
}
