//! Gives back what it gets.

use casemate_metal_abi::apps::ECHO_REPEAT;
use casemate_metal_abi::message::{ERROR_BAD_PARAMETERS, ERROR_NOT_SUPPORTED, ERROR_SHORT_BUFFER};

use crate::job::Job;

/// Bytes that are copied at a time.
const PIECE: usize = 256;

#[inline(never)]
pub(super) fn invoke(job: &mut Job) -> Result<(), u32> {
    if job.function != ECHO_REPEAT {
        return Err(ERROR_NOT_SUPPORTED);
    }
    if let Ok((a, b)) = job.value(0) {
        job.set_value(0, b, a)?;
    }
    if !job.has_memory(1) {
        return Ok(());
    }
    let (from, to) = (job.memory(1)?, job.memory(2)?);
    if to.len < from.len {
        return Err(ERROR_SHORT_BUFFER);
    }
    let mut piece = [0; PIECE];
    for at in (0..from.len).step_by(PIECE) {
        let piece = &mut piece[..PIECE.min(from.len - at)];
        from.read(at, piece).map_err(|_| ERROR_BAD_PARAMETERS)?;
        to.write(at, piece).map_err(|_| ERROR_BAD_PARAMETERS)?;
    }
    Ok(())
}
