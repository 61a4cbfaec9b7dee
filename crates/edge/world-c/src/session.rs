//! Sessions and threads, as C numbers them.

use casemate_world::{ClientId, Closing, SessionId, Sessions, ThreadId};

use crate::outcome::number_of;
use crate::{CASEMATE_WORLD_NO_THREAD, Status};

/// No session.
pub(crate) const NO_SESSION: u64 = 0;

/// The session that a number means.
fn session(number: u64) -> Result<SessionId, Status> {
    SessionId::from_bits(number).ok_or(Status::NoSuchSession)
}

/// The thread that a number means.
fn thread(number: u8) -> Result<ThreadId, Status> {
    ThreadId::new(usize::from(number)).ok_or(Status::NoSuchThread)
}

/// Opens one; answers its number, which is never [`NO_SESSION`].
pub(crate) fn open(sessions: &mut Sessions, client: u32) -> Result<u64, Status> {
    Ok(sessions.open(ClientId(client))?.to_bits())
}

/// A command begins, on this thread.
pub(crate) fn begin(sessions: &mut Sessions, number: u64, client: u32, on: u8) -> Result<(), Status> {
    Ok(sessions.begin(session(number)?, ClientId(client), thread(on)?)?)
}

/// The command on this thread has ended; answers the session that this closed, or [`NO_SESSION`].
pub(crate) fn end(sessions: &mut Sessions, on: u8) -> Result<u64, Status> {
    Ok(sessions.end(thread(on)?).map_or(NO_SESSION, SessionId::to_bits))
}

/// Answers the thread to cancel, or no thread.
pub(crate) fn cancel(sessions: &mut Sessions, number: u64, client: u32) -> Result<u8, Status> {
    Ok(number_of(sessions.cancel(session(number)?, ClientId(client))?))
}

/// Closes one; answers the thread whose end it waits for, or no thread.
pub(crate) fn close(sessions: &mut Sessions, number: u64, client: u32) -> Result<u8, Status> {
    Ok(match sessions.close(session(number)?, ClientId(client))? {
        Closing::Closed => CASEMATE_WORLD_NO_THREAD,
        Closing::After(thread) => number_of(Some(thread)),
    })
}
