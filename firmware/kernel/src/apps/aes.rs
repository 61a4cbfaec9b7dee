//! AES-128 in counter mode, with a key that stays here (NIST SP 800-38A, 6.5; the key is that of its F.5.1).

use aes::Aes128;
use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use casemate_metal_abi::apps::AES_CRYPT;
use casemate_metal_abi::message::{ERROR_BAD_PARAMETERS, ERROR_NOT_SUPPORTED};
use ctr::Ctr128BE;

use crate::job::Job;

const KEY: [u8; 16] = 0x2b7e_1516_28ae_d2a6_abf7_1588_09cf_4f3c_u128.to_be_bytes();
const PIECE: usize = 256;

/// Encrypts memory 0 in place; the counter's first block is value 1, its first word in front, each in the order in
/// which its bytes lie in memory.
#[inline(never)]
pub(super) fn invoke(job: &mut Job) -> Result<(), u32> {
    if job.function != AES_CRYPT {
        return Err(ERROR_NOT_SUPPORTED);
    }
    let (memory, (first, second)) = (job.memory(0)?, job.value(1)?);
    let mut counter = [0; 16];
    counter[..8].copy_from_slice(&first.to_le_bytes());
    counter[8..].copy_from_slice(&second.to_le_bytes());
    let mut cipher = Ctr128BE::<Aes128>::new(&KEY.into(), &counter.into());
    let mut piece = [0; PIECE];
    for at in (0..memory.len).step_by(PIECE) {
        let piece = &mut piece[..PIECE.min(memory.len - at)];
        memory.read(at, piece).map_err(|_| ERROR_BAD_PARAMETERS)?;
        cipher.apply_keystream(piece);
        memory.write(at, piece).map_err(|_| ERROR_BAD_PARAMETERS)?;
    }
    Ok(())
}
