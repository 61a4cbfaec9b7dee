//! Quotes by Intel's Data Center Attestation Primitives (DCAP): SGX and TDX, and software enclaves,
//! which have their shape.
//!
//! Verification is four stages, none of which looks at a clock, so that each can be kept for as long as
//! what it was made from: [`Quote::parse`], [`Platform::verify`] (the chain of signatures from the root to
//! the attestation key), [`Collateral::verify`] (what Intel says of platforms), and for each quote
//! [`Platform::appraise`], which costs one signature and a table look-up.

mod collateral;
mod enclave_report;
mod fault;
mod inspection;
mod json;
mod pck;
mod platform;
mod qe_identity;
mod quote;
mod rating;
mod reader;
mod svns;
mod tcb;
mod tcb_info;
mod td_report;

use casemate_model::Timestamp;

pub use collateral::{Collateral, CollateralError, Rating};
pub use enclave_report::EnclaveReport;
pub use fault::{DcapFault, QuoteError};
pub use inspection::inspect;
pub use pck::{Pck, PckError};
pub use platform::{CertificateId, PckPath, Platform};
pub use quote::{CERT_DATA_QE_REPORT, Quote, QuoteBody, TEE_TYPE_TDX};
pub use svns::{QeFacts, Svns, TdxFacts, TeeType};
pub use tcb::{PlatformFlags, Tcb, TcbStatus};
pub use td_report::{TD10_LEN, TD15_EX_LEN, TD15_LEN, TdReport};

use crate::claims::Claims;
use crate::{Endorsements, Fault, Refused, Roots};

const PCK_CHAIN: &str = "PCK certificate chain";

/// Verifies a quote at the instant `now`: every signature first, then collateral, revocation and dates.
pub(crate) fn verify(
    bytes: &[u8],
    endorsements: &Endorsements,
    roots: &Roots,
    now: Timestamp,
) -> Result<Claims, Refused> {
    let quote = Quote::parse(bytes).map_err(Fault::from)?;
    let (platform, chain) = Platform::verify_chain(&quote, roots)?;
    let body = platform.verify_quote(&quote).map_err(Fault::from)?;
    let collateral = match platform.pck() {
        Some(_) => Collateral::with_chain(endorsements, &chain, roots),
        None => Collateral::default(),
    };
    platform.conclude(&quote, body, &collateral, now)
}
