//! Sessions of the REE's clients with the applications.

use casemate_world::{ClientId, Closing, SESSIONS, SessionError, SessionId, Sessions, ThreadId, ThreadSet};

use crate::apps::App;

/// Who has which session with whom.
pub(crate) struct Clients {
    sessions: Sessions,
    /// By the session's place: its application, and its client.
    places: [Option<(App, ClientId)>; SESSIONS],
}

fn place(id: SessionId) -> usize {
    (id.to_bits() & 0xff) as usize - 1
}

/// The session of a number as the REE has it.
fn known(number: u32) -> Result<SessionId, SessionError> {
    SessionId::from_bits(number.into()).ok_or(SessionError::Unknown)
}

impl Clients {
    /// None.
    pub(crate) const NONE: Self = Self { sessions: Sessions::new(), places: [None; SESSIONS] };

    /// Opens one; its number for the REE.
    pub(crate) fn open(&mut self, app: App, client: ClientId) -> Result<u32, SessionError> {
        let id = self.sessions.open(client)?;
        let Ok(number) = u32::try_from(id.to_bits()) else {
            // Opened so often that its number would be another's.
            let _ = self.sessions.close(id, client);
            return Err(SessionError::Full);
        };
        self.places[place(id)] = Some((app, client));
        Ok(number)
    }

    /// A command of it begins on this thread.
    pub(crate) fn begin(&mut self, number: u32, on: ThreadId) -> Result<(App, SessionId), SessionError> {
        let id = known(number)?;
        let (app, client) = self.places[place(id)].ok_or(SessionError::Unknown)?;
        self.sessions.begin(id, client, on)?;
        Ok((app, id))
    }

    /// The command on this thread has ended.
    pub(crate) fn end(&mut self, on: ThreadId) {
        self.sessions.end(on);
    }

    /// The thread of the command that runs.
    pub(crate) fn running(&mut self, number: u32) -> Result<Option<ThreadId>, SessionError> {
        let id = known(number)?;
        let (_, client) = self.places[place(id)].ok_or(SessionError::Unknown)?;
        self.sessions.cancel(id, client)
    }

    /// Closes it; the thread to cancel, if a command runs.
    pub(crate) fn close(&mut self, number: u32) -> Result<Option<ThreadId>, SessionError> {
        let id = known(number)?;
        let (_, client) = self.places[place(id)].ok_or(SessionError::Unknown)?;
        self.sessions.close(id, client).map(|closing| match closing {
            Closing::Closed => None,
            Closing::After(thread) => Some(thread),
        })
    }

    /// A client has died: what is to be cancelled.
    pub(crate) fn client_died(&mut self, client: ClientId) -> ThreadSet {
        self.sessions.client_died(client)
    }
}
