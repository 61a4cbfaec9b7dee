//! Quotes by Intel's Data Center Attestation Primitives (DCAP): SGX and TDX, and software enclaves,
//! which have their shape.

mod fault;
mod quote;
mod tcb;

use casemate_model::Timestamp;

pub use fault::{DcapFault, QuoteError};
pub use tcb::{PlatformFlags, Tcb, TcbStatus};

use crate::claims::{Body, Claims};
use crate::x509::{LeafRules, certificates_from_pem, verify_path};
use crate::{Fault, Refused, Roots};
use quote::Quote;

const PCK_CHAIN: &str = "PCK certificate chain";

/// Verifies a quote at the instant `now`.
pub(crate) fn verify(bytes: &[u8], roots: &Roots, now: Timestamp) -> Result<Claims, Refused> {
    let quote = Quote::parse(bytes).map_err(Fault::from)?;
    let chain = certificates_from_pem(quote.pck_chain(), PCK_CHAIN).map_err(Fault::from)?;
    let chain: Vec<_> = chain.iter().collect();
    let path = verify_path(&chain, LeafRules::SaysItSigns, PCK_CHAIN, |root| {
        roots.is_software(root) || roots.is_intel(root)
    })
    .map_err(Fault::from)?;
    if !roots.is_software(&path.root) {
        let (what, remedy) = ("DCAP collateral", "give TCB Info, QE Identity and revocation lists");
        return Err(Fault::Missing { what, remedy }.into());
    }
    quote.verify_signatures(chain[0].public_key().as_bytes()).map_err(Fault::from)?;
    let claims = Claims {
        root: path.root,
        window: path.window,
        platform: None,
        tcb: None,
        not_checked: [].into(),
        body: Body::Software(quote.body().claims()),
    };
    let faults = path.window.faults(now);
    if faults.is_empty() { Ok(claims) } else { Err(Refused { faults, claims: Some(Box::new(claims)) }) }
}
