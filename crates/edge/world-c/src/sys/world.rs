//! The decider: initialise, step, look.

use super::block::{Resident, alone, put};
use super::config::Why;
use super::pointer::{Place, read};
use crate::world::Decider;
use crate::{Config, CpuView, Event, Outcome, Reason, Request, Status, ThreadView};

/// A design and the state of its CPUs and threads: the memory for it, zeroed at first, wherever the caller
/// wants it. It is not copied or moved by hand.
#[repr(C)]
pub struct World {
    /// What is in it is the library's.
    pub opaque: [u64; 128],
}

impl Resident for Decider {
    type Memory = World;
    const SEAL: u32 = 0x5700_1d01;
}

/// Begins with a design: all its CPUs are on and in the REE, and there are no threads. `reason` as of
/// `casemate_world_config_validate`. What was there before is gone.
///
/// # Safety
///
/// `world` is null, misaligned, or memory that may be written, and no other call is at work on it; `config`
/// is null, misaligned, or may be read; `reason` is null, misaligned, or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_init(
    world: *mut World,
    config: *const Config,
    reason: *mut Reason,
) -> Status {
    let begun = || {
        // SAFETY: by this function's contract.
        let (config, reason) = unsafe { (read(config)?, Why::at(reason)?) };
        super::pointer::sound(world)?;
        let decider = reason.of(Decider::new(&config))?;
        // SAFETY: by this function's contract.
        unsafe { put(world, decider) }
    };
    begun().into()
}

/// Something happens on a CPU: what is to be done. Total: what cannot happen changes nothing and is answered
/// with a refusal in `outcome`. The caller holds one lock around it, with interrupts masked.
///
/// # Safety
///
/// `world` is null, misaligned, or memory that was zeroed or initialised; `event` is null, misaligned, or may
/// be read; `outcome` is null, misaligned, or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_step(
    world: *mut World,
    cpu: u8,
    event: *const Event,
    outcome: *mut Outcome,
) -> Status {
    let stepped = || {
        // SAFETY: by this function's contract.
        let (event, outcome) = unsafe { (read(event)?, Place::at(outcome)?) };
        // SAFETY: as above.
        outcome.tell(unsafe { alone::<Decider, _>(world, |it| it.step(cpu, &event)) }?);
        Ok(())
    };
    stepped().into()
}

/// Adds a service or a periodic task, which waits to be called or released; `thread` is told its number.
///
/// # Safety
///
/// `world` is null, misaligned, or memory that was zeroed or initialised; `request` is null, misaligned, or
/// may be read; `thread` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_spawn(
    world: *mut World,
    kind: u8,
    request: *const Request,
    thread: *mut u8,
) -> Status {
    let spawned = || {
        // SAFETY: by this function's contract.
        let (request, thread) = unsafe { (read(request)?, Place::at(thread)?) };
        // SAFETY: as above.
        thread.tell(unsafe { alone::<Decider, _>(world, |it| it.spawn(kind, &request)) }?);
        Ok(())
    };
    spawned().into()
}

/// What is known of a CPU.
///
/// # Safety
///
/// `world` is null, misaligned, or memory that was zeroed or initialised; `view` is null, misaligned, or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_cpu(world: *mut World, cpu: u8, view: *mut CpuView) -> Status {
    let seen = || {
        // SAFETY: by this function's contract.
        let view = unsafe { Place::at(view) }?;
        // SAFETY: as above.
        view.tell(unsafe { alone::<Decider, _>(world, |it| it.cpu(cpu)) }?);
        Ok(())
    };
    seen().into()
}

/// What is known of a thread.
///
/// # Safety
///
/// `world` is null, misaligned, or memory that was zeroed or initialised; `view` is null, misaligned, or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_thread(
    world: *mut World,
    thread: u8,
    view: *mut ThreadView,
) -> Status {
    let seen = || {
        // SAFETY: by this function's contract.
        let view = unsafe { Place::at(view) }?;
        // SAFETY: as above.
        view.tell(unsafe { alone::<Decider, _>(world, |it| it.thread(thread)) }?);
        Ok(())
    };
    seen().into()
}
