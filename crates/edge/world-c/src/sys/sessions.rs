//! Sessions of clients, as GlobalPlatform has them.

use casemate_world::{ClientId, Sessions as All};

use super::block::{Resident, alone, put};
use super::pointer::Place;
use crate::{Status, session};

/// All sessions: the memory for them, zeroed at first.
#[repr(C)]
pub struct Sessions {
    /// What is in it is the library's.
    pub opaque: [u64; 64],
}

impl Resident for All {
    type Memory = Sessions;
    const SEAL: u32 = 0x5e55_1011;
}

/// Begins with none open.
///
/// # Safety
///
/// `sessions` is null, misaligned, or memory that may be written, and no other call is at work on it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_sessions_init(sessions: *mut Sessions) -> Status {
    // SAFETY: by this function's contract.
    unsafe { put(sessions, All::new()) }.into()
}

/// Opens one for a client of the REE; `session` is told its number, which is never 0. `FULL`.
///
/// # Safety
///
/// `sessions` is null, misaligned, or memory that was zeroed or initialised; `session` is null, misaligned,
/// or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_session_open(
    sessions: *mut Sessions,
    client: u32,
    session: *mut u64,
) -> Status {
    let opened = || {
        // SAFETY: by this function's contract.
        let place = unsafe { Place::at(session) }?;
        // SAFETY: as above.
        place.tell(unsafe { alone::<All, _>(sessions, |all| session::open(all, client)) }?);
        Ok(())
    };
    opened().into()
}

/// A command begins, on this thread. `NO_SUCH_SESSION`, `SESSION_CLOSING`, `SESSION_BUSY`.
///
/// # Safety
///
/// `sessions` is null, misaligned, or memory that was zeroed or initialised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_session_begin(
    sessions: *mut Sessions,
    session: u64,
    client: u32,
    thread: u8,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe { alone::<All, _>(sessions, |all| session::begin(all, session, client, thread)) }.into()
}

/// The command on this thread has ended, wherever. `closed` is told the session that this closed, or 0.
///
/// # Safety
///
/// `sessions` is null, misaligned, or memory that was zeroed or initialised; `closed` is null, misaligned, or
/// may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_session_end(
    sessions: *mut Sessions,
    thread: u8,
    closed: *mut u64,
) -> Status {
    let ended = || {
        // SAFETY: by this function's contract.
        let place = unsafe { Place::at(closed) }?;
        // SAFETY: as above.
        place.tell(unsafe { alone::<All, _>(sessions, |all| session::end(all, thread)) }?);
        Ok(())
    };
    ended().into()
}

/// `thread` is told which to cancel, by `EVENT_KIND_CANCEL`, or `NO_THREAD`. `NO_SUCH_SESSION`.
///
/// # Safety
///
/// `sessions` is null, misaligned, or memory that was zeroed or initialised; `thread` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_session_cancel(
    sessions: *mut Sessions,
    session: u64,
    client: u32,
    thread: *mut u8,
) -> Status {
    let cancelled = || {
        // SAFETY: by this function's contract.
        let place = unsafe { Place::at(thread) }?;
        // SAFETY: as above.
        place.tell(unsafe { alone::<All, _>(sessions, |all| session::cancel(all, session, client)) }?);
        Ok(())
    };
    cancelled().into()
}

/// Closes one. `thread` is told `NO_THREAD` if it is over, else the thread whose command it waits for.
/// `NO_SUCH_SESSION`, `SESSION_CLOSING`.
///
/// # Safety
///
/// `sessions` is null, misaligned, or memory that was zeroed or initialised; `thread` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_session_close(
    sessions: *mut Sessions,
    session: u64,
    client: u32,
    thread: *mut u8,
) -> Status {
    let closed = || {
        // SAFETY: by this function's contract.
        let place = unsafe { Place::at(thread) }?;
        // SAFETY: as above.
        place.tell(unsafe { alone::<All, _>(sessions, |all| session::close(all, session, client)) }?);
        Ok(())
    };
    closed().into()
}

/// A client is gone, and its sessions close. `threads` is told those to cancel, a bit each.
///
/// # Safety
///
/// `sessions` is null, misaligned, or memory that was zeroed or initialised; `threads` is null, misaligned,
/// or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_session_client_died(
    sessions: *mut Sessions,
    client: u32,
    threads: *mut u32,
) -> Status {
    let died = || {
        // SAFETY: by this function's contract.
        let place = unsafe { Place::at(threads) }?;
        let work = |all: &mut All| Ok(u32::from(all.client_died(ClientId(client)).bits()));
        // SAFETY: as above.
        place.tell(unsafe { alone::<All, _>(sessions, work) }?);
        Ok(())
    };
    died().into()
}
