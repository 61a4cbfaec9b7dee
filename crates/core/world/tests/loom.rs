//! Every interleaving of the ring and of the lock, explored by loom over the code of `src/ring.rs` and
//! `src/lock.rs` themselves.
//!
//! `RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom cargo test --release -p casemate-world --test loom`

#![cfg(loom)]

use casemate_world::{Lock, Ring};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

#[test]
fn every_word_comes_out_once() {
    loom::model(|| {
        let ring = Arc::new(Ring::<2>::new());
        let push = |word: u64| {
            let ring = ring.clone();
            thread::spawn(move || ring.push(word).is_ok())
        };
        let pushes = [push(1), push(2)];
        let mut out: Vec<u64> = ring.pop().into_iter().collect();
        for pushed in pushes {
            assert!(pushed.join().unwrap(), "there is room for both");
        }
        out.extend(core::iter::from_fn(|| ring.pop()));
        out.sort_unstable();
        assert_eq!(out, [1, 2]);
    });
}

#[test]
fn a_full_ring_refuses_and_loses_nothing() {
    loom::model(|| {
        let ring = Arc::new(Ring::<2>::new());
        ring.push(1).unwrap();
        ring.push(2).unwrap();
        let popper = {
            let ring = ring.clone();
            thread::spawn(move || ring.pop())
        };
        let pushed = ring.push(3).is_ok();
        assert_eq!(popper.join().unwrap(), Some(1));
        let rest: Vec<u64> = core::iter::from_fn(|| ring.pop()).collect();
        assert_eq!(rest, if pushed { vec![2, 3] } else { vec![2] });
    });
}

/// The agent looks, sleeps, and is rung: it never sleeps on with a word in the ring that nobody rang for.
#[test]
fn no_wake_up_is_lost() {
    loom::model(|| {
        let ring = Arc::new(Ring::<2>::new());
        let rung = Arc::new(AtomicBool::new(false));
        let pusher = {
            let (ring, rung) = (ring.clone(), rung.clone());
            thread::spawn(move || {
                if ring.push(7) == Ok(true) {
                    rung.store(true, Ordering::SeqCst);
                }
            })
        };
        let got = ring.pop().or_else(|| ring.fall_asleep());
        pusher.join().unwrap();
        assert!(got == Some(7) || rung.load(Ordering::SeqCst), "it sleeps beside a word");
    });
}

#[test]
fn one_at_a_time_has_the_lock() {
    loom::model(|| {
        let shared = Arc::new((Lock::new(), UnsafeCell::new(0_u32)));
        let add = |shared: Arc<(Lock, UnsafeCell<u32>)>| {
            let _held = shared.0.take(thread::yield_now);
            // loom fails the test if two are here at once.
            shared.1.with_mut(|it| unsafe { *it += 1 });
        };
        let other = {
            let shared = shared.clone();
            thread::spawn(move || add(shared))
        };
        add(shared.clone());
        other.join().unwrap();
        let _held = shared.0.take(thread::yield_now);
        shared.1.with(|it| assert_eq!(unsafe { *it }, 2));
    });
}
