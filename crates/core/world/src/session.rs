//! Sessions: what a client of the REE and a trusted application have between them.
//!
//! As GlobalPlatform has it (TEE Client API 1.0, 4.4; TEE Internal Core API 1.3, 2.1): a session is opened, its
//! commands run one at a time and in the order in which they came, a command may be cancelled, and closing
//! waits for the command that runs. A client that dies closes its sessions: what runs is cancelled, and nobody
//! else gets the session meanwhile. None of this depends on the CPU that a command runs on.

use crate::{ThreadId, ThreadSet};

/// Sessions there may be.
pub const SESSIONS: usize = 16;

/// A session that was opened: its place, and how often the place was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    place: u8,
    generation: u32,
}

impl SessionId {
    /// As one number, for whoever hands it out of Rust; never 0.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        (self.generation as u64) << 8 | (self.place as u64 + 1)
    }

    /// Of a number that came back. `None`: no session ever had it.
    #[must_use]
    pub fn from_bits(bits: u64) -> Option<Self> {
        let place =
            u8::try_from(bits & 0xff).ok()?.checked_sub(1).filter(|it| usize::from(*it) < SESSIONS)?;
        Some(Self { place, generation: u32::try_from(bits >> 8).ok()? })
    }
}

/// A client of the REE: a process, by the REE's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u32);

/// All sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sessions {
    places: [Place; SESSIONS],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    generation: u32,
    session: Option<Session>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Session {
    client: ClientId,
    /// The command that runs.
    running: Option<ThreadId>,
    /// Nothing new begins; it is over when what runs has ended.
    closing: bool,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionError {
    /// Every place is taken (`TEE_ERROR_BUSY`).
    Full,
    /// There is no such session, or none of this client (`TEEC_ERROR_BAD_PARAMETERS`).
    Unknown,
    /// A command runs: the next one waits in the REE (`TEE_ERROR_BUSY`).
    Busy,
    /// It is being closed (`TEE_ERROR_TARGET_DEAD`).
    Closing,
}

/// What closing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Closing {
    /// It is over.
    Closed,
    /// It will be when this command has ended.
    After(ThreadId),
}

impl Sessions {
    /// None is open.
    #[must_use]
    pub const fn new() -> Self {
        Self { places: [Place { generation: 0, session: None }; SESSIONS] }
    }

    /// Opens one.
    ///
    /// # Errors
    ///
    /// [`SessionError::Full`].
    pub fn open(&mut self, client: ClientId) -> Result<SessionId, SessionError> {
        let at = self.places.iter().position(|it| it.session.is_none()).ok_or(SessionError::Full)?;
        let place = &mut self.places[at];
        place.generation = place.generation.wrapping_add(1);
        place.session = Some(Session { client, running: None, closing: false });
        let id = u8::try_from(at).map_err(|_| SessionError::Full)?;
        Ok(SessionId { place: id, generation: place.generation })
    }

    /// A command begins, on this thread.
    ///
    /// # Errors
    ///
    /// [`SessionError::Unknown`], [`SessionError::Closing`], [`SessionError::Busy`].
    pub fn begin(&mut self, id: SessionId, client: ClientId, on: ThreadId) -> Result<(), SessionError> {
        let session = self.of(id, client)?;
        match session {
            Session { closing: true, .. } => Err(SessionError::Closing),
            Session { running: Some(_), .. } => Err(SessionError::Busy),
            Session { running, .. } => {
                *running = Some(on);
                Ok(())
            }
        }
    }

    /// The command on this thread has ended, wherever. Answers the session if that closed it.
    pub fn end(&mut self, on: ThreadId) -> Option<SessionId> {
        let at = self.places.iter().position(|it| it.session.is_some_and(|it| it.running == Some(on)))?;
        let place = &mut self.places[at];
        let session = place.session.as_mut()?;
        session.running = None;
        if !session.closing {
            return None;
        }
        place.session = None;
        Some(SessionId { place: u8::try_from(at).ok()?, generation: place.generation })
    }

    /// The thread to cancel, if a command runs.
    ///
    /// # Errors
    ///
    /// [`SessionError::Unknown`].
    pub fn cancel(&mut self, id: SessionId, client: ClientId) -> Result<Option<ThreadId>, SessionError> {
        self.of(id, client).map(|session| session.running)
    }

    /// Closes one, now or when its command has ended.
    ///
    /// # Errors
    ///
    /// [`SessionError::Unknown`], [`SessionError::Closing`].
    pub fn close(&mut self, id: SessionId, client: ClientId) -> Result<Closing, SessionError> {
        let session = self.of(id, client)?;
        if session.closing {
            return Err(SessionError::Closing);
        }
        session.closing = true;
        match session.running {
            Some(thread) => Ok(Closing::After(thread)),
            None => {
                self.places[usize::from(id.place)].session = None;
                Ok(Closing::Closed)
            }
        }
    }

    /// A client is gone. Its sessions close; answers the threads to cancel.
    pub fn client_died(&mut self, client: ClientId) -> ThreadSet {
        let mut cancelled = ThreadSet::EMPTY;
        for place in &mut self.places {
            let Some(session) = place.session.as_mut().filter(|it| it.client == client) else { continue };
            session.closing = true;
            match session.running {
                Some(thread) => cancelled.insert(thread),
                None => place.session = None,
            }
        }
        cancelled
    }

    /// How many are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.iter().filter(|it| it.session.is_some()).count()
    }

    /// Whether none is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn of(&mut self, id: SessionId, client: ClientId) -> Result<&mut Session, SessionError> {
        let place = self.places.get_mut(usize::from(id.place)).ok_or(SessionError::Unknown)?;
        let session = place.session.as_mut().filter(|it| it.client == client);
        session.filter(|_| place.generation == id.generation).ok_or(SessionError::Unknown)
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: ClientId = ClientId(7);

    fn thread(number: usize) -> ThreadId {
        ThreadId::new(number).unwrap()
    }

    #[test]
    fn commands_of_a_session_run_one_at_a_time() {
        let mut sessions = Sessions::new();
        let id = sessions.open(CLIENT).unwrap();
        sessions.begin(id, CLIENT, thread(1)).unwrap();
        assert_eq!(sessions.begin(id, CLIENT, thread(2)), Err(SessionError::Busy));
        assert_eq!(sessions.end(thread(1)), None);
        assert_eq!(sessions.begin(id, CLIENT, thread(2)), Ok(()));
    }

    #[test]
    fn closing_waits_for_what_runs_and_lets_nothing_new_begin() {
        let mut sessions = Sessions::new();
        let id = sessions.open(CLIENT).unwrap();
        sessions.begin(id, CLIENT, thread(1)).unwrap();
        assert_eq!(sessions.close(id, CLIENT), Ok(Closing::After(thread(1))));
        assert_eq!(sessions.begin(id, CLIENT, thread(2)), Err(SessionError::Closing));
        assert_eq!(sessions.close(id, CLIENT), Err(SessionError::Closing));
        assert_eq!(sessions.end(thread(1)), Some(id));
        assert_eq!(sessions.begin(id, CLIENT, thread(2)), Err(SessionError::Unknown));
    }

    #[test]
    fn a_client_that_dies_takes_its_sessions_along_and_no_others() {
        let mut sessions = Sessions::new();
        let [busy, idle] = [0; 2].map(|_| sessions.open(CLIENT).unwrap());
        let other = sessions.open(ClientId(8)).unwrap();
        sessions.begin(busy, CLIENT, thread(3)).unwrap();
        assert!(sessions.client_died(CLIENT).iter().eq([thread(3)]));
        assert_eq!((sessions.len(), sessions.cancel(idle, CLIENT)), (2, Err(SessionError::Unknown)));
        assert_eq!(sessions.end(thread(3)), Some(busy));
        assert_eq!(sessions.cancel(other, ClientId(8)), Ok(None));
    }

    #[test]
    fn nobody_has_anothers_session_nor_one_that_is_over() {
        let mut sessions = Sessions::new();
        let first = sessions.open(CLIENT).unwrap();
        assert_eq!(sessions.close(first, ClientId(8)), Err(SessionError::Unknown));
        assert_eq!(sessions.close(first, CLIENT), Ok(Closing::Closed));
        let second = sessions.open(ClientId(8)).unwrap();
        assert_ne!(first, second);
        assert_eq!(sessions.begin(first, ClientId(8), thread(0)), Err(SessionError::Unknown));
    }

    #[test]
    fn a_number_that_comes_back_is_its_session_or_none() {
        let mut sessions = Sessions::new();
        let ids = [0; 3].map(|_| sessions.open(CLIENT).unwrap());
        assert!(ids.iter().all(|id| SessionId::from_bits(id.to_bits()) == Some(*id)));
        assert!(
            [0, 1 << 8, SESSIONS as u64 + 1, 1 << 40 | 1, u64::MAX]
                .iter()
                .all(|it| SessionId::from_bits(*it).is_none())
        );
    }

    #[test]
    fn there_are_only_so_many() {
        let mut sessions = Sessions::new();
        for _ in 0..SESSIONS {
            sessions.open(CLIENT).unwrap();
        }
        assert_eq!(sessions.open(CLIENT), Err(SessionError::Full));
    }
}
