//! The TEE, by Linux' generic interface (`include/uapi/linux/tee.h`).

use std::io;

use casemate_metal_abi::apps::Uuid;

use crate::sys::tee::{self as device, Device};

/// A parameter of an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// Two words, in and out.
    Value(u64, u64),
    /// Shared memory from its beginning: its number, and how many bytes.
    Memory(i32, u64),
}

/// How an invocation went wrong.
#[derive(Debug)]
pub(crate) enum Error {
    /// The driver says no.
    Driver(io::Error),
    /// The TEE, or the application, says no: with this result.
    Tee(u32),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Driver(error) => write!(f, "the driver: {error}"),
            Self::Tee(result) => write!(f, "the TEE: {result:#x}"),
        }
    }
}

impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.to_string()
    }
}

/// A session with an application. It is closed when it is dropped.
pub(crate) struct Session<'a> {
    device: &'a Device,
    number: u32,
}

impl<'a> Session<'a> {
    /// Opens one.
    pub(crate) fn open(device: &'a Device, uuid: &Uuid) -> Result<Self, Error> {
        let (number, result) = device::open_session(device, uuid).map_err(Error::Driver)?;
        if result == 0 { Ok(Self { device, number }) } else { Err(Error::Tee(result)) }
    }

    /// Its number, as the driver has it.
    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    /// Invokes a function; its parameters afterwards.
    pub(crate) fn invoke(&self, function: u32, parameters: &[Parameter]) -> Result<Vec<Parameter>, Error> {
        invoke(self.device, self.number, function, 0, parameters)
    }

    /// The same with one value, of which the first word matters.
    pub(crate) fn value(&self, function: u32, word: u64) -> Result<u64, Error> {
        match self.invoke(function, &[Parameter::Value(word, 0)])?[..] {
            [Parameter::Value(word, _)] => Ok(word),
            _ => Err(Error::Tee(u32::MAX)),
        }
    }

    /// The same, so that it can be cancelled by this number.
    pub(crate) fn cancellable(&self, function: u32, word: u64, number: u32) -> Result<(), Error> {
        invoke(self.device, self.number, function, number, &[Parameter::Value(word, 0)]).map(drop)
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        let _ = device::close_session(self.device, self.number);
    }
}

/// Invokes a function in a session of this number, whoever has it.
pub(crate) fn invoke(
    device: &Device,
    session: u32,
    function: u32,
    cancel_id: u32,
    parameters: &[Parameter],
) -> Result<Vec<Parameter>, Error> {
    let (after, result) =
        device::invoke(device, session, function, cancel_id, parameters).map_err(Error::Driver)?;
    if result == 0 { Ok(after) } else { Err(Error::Tee(result)) }
}
