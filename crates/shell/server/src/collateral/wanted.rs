//! What evidence needs to be verified, by what it says of itself. Nothing here is verified: it says
//! only where to look whether there is enough already.

use casemate_attest::Evidence;
use casemate_attest::dcap::{Pck, Quote, TeeType};
use casemate_attest::x509::{Certificate, certificates_from_pem};

use super::item::{IntelTee, Item, PckCa, Update};

/// What the collateral of a piece of evidence is made of. Empty for what needs none that is fetched.
#[must_use]
pub fn wanted(evidence: &Evidence) -> Vec<Item> {
    match evidence {
        Evidence::Quote(bytes) => of_quote(bytes).unwrap_or_default(),
        Evidence::AzureVtpm(vtpm) => vtpm.td_quote.as_deref().and_then(of_quote).unwrap_or_default(),
        Evidence::GceVtpm(vtpm) => vtpm.inner.as_deref().map(wanted).unwrap_or_default(),
        Evidence::SnpReport { .. }
        | Evidence::CcaToken(_)
        | Evidence::NitroDocument(_)
        | Evidence::Tpm { .. } => Vec::new(),
    }
}

/// The quote to be verified before anything is fetched for it: who is not of Intel's making gets no
/// request made.
#[must_use]
pub fn quote(evidence: &Evidence) -> Option<&[u8]> {
    match evidence {
        Evidence::Quote(bytes) => Some(bytes),
        Evidence::AzureVtpm(vtpm) => vtpm.td_quote.as_deref(),
        Evidence::GceVtpm(vtpm) => vtpm.inner.as_deref().and_then(quote),
        _ => None,
    }
}

/// `None` for what is no quote, and for software TEEs, which have no collateral.
fn of_quote(bytes: &[u8]) -> Option<Vec<Item>> {
    let quote = Quote::parse(bytes).ok()?;
    let chain = certificates_from_pem(quote.pck_chain(), "PCK certificate chain").ok()?;
    let leaf = chain.first()?;
    let fmspc = Pck::of(leaf).ok()?.fmspc;
    let tee = if bytes.get(4..8) == Some(&[0x81, 0, 0, 0]) { IntelTee::Tdx } else { IntelTee::Sgx };
    let mut items = vec![Item::PckCrl { ca: ca(leaf) }, Item::RootCaCrl];
    for update in [Update::Standard, Update::Early] {
        items.push(Item::TcbInfo { tee, fmspc, update });
        items.push(Item::QeIdentity { tee, update });
    }
    Some(items)
}

/// Which CA issued a PCK certificate, by the name Intel gives it.
fn ca(leaf: &Certificate) -> PckCa {
    const PROCESSOR: &[u8] = b"Processor CA";
    if leaf.issuer().windows(PROCESSOR.len()).any(|it| it == PROCESSOR) {
        PckCa::Processor
    } else {
        PckCa::Platform
    }
}

impl From<IntelTee> for TeeType {
    fn from(tee: IntelTee) -> Self {
        match tee {
            IntelTee::Sgx => Self::Sgx,
            IntelTee::Tdx => Self::Tdx,
        }
    }
}
