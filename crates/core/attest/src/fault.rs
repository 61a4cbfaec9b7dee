//! Why evidence was refused, where, and who erred.

use casemate_model::{Fingerprint, Timestamp};
use thiserror::Error;

use crate::cca::CcaFault;
use crate::claims::Claims;
use crate::dcap::{DcapFault, QuoteError};
use crate::nitro::NitroFault;
use crate::snp::SnpFault;
use crate::tpm::{TpmError, TpmFault};
use crate::vtpm::VtpmFault;
use crate::window::Artifact;

/// Evidence that did not verify: why, and what is known of it all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Never empty. A fault of form or signature ends the examination; faults of date and of
    /// revocation are all listed.
    pub faults: Vec<Fault>,
    /// What the evidence says, where every signature holds and only the time or a revocation speaks
    /// against it. To be shown, never to be trusted.
    pub claims: Option<Box<Claims>>,
}

impl Refused {
    /// Whether the bytes are at fault: not evidence of any kind read here.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        self.faults.iter().any(Fault::is_malformed)
    }
}

impl<F: Into<Fault>> From<F> for Refused {
    fn from(fault: F) -> Self {
        Self { faults: vec![fault.into()], claims: None }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (nth, fault) in self.faults.iter().enumerate() {
            let separator = if nth == 0 { "" } else { "; " };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

/// Who has to act on a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Whoever sent the evidence: it is malformed, forged or of a kind not read here.
    Attester,
    /// Whoever issued the endorsements: they are not valid now, or revoke the platform.
    Endorser,
    /// Whoever runs the verifier: an endorsement is missing, or no policy names the root.
    Operator,
}

/// One thing for which evidence is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The bytes are not a quote.
    #[error("the quote cannot be read: {0}")]
    Quote(#[from] QuoteError),
    /// Evidence of a kind that is known and not accepted, or not known at all.
    #[error("{what}; {remedy}")]
    Unsupported {
        /// What it is.
        what: &'static str,
        /// What to use instead.
        remedy: &'static str,
    },
    /// Certificates do not form a valid chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// An endorsement without which nothing can be said.
    #[error("no {what} was supplied; {remedy}")]
    Missing {
        /// Which.
        what: &'static str,
        /// Where it is to be had.
        remedy: &'static str,
    },
    /// Used before its time.
    #[error("{what} is not valid before {not_before}, and it is {now}; is the clock right?")]
    NotYetValid {
        /// Which.
        what: Artifact,
        /// When its validity begins.
        not_before: Timestamp,
        /// The instant of verification.
        now: Timestamp,
    },
    /// Used after its time.
    #[error("{what} expired at {not_after}, and it is {now}; a new one is needed")]
    Expired {
        /// Which.
        what: Artifact,
        /// When its validity ended.
        not_after: Timestamp,
        /// The instant of verification.
        now: Timestamp,
    },
    /// On its issuer's revocation list.
    #[error("{what} is revoked by its issuer's list")]
    RevokedCertificate {
        /// Which.
        what: Artifact,
    },
    /// A quote by Intel's DCAP (SGX, TDX).
    #[error(transparent)]
    Dcap(#[from] DcapFault),
    /// An AMD SEV-SNP attestation report.
    #[error(transparent)]
    Snp(#[from] SnpFault),
    /// An Arm CCA token.
    #[error(transparent)]
    Cca(#[from] CcaFault),
    /// An AWS Nitro attestation document.
    #[error(transparent)]
    Nitro(#[from] NitroFault),
    /// The bytes are not what a TPM writes.
    #[error("{0}")]
    TpmForm(#[from] TpmError),
    /// A TPM's quote.
    #[error(transparent)]
    Tpm(#[from] TpmFault),
    /// A virtual TPM, and why its key is to be believed.
    #[error(transparent)]
    Vtpm(#[from] VtpmFault),
}

impl Fault {
    /// Who has to act.
    #[must_use]
    pub const fn erred(&self) -> Party {
        match self {
            Self::NotYetValid { .. } | Self::Expired { .. } | Self::RevokedCertificate { .. } => {
                Party::Endorser
            }
            Self::Missing { .. } | Self::Chain(ChainError::UnknownRoot { .. }) => Party::Operator,
            Self::Quote(_) | Self::Unsupported { .. } | Self::Chain(_) => Party::Attester,
            Self::Dcap(fault) => fault.erred(),
            Self::TpmForm(_) | Self::Tpm(_) | Self::Vtpm(_) => Party::Attester,
            Self::Snp(fault) if fault.is_missing() => Party::Operator,
            Self::Cca(fault) if fault.is_anchor() => Party::Endorser,
            Self::Snp(_) | Self::Cca(_) | Self::Nitro(_) => Party::Attester,
        }
    }

    /// Whether the bytes are at fault, rather than what they say.
    #[must_use]
    pub const fn is_malformed(&self) -> bool {
        match self {
            // Read, known by its name, and not accepted: EPID, and quotes without a certificate.
            Self::Quote(
                QuoteError::Version { found: 1 | 2 }
                | QuoteError::KeyType { .. }
                | QuoteError::CertDataType { .. },
            ) => false,
            Self::Quote(_)
            | Self::TpmForm(_)
            | Self::Chain(ChainError::Pem { .. })
            | Self::Chain(ChainError::Certificate { cause: CertificateError::Der { .. }, .. }) => true,
            Self::Snp(fault) => fault.is_malformed(),
            Self::Cca(fault) => fault.is_malformed(),
            Self::Nitro(fault) => fault.is_malformed(),
            Self::Vtpm(fault) => fault.is_malformed(),
            _ => false,
        }
    }
}

/// Why certificates do not form a valid chain. `index` 0 is the leaf, the last one the root.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChainError {
    /// Not a run of PEM blocks labelled CERTIFICATE.
    #[error("the {chain} is not PEM certificates at byte {offset}: {what}")]
    Pem {
        /// Which chain.
        chain: &'static str,
        /// Where in the text.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// Fewer certificates than a leaf and a root, or more than are looked at.
    #[error("the {chain} has {found} certificates, expected {min} to {max}")]
    Count {
        /// Which chain.
        chain: &'static str,
        /// The fewest that can be a chain.
        min: usize,
        /// The most that are looked at.
        max: usize,
        /// How many there are.
        found: usize,
    },
    /// One certificate is not in order.
    #[error("certificate {index} of the {chain}: {cause}")]
    Certificate {
        /// Which chain.
        chain: &'static str,
        /// Which certificate.
        index: usize,
        /// What is wrong with it.
        cause: CertificateError,
    },
    /// A certificate that the next one did not issue, by name.
    #[error("certificate {index} of the {chain} names another issuer than the certificate after it")]
    Issuer {
        /// Which chain.
        chain: &'static str,
        /// Which certificate.
        index: usize,
    },
    /// The last certificate is not a root.
    #[error("the {chain} is not complete: its last certificate, {index}, was issued by another")]
    NoRoot {
        /// Which chain.
        chain: &'static str,
        /// Which certificate.
        index: usize,
    },
    /// A certificate that its issuer's key did not sign.
    #[error("the signature of certificate {index} of the {chain} is not its issuer's")]
    Signature {
        /// Which chain.
        chain: &'static str,
        /// Which certificate.
        index: usize,
    },
    /// The chain ends in a root nobody accepted.
    #[error(
        "the {chain} ends in the root {fingerprint}, which is not accepted; \
         if it is to be trusted, the policy must name it"
    )]
    UnknownRoot {
        /// Which chain.
        chain: &'static str,
        /// SHA-256 over the root certificate's DER.
        fingerprint: Fingerprint,
    },
}

/// Why one certificate, or one revocation list, is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// Longer than anything looked at.
    #[error("{found} bytes, more than the {limit} looked at")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
        /// Bytes received.
        found: usize,
    },
    /// Not strict DER of what it should be.
    #[error("not strict DER: {what}")]
    Der {
        /// What is wrong with it.
        what: String,
    },
    /// A key or signature algorithm that no endorsement has.
    #[error("its {what} {oid} is not known, or is used with parameters that are not")]
    Algorithm {
        /// `key` or `signature algorithm`.
        what: &'static str,
        /// The object identifier, in dots.
        oid: String,
    },
    /// More extensions than are looked at, one of them twice, or a needed one missing.
    #[error("{what}")]
    Extensions {
        /// What is wrong with them.
        what: &'static str,
    },
    /// A critical extension this verifier does not act on (RFC 5280, 4.2).
    #[error("it has the critical extension {oid}, which is not known")]
    CriticalExtension {
        /// Its object identifier, in dots.
        oid: String,
    },
    /// An issuer that may not issue.
    #[error("it issues others but is not a CA certificate")]
    NotCa,
    /// A CA where the platform's own certificate belongs.
    #[error("it is a CA certificate: it may issue, so it must not sign evidence")]
    LeafIsCa,
    /// A key used for what its certificate does not allow.
    #[error("it lacks the key usage {expected}")]
    KeyUsage {
        /// The usage needed, as RFC 5280 spells it.
        expected: &'static str,
    },
    /// More intermediates below a CA than it allows.
    #[error("it allows {allowed} CA certificates below it, there are {found}")]
    PathLength {
        /// Its path length constraint.
        allowed: u8,
        /// Intermediates between it and the leaf.
        found: usize,
    },
    /// A revocation list issued by another.
    #[error("the revocation list names another issuer")]
    CrlIssuer,
    /// A revocation list its issuer did not sign.
    #[error("the revocation list's signature is not its issuer's")]
    CrlSignature,
    /// A revocation list that never expires.
    #[error("the revocation list has no next update: it could be replayed for ever")]
    CrlWithoutEnd,
}
