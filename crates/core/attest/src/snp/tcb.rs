//! Security versions and processors, product by product (AMD 56860, TCB_VERSION; AMD 57230, 1.5).

use super::SnpFault;
use crate::claims::SnpTcb;
use crate::roots::Product;

/// Which product a processor is, by the family and model a report states (`CPUID_FAM_ID`, `CPUID_MOD_ID`:
/// base and extended parts added up).
#[must_use]
pub const fn product_of_cpuid(family: u8, model: u8) -> Option<Product> {
    match (family, model) {
        (0x19, 0x00..=0x0f) => Some(Product::Milan),
        // Genoa, then Bergamo and Siena.
        (0x19, 0x10..=0x1f | 0xa0..=0xaf) => Some(Product::Genoa),
        (0x1a, 0x00..=0x1f) => Some(Product::Turin),
        _ => None,
    }
}

/// Takes a TCB_VERSION apart. Turin has the firmware of its management controller in front.
pub(super) const fn decode(bytes: &[u8; 8], product: Product) -> SnpTcb {
    match (product, *bytes) {
        (Product::Turin, [fmc, boot_loader, tee, snp, _, _, _, microcode]) => {
            SnpTcb { fmc: Some(fmc), boot_loader, tee, snp, microcode }
        }
        (Product::Milan | Product::Genoa, [boot_loader, tee, _, _, _, _, snp, microcode]) => {
            SnpTcb { fmc: None, boot_loader, tee, snp, microcode }
        }
    }
}

/// The product whose layout has an FMC, or one whose layout has none.
pub(super) const fn layout(has_fmc: bool) -> Product {
    if has_fmc { Product::Turin } else { Product::Milan }
}

/// That the signing key was derived for the versions reported, each on its own.
pub(super) fn check_same(certificate: &SnpTcb, report: &SnpTcb) -> Result<(), SnpFault> {
    for ((component, certificate), (_, report)) in components(certificate).into_iter().zip(components(report))
    {
        if certificate != report {
            return Err(SnpFault::Tcb { component, certificate, report });
        }
    }
    Ok(())
}

/// That no component of `lower` is above that of `higher`. Each comes with its name.
pub(super) fn check_order(
    (lower, low): (&'static str, &SnpTcb),
    (higher, high): (&'static str, &SnpTcb),
) -> Result<(), SnpFault> {
    for ((component, lower_value), (_, higher_value)) in components(low).into_iter().zip(components(high)) {
        if lower_value > higher_value {
            return Err(SnpFault::TcbOrder { component, lower, lower_value, higher, higher_value });
        }
    }
    Ok(())
}

/// By their names in AMD's certificates.
fn components(tcb: &SnpTcb) -> [(&'static str, u8); 5] {
    [
        ("fmcSPL", tcb.fmc.unwrap_or(0)),
        ("blSPL", tcb.boot_loader),
        ("teeSPL", tcb.tee),
        ("snpSPL", tcb.snp),
        ("ucodeSPL", tcb.microcode),
    ]
}
