//! Why a TPM's quote was refused.

use thiserror::Error;

use crate::claims::PcrBank;

/// Why bytes are not the structure they are sent as, or one that is not read here. Offsets are from the
/// first byte of the structure.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TpmError {
    /// Longer than anything looked at.
    #[error("{structure}: {found} bytes, more than the {limit} looked at")]
    TooLong {
        /// The specification's name of it.
        structure: &'static str,
        /// The limit in bytes.
        limit: usize,
        /// Bytes received.
        found: usize,
    },
    /// The bytes end within a field.
    #[error("{structure}: {field} at offset {offset} needs {expected} bytes, {found} are left")]
    Truncated {
        /// The specification's name of it.
        structure: &'static str,
        /// The field's name.
        field: &'static str,
        /// Where the field starts.
        offset: usize,
        /// Bytes the field takes.
        expected: usize,
        /// Bytes left.
        found: usize,
    },
    /// A field that is longer than its type allows.
    #[error("{structure}: {field} at offset {offset} has {found} bytes, at most {limit} are allowed")]
    Length {
        /// The specification's name of it.
        structure: &'static str,
        /// The field's name.
        field: &'static str,
        /// Where the field starts.
        offset: usize,
        /// The most it may have.
        limit: usize,
        /// What it says it has.
        found: usize,
    },
    /// A value that is not known here.
    #[error("{structure}: {field} at offset {offset} is {found:#x}; read is only {known}")]
    Unknown {
        /// The specification's name of it.
        structure: &'static str,
        /// The field's name.
        field: &'static str,
        /// Where the field starts.
        offset: usize,
        /// Its value.
        found: u64,
        /// What is known.
        known: &'static str,
    },
    /// Bytes after the last field, which nobody signed.
    #[error("{structure}: {found} bytes follow its end at offset {offset}")]
    Trailing {
        /// The specification's name of it.
        structure: &'static str,
        /// Where it ends.
        offset: usize,
        /// Bytes left.
        found: usize,
    },
}

/// What is wrong with a quote that can be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TpmFault {
    /// The attestation key did not sign it.
    #[error("the attestation key did not sign the quote")]
    Signature,
    /// A signature that such a key cannot make, or not in a way that is accepted.
    #[error("the quote is signed with {scheme}, which is not accepted of an attestation key on {key}")]
    Scheme {
        /// How the signature says it was made.
        scheme: String,
        /// The key's kind.
        key: &'static str,
    },
    /// A bank that is selected twice, so that its registers would be listed twice.
    #[error("the quote selects the {0} bank twice")]
    BankTwice(PcrBank),
    /// A quote of no register says nothing of what was booted.
    #[error("the quote selects no register")]
    NoRegister,
    /// The list of registers is not what the quote selects.
    #[error("{found} registers are listed, the quote selects {expected}")]
    PcrCount {
        /// How many the quote selects.
        expected: usize,
        /// How many are listed.
        found: usize,
    },
    /// A register listed where the quote selects another.
    #[error("register {found} is listed where the quote selects {expected} of the {bank} bank")]
    PcrIndex {
        /// Which bank.
        bank: PcrBank,
        /// What the quote selects.
        expected: u8,
        /// What is listed.
        found: u8,
    },
    /// A register of another bank.
    #[error("register {index} of the {bank} bank is listed with {found} bytes")]
    PcrLength {
        /// Which bank.
        bank: PcrBank,
        /// Which register.
        index: u8,
        /// How long it is.
        found: usize,
    },
    /// The registers are not those that were quoted.
    #[error("the quote's digest is not that of the registers listed")]
    PcrDigest,
    /// A key that could sign something that only looks like a quote.
    #[error("the attestation key is not what it must be: {0}")]
    KeyAttributes(&'static str),
}
