//! Set-ups are read as they were written, and nothing else is taken for one.

use casemate_world::{Config, CpuId, Entry, Kind, Request, Tick};
use casemate_world_log::{Malformed, Ree, Setup, Spawn};
use proptest::prelude::*;

fn setup() -> Setup {
    let config = Config {
        big: CpuId::new(1).into_iter().collect(),
        entry: Entry::TimeSlice(3),
        tick: Tick::Own,
        tee_waits: None,
        ..Config::new(4)
    };
    let request = Request { priority: 9, deadline: 5, sync: false, suits_big: true };
    let spawn = Spawn { kind: Kind::Periodic, request, app: 1, period_nanos: 10_000_000, deadline_nanos: 4 };
    let mut spawned = [None; 8];
    spawned[..2].fill(Some(spawn));
    Setup {
        config,
        ree: Ree::Linux,
        memory: 512 << 20,
        frequency: 62_500_000,
        tick_nanos: 4_000_000,
        quantum_nanos: 100_000,
        ree_arguments: [1, 2, 3, u64::MAX],
        logs: true,
        spawned,
    }
}

#[test]
fn a_setup_is_read_as_it_was_written() {
    assert_eq!(Setup::decode(&setup().encode()), Ok(setup()));
}

#[test]
fn what_is_no_setup_is_refused_by_name() {
    let good = setup().encode();
    assert_eq!(Setup::decode(&good[..4095]), Err(Malformed::TooShort));
    let changed = |at: usize, value: u8| {
        let mut bytes = good;
        bytes[at] = value;
        Setup::decode(&bytes)
    };
    assert_eq!(changed(0, 0), Err(Malformed::Magic));
    assert_eq!(changed(8, 2), Err(Malformed::Version(2)));
    assert_eq!(changed(14, 3), Err(Malformed::Field("entry")));
    assert_eq!(changed(16, 3), Err(Malformed::Field("priority")));
}

proptest! {
    #[test]
    fn no_bytes_are_too_much(bytes in prop::collection::vec(any::<u8>(), 4096), keep in 12..200_usize) {
        let mut near = setup().encode();
        near[keep..].copy_from_slice(&bytes[keep..]);
        let _ = Setup::decode(&near);
        let _ = Setup::decode(&bytes);
    }
}
