//! The host behind the machine: Arm semihosting, version 3 (`hlt #0xf000`, the operation in w0, its block in x1).

use core::arch::asm;

/// Opens a file.
const SYS_OPEN: u64 = 0x01;
/// Writes to a file.
const SYS_WRITE: u64 = 0x05;
/// Ends the machine.
const SYS_EXIT: u64 = 0x18;
/// `ADP_Stopped_ApplicationExit`: the reason why it ends; the code follows.
const APPLICATION_EXIT: u64 = 0x2_0026;
/// `wb`: written from the beginning.
const WRITE_BINARY: u64 = 5;

fn call(operation: u64, block: &[u64]) -> u64 {
    let result: u64;
    // SAFETY: the host reads the block and what it names, which the caller has borrowed.
    unsafe {
        asm!("hlt #0xf000", inlateout("x0") operation => result, in("x1") block.as_ptr(), options(nostack));
    }
    result
}

/// Opens a file of the host's for writing; its name ends with a 0. `None`: it cannot be.
#[must_use]
pub fn create(name: &core::ffi::CStr) -> Option<u64> {
    let file = call(SYS_OPEN, &[name.as_ptr() as u64, WRITE_BINARY, name.count_bytes() as u64]);
    (file != u64::MAX).then_some(file)
}

/// Writes to a file; how many bytes were not written.
pub fn write(file: u64, bytes: &[u8]) -> u64 {
    call(SYS_WRITE, &[file, bytes.as_ptr() as u64, bytes.len() as u64])
}

/// Ends the machine with this code.
pub fn exit(code: u64) -> ! {
    loop {
        call(SYS_EXIT, &[APPLICATION_EXIT, code]);
    }
}
