//! The host changes what it stores: it is caught, and only the victim dies.

use casemate_epc::PageNo;
use casemate_node::pager::{EnclaveMemory, Poison, PoisonKind, SealedPage, SealedStore, StoreError};

use super::guest::{
    Program, WORDS_A_PAGE, checksum_of, enclave, for_each_mechanism, memory, pool, read, worker, write,
};

const PAGES: u64 = 40;
const FIRST: PageNo = PageNo(11);
const SECOND: PageNo = PageNo(12);

/// Two enclaves that have run and are swapped out, and an older copy of the first's page.
fn attacked(claim: &str, attack: impl Fn(&SealedStore, &SealedStore, &SealedPage), victims: [bool; 2]) {
    for_each_mechanism(claim, |mechanism| {
        let pool = pool(mechanism, 64, 2);
        let memories = [1, 2].map(|index| memory(&pool, enclave(index), PAGES));
        for (seed, memory) in (1..).zip(&memories) {
            let _entered = memory.enter(worker(1));
            Program::new(seed, PAGES).run_on(3_000, memory);
        }
        memories[0].evict_all();
        let old = memories[0].sealed_store().snapshot(FIRST).expect("it is sealed");
        let entered = memories[0].enter(worker(1));
        // The same content again: only the version tells the old copy from the new.
        let word = u64::from(FIRST.0) * WORDS_A_PAGE;
        write(&memories[0], word, read(&memories[0], word));
        drop(entered);
        for memory in &memories {
            memory.evict_all();
        }

        attack(&memories[0].sealed_store(), &memories[1].sealed_store(), &old);

        for ((seed, memory), dies) in (1..).zip(&memories).zip(victims) {
            let _entered = memory.enter(worker(1));
            let whole = checksum_of(memory) == Program::expected(seed, PAGES, 3_000);
            assert_eq!((whole, memory.poison().is_some()), (!dies, dies), "{claim}: enclave {seed}");
            if dies {
                names_the_page(memory, claim);
            }
        }
    });
}

fn names_the_page(memory: &EnclaveMemory, claim: &str) {
    let Some(Poison { enclave, page, version, kind }) = memory.poison() else { panic!("{claim}: alive") };
    assert_eq!((enclave, kind), (memory.id(), PoisonKind::NotAuthentic), "{claim}");
    assert!(page == FIRST || page == SECOND, "{claim}: {page}");
    assert!(version.get() > 0, "{claim}");
    assert_eq!(read(memory, u64::from(page.0) * WORDS_A_PAGE), 0, "{claim}: the forgery never shows");
}

#[test]
fn a_flipped_byte_kills_only_its_enclave() {
    for byte in [0, 1234, 4095] {
        attacked("flip", |victim, _, _| victim.flip(FIRST, byte).expect("it is there"), [true, false]);
    }
}

#[test]
fn a_replayed_page_kills_only_its_enclave() {
    attacked("replay", |victim, _, old| victim.replay(FIRST, old).expect("it is there"), [true, false]);
}

#[test]
fn two_swapped_pages_kill_only_their_enclave() {
    attacked("swap", |victim, _, _| victim.swap(FIRST, SECOND).expect("they are there"), [true, false]);
}

#[test]
fn a_page_swapped_between_two_enclaves_kills_both_and_shows_neither_the_others() {
    attacked("swap across", |one, other, _| one.swap_with(other, FIRST).expect("there"), [true, true]);
}

#[test]
fn another_enclaves_page_in_its_place_kills_only_the_one_that_reads_it() {
    attacked(
        "copy across",
        |victim, other, _| {
            let copy = other.snapshot(FIRST).expect("it is there");
            victim.replay(FIRST, &copy).expect("it is there");
        },
        [true, false],
    );
}

#[test]
fn an_untouched_store_kills_nobody() {
    attacked("nothing", |_, _, _| {}, [false, false]);
}

#[test]
fn a_store_ends_with_its_memory_and_at_its_limit() {
    for_each_mechanism("store", |mechanism| {
        let pool = pool(mechanism, 32, 1);
        let memory = memory(&pool, enclave(1), 4);
        let store = memory.sealed_store();
        assert_eq!(store.flip(PageNo(4), 0), Err(StoreError::OutOfRange { page: PageNo(4) }));
        memory.destroy();
        assert_eq!(store.flip(PageNo(0), 0), Err(StoreError::Gone));
        assert_eq!(memory.sealed_store().swap(PageNo(0), PageNo(1)), Err(StoreError::Gone));
    });
}
