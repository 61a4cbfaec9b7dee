//! Whether periodic tasks meet their deadlines.

use casemate_world::THREADS;

use super::pointer::{Place, read, sound};
use crate::{Config, Durations, Status, Supply, Task, admission};

/// What a design is sure to give a CPU's TEE work against a REE that takes all it can. `NO_SUPPLY`: nothing.
///
/// # Safety
///
/// `config` and `lasts` are null, misaligned, or may be read; `supply` is null, misaligned, or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_supply_of(
    config: *const Config,
    lasts: *const Durations,
    supply: *mut Supply,
) -> Status {
    let told = || {
        // SAFETY: by this function's contract.
        let (config, lasts, place) = unsafe { (read(config)?, read(lasts)?, Place::at(supply)?) };
        place.tell(admission::supply(&config, &lasts)?);
        Ok(())
    };
    told().into()
}

/// Lets tasks in, all of them or none, in an `order`. `blocking` is the longest that a less important thread
/// may hold up the others. `responses` is told the longest response time of each of the `count` tasks;
/// otherwise `culprit`, where it is not null, is told which task it is about.
///
/// # Safety
///
/// `tasks` is null, misaligned, or `count` tasks that may be read; `supply` is null, misaligned, or may be
/// read; `responses` is null, misaligned, or `count` numbers that may be written; `culprit` is null,
/// misaligned, or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_admit(
    order: u8,
    tasks: *const Task,
    count: usize,
    supply: *const Supply,
    blocking: u64,
    responses: *mut u64,
    culprit: *mut usize,
) -> Status {
    let admitted = || {
        if count > THREADS {
            return Err(Status::TooMany);
        }
        sound(tasks)?;
        sound(responses)?;
        let mut all = [Task { period: 0, work: 0, deadline: 0, priority: 0, reserved: [0; 7] }; THREADS];
        for (at, into) in all.iter_mut().enumerate().take(count) {
            // SAFETY: by this function's contract there are `count` of them.
            *into = unsafe { read(tasks.add(at)) }?;
        }
        // SAFETY: by this function's contract.
        let supply = unsafe { read(supply) }?;
        let culprit = if culprit.is_null() {
            None
        } else {
            // SAFETY: by this function's contract.
            Some(unsafe { Place::at(culprit) }?)
        };
        match admission::admit(order, &all, count, &supply, blocking) {
            Ok(times) => {
                for (at, time) in times.into_iter().enumerate().take(count) {
                    // SAFETY: by this function's contract there are `count` of them.
                    unsafe { Place::at(responses.add(at)) }?.tell(time);
                }
                Ok(())
            }
            Err((status, at)) => {
                if let Some(culprit) = culprit {
                    culprit.tell(at);
                }
                Err(status)
            }
        }
    };
    admitted().into()
}
