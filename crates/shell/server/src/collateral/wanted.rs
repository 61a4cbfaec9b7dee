//! What evidence needs to be verified, by what it says of itself. Nothing here is verified: it says
//! only where to look whether there is enough already.

use casemate_attest::claims::SnpKey;
use casemate_attest::dcap::{Pck, Quote};
use casemate_attest::snp::{Report, product_of_cpuid};
use casemate_attest::vtpm::snp_report;
use casemate_attest::x509::{Certificate, certificates_from_pem};
use casemate_attest::{Evidence, Product};

use super::item::{AmdKey, IntelTee, Item, PckCa, Update};

/// What the collateral of a piece of evidence is made of. Empty for what needs none that is fetched.
#[must_use]
pub fn wanted(evidence: &Evidence) -> Vec<Item> {
    match evidence {
        Evidence::Quote(bytes) => of_quote(bytes).unwrap_or_default(),
        Evidence::AzureVtpm(vtpm) => match &vtpm.td_quote {
            Some(quote) => of_quote(quote).unwrap_or_default(),
            None if vtpm.certificates.is_empty() => {
                snp_report(&vtpm.hcl_report).map(|it| of_report(it)).unwrap_or_default()
            }
            None => Vec::new(),
        },
        Evidence::GceVtpm(vtpm) => vtpm.inner.as_deref().map(wanted).unwrap_or_default(),
        Evidence::SnpReport { report, certificates } if certificates.is_empty() => of_report(report),
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

/// The certificate of the chip and those of its issuers. Nothing for a key of a cloud provider, whose
/// certificate AMD hands to nobody else, and for a chip that does not name itself.
fn of_report(bytes: &[u8]) -> Vec<Item> {
    let Ok(report) = Report::parse(bytes) else { return Vec::new() };
    if report.signing_key != SnpKey::Vcek || report.is_chip_id_withheld() {
        return Vec::new();
    }
    let products = match report.cpuid {
        Some([family, model, _]) => product_of_cpuid(family, model).into_iter().collect(),
        // Reports of version 2 do not say. Turin makes none; of the others AMD knows the chip as one.
        None => vec![Product::Milan, Product::Genoa],
    };
    products.into_iter().flat_map(|product| of_chip(product, report.chip_id, report.reported_tcb)).collect()
}

fn of_chip(product: Product, chip_id: &[u8; 64], tcb: &[u8; 8]) -> [Item; 3] {
    let (chip_id, tcb) = match product {
        Product::Turin => (
            chip_id.iter().take(8).copied().collect(),
            vec![
                ("fmcSPL", tcb[0]),
                ("blSPL", tcb[1]),
                ("teeSPL", tcb[2]),
                ("snpSPL", tcb[3]),
                ("ucodeSPL", tcb[7]),
            ],
        ),
        Product::Milan | Product::Genoa => (
            chip_id.to_vec(),
            vec![("blSPL", tcb[0]), ("teeSPL", tcb[1]), ("snpSPL", tcb[6]), ("ucodeSPL", tcb[7])],
        ),
    };
    let key = AmdKey::Vcek;
    [Item::AmdChain { product, key }, Item::AmdCrl { product, key }, Item::Vcek { product, chip_id, tcb }]
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
