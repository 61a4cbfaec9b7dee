//! Every interleaving of the eviction handshake, explored by loom over the code of
//! `src/gate.rs` itself.
//!
//! `RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom cargo test --release -p casemate-epc --test loom`
//!
//! One page: an evictor copies it to the store and drops it while its owner starts
//! to run, brings it in where it is missing, and adds one. The sum must be there
//! afterwards, wherever the page is. A gate that asks before it announces loses it.

#![cfg(loom)]

use std::num::NonZeroU16;

use casemate_epc::Gate;
use casemate_model::WorkerId;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use loom::thread;

fn worker(number: u16) -> WorkerId {
    WorkerId(NonZeroU16::new(number).expect("workers are numbered from one"))
}

/// What the protocol below needs of a gate.
trait Handshake: Send + Sync + 'static {
    fn new() -> Self;
    fn enter(&self, worker: WorkerId);
    fn leave(&self);
    fn try_begin_evict(&self, worker: WorkerId) -> bool;
    fn end_evict(&self);
}

impl Handshake for Gate {
    fn new() -> Self {
        Gate::new()
    }
    fn enter(&self, worker: WorkerId) {
        Gate::enter(self, worker, thread::yield_now).expect("it runs nowhere else");
    }
    fn leave(&self) {
        Gate::leave(self);
    }
    fn try_begin_evict(&self, worker: WorkerId) -> bool {
        Gate::try_begin_evict(self, Some(worker))
    }
    fn end_evict(&self) {
        Gate::end_evict(self);
    }
}

/// Two words and a gap between asking and announcing: the bug that was measured in
/// one of fourteen runs.
struct AsksFirst {
    runner: AtomicU32,
    evicting: AtomicU32,
}

impl Handshake for AsksFirst {
    fn new() -> Self {
        Self { runner: AtomicU32::new(0), evicting: AtomicU32::new(0) }
    }
    fn enter(&self, worker: WorkerId) {
        self.runner.store(u32::from(worker.0.get()), Ordering::SeqCst);
        while self.evicting.load(Ordering::SeqCst) != 0 {
            thread::yield_now();
        }
    }
    fn leave(&self) {
        self.runner.store(0, Ordering::SeqCst);
    }
    fn try_begin_evict(&self, _worker: WorkerId) -> bool {
        let idle = self.runner.load(Ordering::SeqCst) == 0;
        if idle {
            self.evicting.fetch_add(1, Ordering::SeqCst);
        }
        idle
    }
    fn end_evict(&self) {
        self.evicting.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Machine<G> {
    gate: G,
    resident: AtomicBool,
    page: UnsafeCell<u64>,
    store: UnsafeCell<u64>,
}

// SAFETY: who may touch the cells is what the gate decides and loom checks.
unsafe impl<G: Send> Send for Machine<G> {}
// SAFETY: as above.
unsafe impl<G: Sync> Sync for Machine<G> {}

impl<G: Handshake> Machine<G> {
    fn new() -> Self {
        Self {
            gate: G::new(),
            resident: AtomicBool::new(true),
            page: UnsafeCell::new(1),
            store: UnsafeCell::new(0),
        }
    }

    /// Seals the page and drops it, if the gate lets `worker`.
    fn evict(&self, worker: WorkerId) {
        if !self.gate.try_begin_evict(worker) {
            return;
        }
        if self.resident.load(Ordering::Relaxed) {
            // SAFETY: loom reports it if somebody writes the page, or the store, meanwhile.
            let content = self.page.with(|page| unsafe { *page });
            self.store.with_mut(|store| unsafe { *store = content });
            self.resident.store(false, Ordering::Relaxed);
        }
        self.gate.end_evict();
    }

    /// Runs the enclave for one instruction that adds one to the page.
    fn run(&self, worker: WorkerId) {
        self.gate.enter(worker);
        if !self.resident.load(Ordering::Relaxed) {
            // SAFETY: as above.
            let content = self.store.with(|store| unsafe { *store });
            self.page.with_mut(|page| unsafe { *page = content });
            self.resident.store(true, Ordering::Relaxed);
        }
        // SAFETY: as above.
        self.page.with_mut(|page| unsafe { *page += 1 });
        self.gate.leave();
    }

    fn content(&self) -> u64 {
        let cell = if self.resident.load(Ordering::Relaxed) { &self.page } else { &self.store };
        // SAFETY: every thread has ended.
        cell.with(|content| unsafe { *content })
    }
}

fn no_write_is_lost<G: Handshake>() {
    loom::model(|| {
        let machine = Arc::new(Machine::<G>::new());
        let evictor = {
            let machine = Arc::clone(&machine);
            thread::spawn(move || machine.evict(worker(2)))
        };
        machine.run(worker(1));
        machine.run(worker(1));
        evictor.join().expect("it does not panic");
        assert_eq!(machine.content(), 3, "a write was lost");
    });
}

#[test]
fn no_write_is_lost_through_the_gate() {
    no_write_is_lost::<Gate>();
}

#[test]
#[should_panic(expected = "Concurrent read and write accesses")]
fn a_gate_that_asks_before_it_announces_is_caught() {
    no_write_is_lost::<AsksFirst>();
}

#[test]
fn two_evictors_and_an_owner_lose_no_write() {
    // Two evictors are never given the same page: the manager's lock sees to that.
    loom::model(|| {
        let machine = Arc::new(Machine::<Gate>::new());
        let gate_only = Arc::clone(&machine);
        let second = thread::spawn(move || {
            if gate_only.gate.try_begin_evict(Some(worker(3))) {
                gate_only.gate.end_evict();
            }
        });
        let evicted = Arc::clone(&machine);
        let first = thread::spawn(move || evicted.evict(worker(2)));
        machine.run(worker(1));
        first.join().expect("it does not panic");
        second.join().expect("it does not panic");
        assert_eq!(machine.content(), 2, "a write was lost");
    });
}

#[test]
fn nothing_begins_after_the_gate_is_closed() {
    loom::model(|| {
        let machine = Arc::new(Machine::<Gate>::new());
        let evictor = {
            let machine = Arc::clone(&machine);
            thread::spawn(move || machine.evict(worker(2)))
        };
        machine.gate.close().expect("it does not run");
        while !machine.gate.is_quiet() {
            thread::yield_now();
        }
        // SAFETY: loom reports it if the evictor still reads the page.
        machine.page.with_mut(|page| unsafe { *page = 0 });
        evictor.join().expect("it does not panic");
    });
}
