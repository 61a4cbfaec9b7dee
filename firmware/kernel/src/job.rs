//! What a thread has to do.

use casemate_metal_abi::message::{self, PARAMETERS_MOST};
use casemate_world::SessionId;

use crate::apps::App;
use crate::ffa::Direct;
use crate::registered::Buffer;

/// A parameter of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Parameter {
    /// None.
    Nothing,
    /// Two words; whether they go back.
    Value(u64, u64, bool),
    /// Memory of the REE's.
    Memory(Buffer),
}

/// Parameters of an invocation that are the application's.
pub(crate) const PARAMETERS: usize = 4;

const _: () = assert!(PARAMETERS <= PARAMETERS_MOST);

/// What a thread has to do, and how it ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub(crate) app: App,
    /// The application's function.
    pub(crate) function: u32,
    /// Where the message is, in memory of the REE's; 0: there is none.
    pub(crate) message: u64,
    /// How many parameters the message was made for.
    pub(crate) count: usize,
    /// As many of them as the message has.
    pub(crate) parameters: [Parameter; PARAMETERS],
    pub(crate) session: Option<SessionId>,
    /// By which number it may be cancelled.
    pub(crate) cancel_id: u32,
    /// Whether the message of an RPC may be behind it.
    pub(crate) asks_behind: bool,
    /// Who asked by a direct message, which is answered in registers.
    pub(crate) direct: Option<Direct>,
    /// How it ended.
    pub(crate) result: u32,
    /// Who says so.
    pub(crate) origin: u32,
    /// What a service is called with, or answers.
    pub(crate) word: u64,
}

impl Job {
    /// Nothing.
    pub(crate) const NONE: Self = Self {
        app: App::Echo,
        function: 0,
        message: 0,
        count: 0,
        parameters: [Parameter::Nothing; PARAMETERS],
        session: None,
        cancel_id: 0,
        asks_behind: false,
        direct: None,
        result: message::SUCCESS,
        origin: message::ORIGIN_APP,
        word: 0,
    };

    /// Whether a parameter is memory.
    pub(crate) fn has_memory(&self, at: usize) -> bool {
        self.memory(at).is_ok()
    }

    /// The two words of a parameter.
    pub(crate) fn value(&self, at: usize) -> Result<(u64, u64), u32> {
        match self.parameters[..self.count.min(PARAMETERS)].get(at) {
            Some(Parameter::Value(a, b, _)) => Ok((*a, *b)),
            _ => Err(message::ERROR_BAD_PARAMETERS),
        }
    }

    /// Changes the words of a parameter that goes back.
    pub(crate) fn set_value(&mut self, at: usize, a: u64, b: u64) -> Result<(), u32> {
        match self.parameters[..self.count.min(PARAMETERS)].get_mut(at) {
            Some(Parameter::Value(was_a, was_b, true)) => {
                (*was_a, *was_b) = (a, b);
                Ok(())
            }
            _ => Err(message::ERROR_BAD_PARAMETERS),
        }
    }

    /// The memory of a parameter.
    pub(crate) fn memory(&self, at: usize) -> Result<Buffer, u32> {
        match self.parameters[..self.count.min(PARAMETERS)].get(at) {
            Some(Parameter::Memory(buffer)) => Ok(*buffer),
            _ => Err(message::ERROR_BAD_PARAMETERS),
        }
    }
}
