//! Messages in shared memory: read once, and answered.

use casemate_metal_abi::message::{
    self, HEADER, PAGE, PARAMETER, PARAMETERS_MOST, RMEM_INOUT, RMEM_INPUT, RMEM_OUTPUT, TMEM_INOUT,
    TMEM_INPUT, TMEM_OUTPUT, VALUE_INOUT, VALUE_INPUT, VALUE_OUTPUT, at,
};

use crate::job::{Job, PARAMETERS, Parameter};
use crate::registered::{Buffer, Refused, Registered};
use crate::sys::shared::{Dram, Outside};

/// The head of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) address: u64,
    pub(crate) command: u32,
    pub(crate) function: u32,
    pub(crate) session: u32,
    pub(crate) cancel_id: u32,
    /// How many parameters there are: at most [`PARAMETERS_MOST`].
    pub(crate) count: usize,
}

/// A parameter as it stands there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw {
    pub(crate) attributes: u64,
    pub(crate) words: [u64; 3],
}

impl Head {
    /// Reads the head of a message.
    #[inline(always)]
    pub(crate) fn read(address: u64) -> Result<Self, Outside> {
        let dram = Dram::get();
        let offset = address as usize % PAGE;
        if !address.is_multiple_of(8) || offset + HEADER > PAGE {
            return Err(Outside);
        }
        let words = dram.read32s::<{ HEADER / 4 }>(address)?;
        let word = |at: usize| words[at / 4];
        let count = word(at::NUM_PARAMS) as usize;
        if count > PARAMETERS_MOST || offset + HEADER + count * PARAMETER > PAGE {
            return Err(Outside);
        }
        Ok(Self {
            address,
            command: word(at::CMD),
            function: word(at::FUNC),
            session: word(at::SESSION),
            cancel_id: word(at::CANCEL_ID),
            count,
        })
    }

    /// Reads a parameter.
    pub(crate) fn parameter(&self, number: usize) -> Result<Raw, Outside> {
        if number >= self.count {
            return Err(Outside);
        }
        let [attributes, words @ ..] = Dram::get().read64s::<4>(parameter(self.address, number))?;
        Ok(Raw { attributes, words })
    }

    /// Says how it ended.
    pub(crate) fn answer(&self, result: u32) {
        answer(self.address, result, message::ORIGIN_TEE);
    }

    /// Where another message fits behind it, for an RPC with one parameter.
    pub(crate) fn behind(address: u64, count: usize) -> Option<u64> {
        let from = address + (HEADER + count * PARAMETER) as u64;
        let fits =
            from as usize % PAGE + HEADER + PARAMETER <= PAGE && from / PAGE as u64 == address / PAGE as u64;
        fits.then_some(from)
    }
}

/// Where a parameter is.
fn parameter(message: u64, number: usize) -> u64 {
    message + (HEADER + number * PARAMETER) as u64
}

/// Says how it ended. A message that has gone away meanwhile is nobody's loss but the REE's.
pub(crate) fn answer(address: u64, result: u32, origin: u32) {
    let _ = Dram::get().write32s(address + at::RET as u64, [result, origin]);
}

const _: () = assert!(at::RET_ORIGIN == at::RET + 4, "one after the other");

/// Says by which number a session is known.
pub(crate) fn give_session(address: u64, session: u32) {
    let _ = Dram::get().write32(address + at::SESSION as u64, session);
}

/// Writes the message of an RPC whose one parameter is a value.
pub(crate) fn ask(address: u64, command: u32, a: u64, b: u64) {
    let dram = Dram::get();
    let words = [(at::CMD, command), (at::RET, 0), (at::RET_ORIGIN, 0), (at::NUM_PARAMS, 1)];
    for (at, word) in words {
        let _ = dram.write32(address + at as u64, word);
    }
    let from = parameter(address, 0);
    for (at, word) in [(0, VALUE_INPUT), (8, a), (16, b), (24, 0)] {
        let _ = dram.write64(from + at, word);
    }
}

/// What an invocation has for the application, from its parameters.
pub(crate) fn fill(job: &mut Job, head: &Head, registered: &Registered) -> Result<(), u32> {
    if head.count > PARAMETERS {
        return Err(message::ERROR_BAD_PARAMETERS);
    }
    (job.message, job.count, job.function, job.cancel_id) =
        (head.address, head.count, head.function, head.cancel_id);
    (job.result, job.origin) = (message::SUCCESS, message::ORIGIN_APP);
    if head.count > 0 { resolve_all(job, head, registered) } else { Ok(()) }
}

// Apart: whoever has no parameters does not pay for them.
#[inline(never)]
fn resolve_all(job: &mut Job, head: &Head, registered: &Registered) -> Result<(), u32> {
    for (number, place) in job.parameters.iter_mut().enumerate().take(head.count) {
        *place = resolve(head, number, registered)?;
    }
    Ok(())
}

fn resolve(head: &Head, number: usize, registered: &Registered) -> Result<Parameter, u32> {
    let raw = head.parameter(number).map_err(|Outside| message::ERROR_BAD_PARAMETERS)?;
    let [a, b, c] = raw.words;
    let memory = match raw.attributes & message::KIND_MASK {
        message::NONE => return Ok(Parameter::Nothing),
        kind @ (VALUE_INPUT | VALUE_OUTPUT | VALUE_INOUT) => {
            return Ok(Parameter::Value(a, b, kind != VALUE_INPUT));
        }
        RMEM_INPUT | RMEM_OUTPUT | RMEM_INOUT => registered.part(c, a, b),
        TMEM_INPUT | TMEM_OUTPUT | TMEM_INOUT if raw.attributes & message::NONCONTIG == 0 => {
            Buffer::contiguous(Dram::get(), a, b)
        }
        _ => Err(Refused::Unknown),
    };
    memory.map(Parameter::Memory).map_err(|_| message::ERROR_BAD_PARAMETERS)
}

/// What the application leaves in the message.
pub(crate) fn leave(job: &Job) {
    let dram = Dram::get();
    for (number, it) in job.parameters.iter().enumerate().take(job.count) {
        if let Parameter::Value(a, b, true) = it {
            let from = parameter(job.message, number);
            let _ = dram.write64(from + 8, *a);
            let _ = dram.write64(from + 16, *b);
        }
    }
    answer(job.message, job.result, job.origin);
}
