//! CC 7.2, linear types: a frame cannot be duplicated.
use casemate_epc::FramePool;

fn main() {
    let mut pool = FramePool::new(1);
    let frame = pool.take().unwrap();
    let copy = frame.clone();
    pool.give(frame);
    pool.give(copy);
}
