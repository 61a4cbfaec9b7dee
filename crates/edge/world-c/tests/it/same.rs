//! Whatever comes through the interface: what it answers is what `casemate_world` decides, and bytes that
//! mean nothing change nothing.

use std::mem::MaybeUninit;

use casemate_world as core;
use casemate_world_c as c;
use proptest::prelude::*;

/// A world, ready for use.
struct World(c::World);

impl World {
    fn new(config: &c::Config) -> Result<Self, (c::Status, c::Reason)> {
        let mut world = Self(c::World { opaque: [0; 128] });
        let mut reason = c::Reason::None;
        // SAFETY: all three are there.
        match unsafe { c::casemate_world_init(&raw mut world.0, config, &raw mut reason) } {
            c::Status::Ok => Ok(world),
            status => Err((status, reason)),
        }
    }

    fn step(&mut self, cpu: u8, event: &c::Event) -> Result<c::Outcome, c::Status> {
        let mut outcome = MaybeUninit::uninit();
        // SAFETY: all are there.
        match unsafe { c::casemate_world_step(&raw mut self.0, cpu, event, outcome.as_mut_ptr()) } {
            // SAFETY: it is written where the status is `Ok`.
            c::Status::Ok => Ok(unsafe { outcome.assume_init() }),
            status => Err(status),
        }
    }
}

fn default_design(cpus: u8) -> c::Config {
    let mut config = MaybeUninit::uninit();
    // SAFETY: it is there, and written where the status is `Ok`.
    unsafe {
        assert_eq!(c::casemate_world_config_default(config.as_mut_ptr(), cpus), c::Status::Ok);
        config.assume_init()
    }
}

/// An event in both languages.
fn event(kind: u8, thread: u8, deadline: u64, priority: u8) -> (c::Event, core::Event) {
    let request = c::Request { deadline, priority, sync: 1, suits_big: 0, reserved: [0; 5] };
    let meant = core::Request { deadline, priority, sync: true, suits_big: false };
    let id = core::ThreadId::new(usize::from(thread)).unwrap();
    let same = match kind {
        0 => core::Event::Submit(meant),
        1 => core::Event::Issue,
        2 => core::Event::Resume(id),
        3 => core::Event::Schedule,
        4 => core::Event::Collect,
        5 => core::Event::Cancel(id),
        6 => core::Event::Idle,
        7 => core::Event::Offline,
        8 => core::Event::Online,
        9 => core::Event::Tick,
        10 => core::Event::Quantum,
        11 => core::Event::Sgi,
        12 => core::Event::NonSecure,
        13 => core::Event::Device(id),
        14 => core::Event::Release(id, deadline),
        15 => core::Event::Finish,
        16 => core::Event::Block,
        _ => core::Event::Call(id),
    };
    (c::Event { request, kind, thread, reserved: [0; 6] }, same)
}

proptest! {
    #[test]
    fn every_step_through_the_interface_is_the_step_of_the_core(
        cpus in 1..=8_u8,
        events in prop::collection::vec((0..8_u8, 0..18_u8, 0..16_u8, any::<u64>(), any::<u8>()), 1..200),
    ) {
        let design = core::Config::new(cpus);
        let mut state = core::State::new(&design).unwrap();
        let mut world = World::new(&default_design(cpus)).unwrap();
        for (cpu, kind, thread, deadline, priority) in events {
            let cpu = cpu % cpus;
            let (event, same) = event(kind, thread, deadline, priority);
            let id = core::CpuId::new(usize::from(cpu)).unwrap();
            let expected = core::step(&mut state, &design, id, same);
            prop_assert_eq!(world.step(cpu, &event), Ok(c::Outcome::from(&expected)));
        }
    }

    #[test]
    fn whatever_bytes_a_design_has_it_makes_sense_or_there_is_a_reason(bytes in any::<[u8; 32]>()) {
        // SAFETY: any bytes are numbers.
        let config: c::Config = unsafe { std::mem::transmute(bytes) };
        match World::new(&config) {
            Ok(mut world) => prop_assert!(world.step(0, &event(9, 0, 0, 0).0).is_ok()),
            Err((status, reason)) => {
                prop_assert_eq!(status, c::Status::Senseless);
                prop_assert_ne!(reason, c::Reason::None);
            }
        }
    }

    #[test]
    fn whatever_bytes_an_event_has_it_is_taken_or_refused_by_name(
        bytes in any::<[u8; 24]>(), kind in 0..20_u8, cpu: u8,
    ) {
        // SAFETY: any bytes are numbers.
        let mut event: c::Event = unsafe { std::mem::transmute(bytes) };
        event.kind = kind;
        let mut world = World::new(&default_design(8)).unwrap();
        let refused = [
            c::Status::NoSuchCpu, c::Status::NoSuchEvent, c::Status::NoSuchThread, c::Status::NoSuchValue,
        ];
        prop_assert!(world.step(cpu, &event).err().is_none_or(|it| refused.contains(&it)));
    }
}

#[test]
fn a_design_comes_back_as_it_went_out() {
    for cpus in 1..=8 {
        assert_eq!(default_design(cpus), c::Config::from(&core::Config::new(cpus)));
    }
}
