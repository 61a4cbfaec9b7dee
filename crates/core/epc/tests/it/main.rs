//! What the public interface promises.

use casemate_epc::{FramePool, lost_frames};

/// The row "linear types: enclave resources are held exclusively" of CC 7.2.
#[test]
fn what_must_not_compile_does_not() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile-fail/*.rs");
}

#[test]
fn a_frame_dropped_outside_the_protocol_is_counted() {
    let mut pool = FramePool::new(2);
    let before = lost_frames();
    drop(pool.take());
    assert_eq!(lost_frames(), before + 1);
    if let Some(frame) = pool.take() {
        pool.give(frame);
    }
    drop(pool);
    assert_eq!(lost_frames(), before + 1, "giving back and ending the pool lose none");
}
