//! A quote verified: the key signed it, and the registers listed are those it selects.

use std::collections::BTreeMap;

use aws_lc_rs::digest::Context;
use casemate_model::Digest;

use super::{Attest, Signature, TpmFault};
use crate::claims::PcrBank;
use crate::x509::PublicKey;
use crate::{Fault, TpmQuote};

/// Registers by bank and index.
pub type Registers = BTreeMap<PcrBank, BTreeMap<u8, Digest>>;

/// A quote whose signature holds, over these registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedQuote<'a> {
    /// What was signed.
    pub attest: Attest<'a>,
    /// The registers: exactly those selected.
    pub registers: Registers,
}

/// Verifies that `key` signed `quote`, and that it was made over the registers listed.
///
/// The list has to be the selection exactly, in its order: one register more or less, of another bank or
/// out of place is refused, so that nobody reads a register that was not quoted. What is read of the list
/// is not believed before its digest agrees.
///
/// # Errors
///
/// The first check that failed.
pub fn verify_quote<'a>(quote: &'a TpmQuote, key: &PublicKey) -> Result<VerifiedQuote<'a>, Fault> {
    let attest = Attest::parse(&quote.message)?;
    let signature = Signature::of(key, &quote.signature)?;
    signature.verify(key, &quote.message)?;
    attest.selection.check()?;
    let registers = registers(&attest, signature.hash, &quote.pcrs)?;
    Ok(VerifiedQuote { attest, registers })
}

fn registers(
    attest: &Attest<'_>,
    hash: PcrBank,
    listed: &[(Option<u8>, Vec<u8>)],
) -> Result<Registers, TpmFault> {
    let expected = attest.selection.registers().count();
    if listed.len() != expected {
        return Err(TpmFault::PcrCount { expected, found: listed.len() });
    }
    let mut registers = Registers::new();
    let mut context = Context::new(hash.hash());
    for ((bank, index), (claimed, value)) in attest.selection.registers().zip(listed) {
        if let Some(found) = claimed.filter(|found| *found != index) {
            return Err(TpmFault::PcrIndex { bank, expected: index, found });
        }
        let digest = Digest::new(value).filter(|_| value.len() == bank.digest_len());
        let digest = digest.ok_or(TpmFault::PcrLength { bank, index, found: value.len() })?;
        context.update(value);
        registers.entry(bank).or_default().insert(index, digest);
    }
    if context.finish().as_ref() != attest.pcr_digest {
        return Err(TpmFault::PcrDigest);
    }
    Ok(registers)
}
