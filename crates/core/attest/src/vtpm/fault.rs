//! Why the evidence of a virtual TPM was refused.

use thiserror::Error;

use crate::claims::PcrBank;
use crate::inspect::hex;

/// What is wrong with a vTPM's evidence, its quotes aside.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VtpmFault {
    /// The HCL's claims are not the JSON they should be.
    #[error("the HCL report's claims cannot be read: {what}")]
    VarData {
        /// What is wrong with them.
        what: String,
    },
    /// The HCL report vouches for no attestation key, or for more than one.
    #[error("the HCL report's claims hold {found} keys named HCLAkPub, expected one")]
    HclKeys {
        /// How many there are.
        found: usize,
    },
    /// The HCL report's attestation key cannot sign.
    #[error("the HCL report's key HCLAkPub is not an RSA key that signs: {what}")]
    HclKey {
        /// What is wrong with it.
        what: &'static str,
    },
    /// Nothing that the vTPM signed.
    #[error("the vTPM's quote is missing: without it nothing is known of what was booted, nor when")]
    NoQuote,
    /// A TDREPORT alone.
    #[error(
        "the TDREPORT in the HCL report cannot be verified: its MAC is checked on the same machine only; \
         send the TD quote made of it"
    )]
    TdReportWithoutQuote,
    /// A TD quote where the HCL report is of a VM on SEV-SNP.
    #[error("a TD quote came with the HCL report of a VM on SEV-SNP")]
    TdQuoteUnexpected,
    /// Another kind of evidence inside than a vTPM can be in.
    #[error("the evidence inside is not {expected}")]
    Inner {
        /// What it has to be.
        expected: &'static str,
    },
    /// The hardware's report vouches for other claims, and so for another key.
    #[error(
        "the report inside does not vouch for the HCL's claims: its report data is not their {hash}, \
         followed by zeros"
    )]
    VarDataBinding {
        /// The hash the HCL report names.
        hash: PcrBank,
    },
    /// The TD quote is not over the TDREPORT.
    #[error("the TD quote's {field} is not that of the TDREPORT in the HCL report")]
    TdReportDiffers {
        /// Which field, by Intel's name.
        field: &'static str,
    },
    /// The report was asked for by the guest, which may put in it what it likes.
    #[error(
        "the report inside was made for VMPL {vmpl}: only VMPL 0, where the HCL and the vTPM are, \
         can vouch for the vTPM's key"
    )]
    Vmpl {
        /// The level that asked.
        vmpl: u32,
    },
    /// A key that nobody vouches for.
    #[error(
        "nobody certified the attestation key {}: have its TPM's maker, or an authority that knows the \
         TPM's endorsement key (TPM2_MakeCredential), certify it, send the certificate with the quotes \
         and accept its root; or use a vTPM that a confidential VM's report vouches for",
        hex(fingerprint)
    )]
    Uncertified {
        /// SHA-256 over its SubjectPublicKeyInfo.
        fingerprint: [u8; 32],
    },
    /// A key that is no SubjectPublicKeyInfo known here.
    #[error("the attestation key is not a SubjectPublicKeyInfo of RSA, P-256 or P-384")]
    Key,
    /// The certificate is of another key.
    #[error(
        "the certificate is of another key than the attestation key sent: modulus, exponent or point differ"
    )]
    KeyMismatch,
    /// The certificate does not say of which VM it is.
    #[error("the attestation key's certificate has no readable instance information: {what}")]
    InstanceInfo {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A certificate of Google's own tests.
    #[error("the attestation key's certificate says that the VM is none of production")]
    NotProduction,
    /// More than is looked at.
    #[error("{found} {what}, expected {min} to {max}")]
    Count {
        /// Of what.
        what: &'static str,
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
        /// How many there are.
        found: usize,
    },
    /// Quotes that were not made at one time for one nonce.
    #[error("quote {index} does not agree with the first: its {field} is another")]
    QuotesDiffer {
        /// Which quote.
        index: usize,
        /// What differs.
        field: &'static str,
    },
    /// A bank that two quotes are over.
    #[error("two quotes are over the {0} bank")]
    BankTwice(PcrBank),
    /// Registers of which another machine's may be forged.
    #[error("only the SHA-1 bank is quoted: collisions of SHA-1 can be made, quote SHA-256 too")]
    OnlySha1,
    /// The event log leads to other registers than were quoted.
    #[error("the event log leads to another value of register {index} in the {bank} bank than was quoted")]
    EventLog {
        /// Which bank.
        bank: PcrBank,
        /// Which register.
        index: u8,
    },
    /// The event log explains none of the banks that count.
    #[error("the event log has none of the banks quoted but SHA-1")]
    EventLogBanks,
    /// The SVSM's report is not for this manifest.
    #[error(
        "the SVSM's report is not for this manifest: report data is not the SHA-512 of nonce and manifest"
    )]
    ManifestBinding,
    /// The SVSM's manifest names no vTPM, or more than one.
    #[error("the SVSM's manifest names {found} vTPMs, expected one")]
    Services {
        /// How many.
        found: usize,
    },
    /// The confidential VM's report does not name the vTPM's key.
    #[error(
        "the report inside does not vouch for the vTPM: its report data is neither the SHA-256 of the \
         attestation key's public area, followed by zeros, nor its SHA-512. With a nonce alone in it, \
         it may be of another VM"
    )]
    InnerNotBound,
}

impl VtpmFault {
    /// Whether the bytes are at fault, rather than what they say.
    pub(crate) const fn is_malformed(&self) -> bool {
        matches!(self, Self::VarData { .. } | Self::Key)
    }
}
