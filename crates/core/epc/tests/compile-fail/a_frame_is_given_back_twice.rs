//! CC 7.2, linear types: a frame is owned once.
use casemate_epc::FramePool;

fn main() {
    let mut pool = FramePool::new(1);
    let frame = pool.take().unwrap();
    pool.give(frame);
    pool.give(frame);
}
