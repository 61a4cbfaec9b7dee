//! The TEE as the REE calls it.

use casemate_metal_abi::apps::Uuid;
use casemate_metal_abi::message::{self as m, HEADER, PARAMETER, at};
use casemate_metal_abi::smc;

use crate::sys::call;
use crate::sys::shared::Page;

/// A call with up to five arguments.
pub(crate) fn ask(function: u32, arguments: [u64; 4]) -> [u64; 8] {
    let [a, b, c, d] = arguments;
    call::smc([function.into(), a, b, c, d, 0, 0, 0])
}

/// Where a page is, as calls have it: the upper and the lower half.
pub(crate) fn halves(address: u64) -> [u64; 2] {
    [address >> 32, address & u64::from(u32::MAX)]
}

/// A message's head.
pub(crate) fn write_head(page: Page, command: u32, function: u32, session: u32, count: u32) {
    let words = [
        (at::CMD, command),
        (at::FUNC, function),
        (at::SESSION, session),
        (at::CANCEL_ID, page.address() as u32),
        (at::RET, u32::MAX),
        (at::NUM_PARAMS, count),
    ];
    words.iter().for_each(|(at, word)| page.write32(*at, *word));
}

/// A parameter.
pub(crate) fn write_parameter(page: Page, number: usize, attributes: u64, words: [u64; 3]) {
    let from = HEADER + number * PARAMETER;
    page.write64(from, attributes);
    (1..).zip(words).for_each(|(at, word): (usize, _)| page.write64(from + at * 8, word));
}

/// A parameter's words.
pub(crate) fn words(page: Page, number: usize) -> [u64; 2] {
    let from = HEADER + number * PARAMETER;
    [page.read64(from + 8), page.read64(from + 16)]
}

/// How it ended.
pub(crate) fn result(page: Page) -> u32 {
    page.read32(at::RET)
}

/// A yielding call as a driver makes it: the status, and how often it was interrupted.
pub(crate) fn call(page: Page) -> (u32, u32) {
    let [high, low] = halves(page.address());
    let mut answer = ask(smc::CALL_WITH_ARG, [high, low, 0, 0]);
    let mut interrupted = 0;
    loop {
        match answer[0] as u32 {
            smc::RPC_FOREIGN_INTR => interrupted += 1,
            status => return (status, interrupted),
        }
        answer = ask(smc::RETURN_FROM_RPC, [0, 0, answer[3], 0]);
    }
}

/// Opens a session.
pub(crate) fn open(page: Page, uuid: &Uuid) -> Result<u32, u32> {
    let word = |from: usize| u64::from_le_bytes(core::array::from_fn(|at| uuid[from + at]));
    write_head(page, m::OPEN_SESSION, 0, 0, 2);
    write_parameter(page, 0, m::VALUE_INPUT, [word(0), word(8), 0]);
    write_parameter(page, 1, m::VALUE_INPUT, [0, 0, 0]);
    call(page);
    match result(page) {
        m::SUCCESS => Ok(page.read32(at::SESSION)),
        error => Err(error),
    }
}

/// Closes it.
pub(crate) fn close(page: Page, session: u32) -> u32 {
    write_head(page, m::CLOSE_SESSION, 0, session, 0);
    call(page);
    result(page)
}

/// Invokes a function with a value: the value afterwards, and how often it was interrupted.
pub(crate) fn value(
    page: Page,
    session: u32,
    function: u32,
    words_in: [u64; 2],
) -> Result<([u64; 2], u32), u32> {
    write_head(page, m::INVOKE_COMMAND, function, session, 1);
    write_parameter(page, 0, m::VALUE_INOUT, [words_in[0], words_in[1], 0]);
    let (_, interrupted) = call(page);
    match result(page) {
        m::SUCCESS => Ok((words(page, 0), interrupted)),
        error => Err(error),
    }
}

/// FNV-1a, 64 bits (RFC 9923), of the numbers below this one.
pub(crate) fn sum(count: u64) -> u64 {
    (0..count).fold(0xcbf2_9ce4_8422_2325, |sum, number| (sum ^ number).wrapping_mul(0x100_0000_01b3))
}
