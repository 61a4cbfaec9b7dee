//! The books hold under every order of steps, and the choices are the documented ones.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::num::NonZeroU16;

use casemate_model::{EnclaveId, Pages, WorkerId};
use proptest::prelude::*;

use super::*;
use crate::table::PageState;
use crate::{Closing, Load, LoadSource, PageNo, Running, Version, VersionsExhausted, Victims};

fn config(frames: u64, entries: u16) -> Config {
    Config { frames: Pages(frames), entries, enclaves: 4, batch: 8, active_percent: 50 }
}

fn manager(frames: u64, entries: u16) -> Manager {
    Manager::new(config(frames, entries)).expect("the configuration works")
}

fn worker(number: u16) -> WorkerId {
    WorkerId(NonZeroU16::new(number).expect("workers are numbered from one"))
}

fn create(manager: &mut Manager, index: u32, pages: u32) -> Slot {
    create_guaranteed(manager, index, pages, 0)
}

fn create_guaranteed(manager: &mut Manager, index: u32, pages: u32, guaranteed: u64) -> Slot {
    let table = PageTable::new(EnclaveId { index, generation: 0 }, pages);
    let slot = manager.create(table, Arc::new(Gate::new()), Pages(guaranteed)).expect("there is room");
    manager.resize(slot, pages).expect("that is its table");
    slot
}

fn enter(manager: &mut Manager, slot: Slot, number: u16) -> Running {
    loop {
        match manager.enter(slot, worker(number)) {
            Entry::Entered(running) => return running,
            Entry::Shrink(victims) => manager.evicted(victims),
            other => panic!("nothing is out and nobody else runs it: {other:?}"),
        }
    }
}

/// Makes a page resident as a shell with nothing else to do would. Returns what was evicted for it.
fn touch(manager: &mut Manager, slot: Slot, page: u32, number: u16) -> Vec<(Slot, u32)> {
    let mut evicted = Vec::new();
    loop {
        match manager.begin_fault(slot, PageNo(page), Some(worker(number))) {
            Fault::AlreadyResident => return evicted,
            Fault::Load(load) => manager.loaded(load),
            Fault::Evict(victims) => {
                evicted.extend(victims.iter().map(|victim| (victim.slot(), victim.page().0)));
                manager.evicted(victims);
            }
            other => panic!("nothing is out: {other:?}"),
        }
    }
}

/// Everything that must be true of the books at any moment.
fn audit(manager: &Manager) {
    let census = manager.census();
    assert_eq!(census.free.0 + census.resident.0 + census.moving.0, census.capacity.0, "conservation");
    let (mut frames, mut entered, mut active) = (BTreeSet::new(), 0, 0);
    let (mut guaranteed, mut charged) = (0, 0);
    for slot in &manager.live {
        let enclave = manager.enclave(*slot).expect("a live slot has an enclave");
        for list in [&enclave.active, &enclave.inactive] {
            let listed: Vec<u32> = manager.links.iter(list).collect();
            assert_eq!(listed.len(), list.len() as usize, "a list is as long as it says");
            assert!(listed.iter().map(|frame| manager.links.stamp(*frame)).is_sorted(), "old to new");
            for frame in listed {
                assert!(frames.insert(frame), "frame {frame} is under two pages");
                let (owner, page) = manager.links.page(frame);
                assert_eq!(owner, *slot);
                match enclave.table.get(page) {
                    Some(PageState::Resident { frame: under, .. }) => assert_eq!(under, frame),
                    other => panic!("{page} is listed and {other:?}"),
                }
            }
        }
        let resident = (0..enclave.table.pages())
            .filter(|page| matches!(enclave.table.get(PageNo(*page)), Some(PageState::Resident { .. })))
            .count();
        assert_eq!(resident, enclave.listed() as usize, "every resident page is listed once");
        assert!(enclave.active.len() * 100 <= enclave.listed() * u32::from(manager.config.active_percent));
        active += enclave.active.len();
        assert_eq!(enclave.gate.runner(), enclave.worker);
        guaranteed += enclave.guaranteed;
        if enclave.worker.is_some() {
            entered += 1;
            charged += enclave.charge();
        }
    }
    assert_eq!(census.resident.0 as usize, frames.len());
    assert_eq!(census.active.0, u64::from(active));
    assert_eq!(entered, manager.entered);
    let unused = u32::from(manager.config.entries - entered) * MIN_RESIDENT;
    assert_eq!(guaranteed, manager.guaranteed);
    assert_eq!(manager.charged, guaranteed + charged + unused);
    let entries = u32::from(manager.config.entries) * MIN_RESIDENT;
    assert!(guaranteed + entries <= manager.pool.capacity(), "every due is covered");
}

/// A shell that does its steps in whatever order it is told, several at once.
#[derive(Default)]
struct Shell {
    running: Vec<Running>,
    loads: Vec<Load>,
    victims: Vec<Victims>,
    closings: Vec<Closing>,
    /// What each page was sealed under last.
    sealed: BTreeMap<(EnclaveId, u32), u64>,
    /// The enclave in each slot, and its number of pages.
    enclaves: BTreeMap<Slot, (EnclaveId, u32)>,
    created: u32,
}

#[derive(Clone, Debug)]
enum Op {
    Create { pages: u32, guaranteed: u64 },
    Enter { slot: u16, worker: u16 },
    Leave { which: usize },
    Fault { slot: u16, page: u32 },
    Loaded { which: usize },
    Failed { which: usize },
    Evicted { which: usize },
    Shed { slot: u16 },
    Close { slot: u16 },
    Destroyed { which: usize },
}

fn ops() -> impl Strategy<Value = Op> {
    let which = 0..8usize;
    prop_oneof![
        1 => (1..120u32, 0..20u64).prop_map(|(pages, guaranteed)| Op::Create { pages, guaranteed }),
        3 => (0..4u16, 1..4u16).prop_map(|(slot, worker)| Op::Enter { slot, worker }),
        2 => which.clone().prop_map(|which| Op::Leave { which }),
        20 => (0..4u16, 0..120u32).prop_map(|(slot, page)| Op::Fault { slot, page }),
        16 => which.clone().prop_map(|which| Op::Loaded { which }),
        1 => which.clone().prop_map(|which| Op::Failed { which }),
        8 => which.clone().prop_map(|which| Op::Evicted { which }),
        1 => (0..4u16).prop_map(|slot| Op::Shed { slot }),
        1 => (0..4u16).prop_map(|slot| Op::Close { slot }),
        1 => which.prop_map(|which| Op::Destroyed { which }),
    ]
}

impl Shell {
    fn tokens(&self) -> usize {
        self.loads.len() + self.victims.len() + self.closings.len()
    }

    fn step(&mut self, manager: &mut Manager, op: Op) {
        match op {
            Op::Create { pages, guaranteed } => {
                let id = EnclaveId { index: self.created, generation: 0 };
                let (table, gate) = (PageTable::new(id, pages), Arc::new(Gate::new()));
                if let Ok(slot) = manager.create(table, gate, Pages(guaranteed)) {
                    self.created += 1;
                    manager.resize(slot, pages).expect("that is its table");
                    self.enclaves.insert(slot, (id, pages));
                }
            }
            Op::Enter { slot, worker: number } => match manager.enter(Slot(slot), worker(number)) {
                Entry::Entered(running) => self.running.push(running),
                Entry::Shrink(victims) => self.take_beyond(manager, victims, None),
                Entry::Wait => assert!(self.tokens() > 0, "waits for nobody"),
                Entry::Refused(_) => {}
            },
            Op::Leave { which } => {
                if let Some(running) = pick(&mut self.running, which) {
                    manager.leave(running);
                }
            }
            Op::Fault { slot, page } => self.fault(manager, Slot(slot), page),
            Op::Loaded { which } => {
                if let Some(load) = pick(&mut self.loads, which) {
                    manager.loaded(load);
                }
            }
            Op::Failed { which } => {
                if let Some(load) = pick(&mut self.loads, which) {
                    manager.failed(load);
                }
            }
            Op::Evicted { which } => {
                if let Some(victims) = pick(&mut self.victims, which) {
                    manager.evicted(victims);
                }
            }
            Op::Shed { slot } => {
                if let Some(victims) = manager.shed(Slot(slot), None) {
                    self.take(manager, victims, None);
                }
            }
            Op::Close { slot } => {
                if let Ok(closing) = manager.close(Slot(slot)) {
                    self.closings.push(closing);
                }
            }
            Op::Destroyed { which } => {
                if let Some(closing) = pick(&mut self.closings, which) {
                    self.destroy(manager, closing);
                }
            }
        }
    }

    fn fault(&mut self, manager: &mut Manager, slot: Slot, page: u32) {
        let runner = manager.enclave(slot).and_then(|enclave| enclave.worker);
        match manager.begin_fault(slot, PageNo(page), runner) {
            Fault::Outside => {
                let exists = self.enclaves.get(&slot).is_some_and(|(_, pages)| page < *pages);
                let closing = self.closings.iter().any(|closing| closing.slot() == slot);
                assert!(!exists || closing);
            }
            Fault::AlreadyResident => {}
            Fault::Wait => {
                let shrinking = manager.charged > manager.pool.capacity();
                assert!(
                    self.tokens() > 0 || runner.is_none() || shrinking,
                    "an entered enclave waits for nobody"
                );
            }
            Fault::Evict(victims) => self.take_beyond(manager, victims, runner),
            Fault::Load(load) => {
                assert!(load.bindings().any(|binding| binding.page.0 == page));
                for binding in load.bindings() {
                    let last = self.sealed.get(&(binding.enclave, binding.page.0)).copied();
                    let version = (load.source() == LoadSource::Sealed).then_some(binding.version.get());
                    assert_eq!(version, last, "a load is of what was sealed last");
                }
                self.loads.push(load);
            }
        }
    }

    /// Takes victims that were not asked for by [`Manager::shed`].
    fn take_beyond(&mut self, manager: &Manager, victims: Victims, by: Option<WorkerId>) {
        for victim in victims.iter() {
            let enclave = manager.enclave(victim.slot()).expect("a victim's enclave is there");
            assert!(enclave.listed() >= enclave.guaranteed, "what is guaranteed stays");
        }
        self.take(manager, victims, by);
    }

    fn take(&mut self, manager: &Manager, victims: Victims, by: Option<WorkerId>) {
        for victim in victims.iter() {
            let binding = victim.binding().expect("nothing is sealed that often here");
            let last = self.sealed.insert((binding.enclave, binding.page.0), binding.version.get());
            assert!(last.unwrap_or(0) < binding.version.get(), "versions grow strictly");
            let runner = manager.enclave(victim.slot()).and_then(|enclave| enclave.worker);
            assert!(runner.is_none() || runner == by, "no page is taken from an enclave that runs elsewhere");
        }
        self.victims.push(victims);
    }

    fn destroy(&mut self, manager: &mut Manager, closing: Closing) {
        while let Some(removals) = manager.remove(&closing) {
            manager.removed(removals);
        }
        match manager.destroyed(closing) {
            Ok(table) => self.enclaves.retain(|_, (id, _)| *id != table.enclave),
            Err(closing) => self.closings.push(closing),
        }
    }

    /// Ends everything that is under way, then every enclave.
    fn finish(&mut self, manager: &mut Manager) {
        self.loads.drain(..).for_each(|load| manager.loaded(load));
        self.victims.drain(..).for_each(|victims| manager.evicted(victims));
        self.running.drain(..).for_each(|running| manager.leave(running));
        for slot in 0..4 {
            self.closings.extend(manager.close(Slot(slot)));
        }
        while let Some(closing) = self.closings.pop() {
            self.destroy(manager, closing);
        }
    }
}

fn pick<T>(from: &mut Vec<T>, which: usize) -> Option<T> {
    (!from.is_empty()).then(|| from.swap_remove(which % from.len()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_books_hold_under_every_order_of_steps(
        frames in 48..160u64,
        active_percent in 0..=90u8,
        batch in 1..=8u8,
        ops in prop::collection::vec(ops(), 1..400),
    ) {
        let config = Config { active_percent, batch, ..config(frames, 3) };
        let mut manager = Manager::new(config).expect("three entries need 48 frames");
        let mut shell = Shell::default();
        for pages in [100, 30, 60] {
            shell.step(&mut manager, Op::Create { pages, guaranteed: 0 });
        }
        for op in ops {
            shell.step(&mut manager, op);
            audit(&manager);
        }
        shell.finish(&mut manager);
        audit(&manager);
        prop_assert_eq!(manager.census().free, Pages(frames), "destroying returns every frame");
        prop_assert!(shell.enclaves.is_empty());
    }

    #[test]
    fn an_entered_enclave_gets_every_page_it_touches_whatever_the_others_hold(
        frames in 48..100u64,
        pages in prop::collection::vec((0..3u16, 0..120u32), 1..300),
    ) {
        let mut manager = manager(frames, 3);
        let slots = [0, 1, 2].map(|index| create(&mut manager, index, 120));
        // The first holds all there is before the others are entered.
        let first = enter(&mut manager, slots[0], 1);
        (0..120).for_each(|page| drop(touch(&mut manager, slots[0], page, 1)));
        let others = [enter(&mut manager, slots[1], 2), enter(&mut manager, slots[2], 3)];
        for (at, page) in pages {
            touch(&mut manager, slots[usize::from(at)], page, at + 1);
            audit(&manager);
        }
        manager.leave(first);
        others.into_iter().for_each(|running| manager.leave(running));
    }
}

#[test]
fn the_oldest_pages_of_enclaves_that_may_lose_some_go_first() {
    let mut manager = manager(64, 2);
    let [old, new, running] = [0, 1, 2].map(|index| create(&mut manager, index, 200));
    // Every other page: nothing sequential, so one page at a time.
    for (slot, pages) in [(running, 10), (old, 10), (new, 44)] {
        let entered = enter(&mut manager, slot, 1);
        (0..pages).for_each(|page| drop(touch(&mut manager, slot, page * 2, 1)));
        manager.leave(entered);
    }
    let stays = enter(&mut manager, running, 2);
    let faults = enter(&mut manager, new, 1);
    let expected: Vec<(Slot, u32)> = (0..8).map(|page| (old, page * 2)).collect();
    assert_eq!(touch(&mut manager, new, 150, 1), expected, "not from the one that runs elsewhere");
    manager.leave(stays);
    manager.leave(faults);
}

#[test]
fn a_page_that_comes_back_soon_becomes_active_and_one_long_gone_does_not() {
    let mut manager = manager(32, 1);
    let slot = create(&mut manager, 0, 4000);
    let running = enter(&mut manager, slot, 1);
    let mut next = 0;
    let mut touch_others = |manager: &mut Manager, pages: u32| {
        for _ in 0..pages {
            next += 2;
            touch(manager, slot, next, 1);
        }
    };
    touch(&mut manager, slot, 0, 1);
    touch_others(&mut manager, 32);
    assert_eq!(manager.census().active, Pages(0));
    touch(&mut manager, slot, 0, 1);
    assert_eq!(manager.census().active, Pages(1), "evicted at most 8 pages ago, the active size is 16");
    // Page 2 went in the same batch as page 0.
    touch_others(&mut manager, 200);
    touch(&mut manager, slot, 2, 1);
    assert_eq!(manager.census().active, Pages(1), "evicted some 200 pages ago");
    manager.leave(running);
}

#[test]
fn an_active_page_outlives_newer_inactive_ones() {
    let mut manager = manager(32, 1);
    let slot = create(&mut manager, 0, 4000);
    let running = enter(&mut manager, slot, 1);
    (0..33).for_each(|page| drop(touch(&mut manager, slot, page * 2, 1)));
    touch(&mut manager, slot, 0, 1);
    let gone: Vec<(Slot, u32)> = (100..190).flat_map(|page| touch(&mut manager, slot, page * 2, 1)).collect();
    assert!(gone.len() >= 80 && !gone.contains(&(slot, 0)));
    manager.leave(running);
}

#[test]
fn entering_a_large_enclave_leaves_the_others_their_share() {
    let mut manager = manager(64, 2);
    let [large, small] = [create(&mut manager, 0, 200), create(&mut manager, 1, 200)];
    let running = enter(&mut manager, small, 2);
    manager.leave(running);
    // Nobody has it entered, so it may fill the pool.
    for page in 0..64 {
        match manager.begin_fault(large, PageNo(page * 2), None) {
            Fault::Load(load) => manager.loaded(load),
            other => panic!("a frame is free: {other:?}"),
        }
    }
    assert_eq!(manager.tally(large).map(|tally| tally.resident), Some(Pages(64)));
    let running = enter(&mut manager, large, 1);
    assert_eq!(manager.tally(large).map(|tally| tally.resident), Some(Pages(48)));
    assert_eq!(manager.census().free, Pages(16));
    manager.leave(running);
}

#[test]
fn a_page_whose_versions_are_used_up_is_given_up_not_resealed() {
    let mut manager = manager(16, 1);
    let slot = create(&mut manager, 0, 100);
    let last = Version::new(Version::LOST.get() - 1).expect("it is a version");
    let sealed = PageState::Sealed { version: last, evicted_at: 0 };
    manager.enclave_mut(slot).expect("it exists").table.set(PageNo(7), sealed);
    let running = enter(&mut manager, slot, 1);
    touch(&mut manager, slot, 7, 1);
    let victims = manager.shed(slot, Some(worker(1))).expect("one page is resident");
    let bindings: Vec<_> = victims.iter().map(crate::Victim::binding).collect();
    assert_eq!(bindings, [Err(VersionsExhausted)]);
    manager.evicted(victims);
    match manager.begin_fault(slot, PageNo(7), Some(worker(1))) {
        Fault::Load(load) => {
            // Nothing is ever sealed under it, so opening fails.
            assert!(load.bindings().all(|binding| binding.version == Version::LOST));
            manager.loaded(load);
        }
        other => panic!("frames are free: {other:?}"),
    }
    manager.leave(running);
}

#[test]
fn configurations_that_cannot_work_are_refused_by_name() {
    let refused = |config: Config| Manager::new(config).expect_err("it cannot work");
    let good = config(64, 2);
    assert_eq!(
        refused(Config { frames: Pages(31), ..good }),
        ConfigError::TooFewFrames { asked: Pages(31), least: Pages(32) }
    );
    let huge = Pages(u64::from(MAX_FRAMES) + 1);
    assert_eq!(refused(Config { frames: huge, ..good }), ConfigError::TooManyFrames { asked: huge });
    assert_eq!(refused(Config { batch: 0, ..good }), ConfigError::Batch { asked: 0 });
    assert_eq!(refused(Config { batch: 9, ..good }), ConfigError::Batch { asked: 9 });
    assert_eq!(refused(Config { active_percent: 91, ..good }), ConfigError::ActivePercent { asked: 91 });
}

#[test]
fn enclaves_grow_up_to_their_table_and_never_shrink() {
    let mut manager = manager(64, 2);
    let slot = create(&mut manager, 0, 10);
    assert_eq!(manager.resize(slot, 9), Err(ResizeError::Shrinks));
    assert_eq!(manager.resize(slot, 11), Err(ResizeError::OverLimit { limit: Pages(10) }));
    assert_eq!(manager.resize(Slot(3), 1), Err(ResizeError::Unknown));
    assert!(matches!(manager.begin_fault(slot, PageNo(10), None), Fault::Outside));
}

#[test]
fn guaranteed_pages_stay_whatever_the_others_touch() {
    let mut manager = manager(64, 2);
    let quiet = create_guaranteed(&mut manager, 0, 40, 20);
    let greedy = create(&mut manager, 1, 200);
    let entered = enter(&mut manager, quiet, 1);
    (0..20).for_each(|page| drop(touch(&mut manager, quiet, page * 2, 1)));
    manager.leave(entered);
    let entered = enter(&mut manager, greedy, 1);
    for page in 0..100 {
        let evicted = touch(&mut manager, greedy, page * 2, 1);
        assert!(evicted.iter().all(|(slot, _)| *slot == greedy), "{evicted:?}");
        audit(&manager);
    }
    manager.leave(entered);
    assert_eq!(manager.tally(quiet).map(|tally| tally.resident), Some(Pages(20)));
}

#[test]
fn guarantees_that_do_not_fit_together_are_refused() {
    // Two entries keep 32 of the 64 frames.
    let mut manager = manager(64, 2);
    create_guaranteed(&mut manager, 0, 40, 20);
    let table = PageTable::new(EnclaveId { index: 1, generation: 0 }, 40);
    let refused = manager.create(table, Arc::new(Gate::new()), Pages(13));
    assert_eq!(refused, Err(CreateError::Guarantee { asked: Pages(13), left: Pages(12) }));
}

#[test]
fn a_new_guarantee_is_met_by_enclaves_that_are_too_large_shrinking() {
    let mut manager = manager(64, 2);
    let large = create(&mut manager, 0, 200);
    let running = enter(&mut manager, large, 1);
    (0..48).for_each(|page| drop(touch(&mut manager, large, page * 2, 1)));
    let late = create_guaranteed(&mut manager, 1, 80, 32);
    let entered = enter(&mut manager, late, 2);
    // The large one goes on faulting, and gives up more than it takes.
    (48..80).for_each(|page| drop(touch(&mut manager, large, page * 2, 1)));
    assert!(manager.charged <= manager.pool.capacity());
    (0..32).for_each(|page| drop(touch(&mut manager, late, page * 2, 2)));
    assert_eq!(manager.tally(late).map(|tally| tally.resident), Some(Pages(32)));
    manager.leave(running);
    manager.leave(entered);
}

#[test]
fn what_was_guaranteed_to_an_enclave_can_be_guaranteed_again_once_it_is_being_destroyed() {
    let mut manager = manager(64, 2);
    let first = create_guaranteed(&mut manager, 0, 40, 32);
    let entered = enter(&mut manager, first, 1);
    (0..20).for_each(|page| drop(touch(&mut manager, first, page * 2, 1)));
    manager.leave(entered);
    let closing = manager.close(first).expect("nobody runs it");
    audit(&manager);
    create_guaranteed(&mut manager, 1, 40, 32);
    while let Some(removals) = manager.remove(&closing) {
        manager.removed(removals);
    }
    assert!(manager.destroyed(closing).is_ok());
    audit(&manager);
}
