//! The certificates there are, and which of them a report needs.

use std::fmt::Write as _;

use casemate_model::Fingerprint;

use super::extensions::{self, Extensions, Owner, TURIN_HW_ID_LEN};
use super::report::Report;
use super::tcb::{self, product_of_cpuid};
use super::{SnpFault, fault::key_name};
use crate::claims::SnpKey;
use crate::inspect::hex;
use crate::roots::Product;
use crate::x509::Certificate;

/// The most certificates looked at that came with a report. AMD's table of them has room for five.
const MAX_SENT: usize = 16;
/// The most ways from a leaf to a root that are tried. More is certificates of the same names.
const MAX_CHAINS: usize = 8;
/// AMD's service for certificates (KDS).
const KDS: &str = "https://kdsintf.amd.com";

/// Certificates by AMD, as far as they can be read. What cannot be read, or is of something else, is
/// passed over; none of them is verified.
#[derive(Clone, Debug, Default)]
pub struct Certificates {
    /// Those that came with the evidence first.
    all: Vec<Certificate>,
    sent: usize,
}

impl Certificates {
    /// Those that came with the evidence, and those the verifier has; in DER.
    #[must_use]
    pub fn new(sent: &[Vec<u8>], supplied: &[Vec<u8>]) -> Self {
        let parse = |der: &Vec<u8>| Certificate::parse(der).ok();
        let mut all: Vec<Certificate> = sent.iter().take(MAX_SENT).filter_map(parse).collect();
        let sent = all.len();
        for certificate in supplied.iter().filter_map(parse) {
            if !all.get(..sent).is_some_and(|it| it.contains(&certificate)) {
                all.push(certificate);
            }
        }
        Self { all, sent }
    }

    /// The certificate of the key that signed: of its kind, its chip and its versions. Where there is
    /// none, one that came with the report or is the only one, whose verification says what differs.
    pub(super) fn leaf(&self, report: &Report<'_>) -> Result<&Certificate, SnpFault> {
        let key = report.signing_key;
        let of_kind = || self.all.iter().filter(move |it| extensions::role(it) == Some(key));
        let sent = || self.all.iter().take(self.sent).filter(|it| extensions::role(it).is_some());
        let only = || of_kind().nth(1).is_none().then(|| of_kind().next()).flatten();
        of_kind()
            .find(|it| matches(it, report))
            .or_else(|| sent().find(|it| extensions::role(it) == Some(key)))
            .or_else(|| sent().next())
            .or_else(only)
            .ok_or_else(|| SnpFault::NoVek { key, remedy: self.remedy(report) })
    }

    /// Issuer and root for a leaf, in the ways there are by name: those with an accepted root first.
    pub(super) fn chains<'a>(
        &'a self,
        leaf: &'a Certificate,
        accepts: impl Fn(&Fingerprint) -> bool,
    ) -> Result<Vec<[&'a Certificate; 3]>, SnpFault> {
        let key = extensions::role(leaf).unwrap_or(SnpKey::Vcek);
        let missing = |issuer, subject| {
            let product = self.product().map_or("{Milan, Genoa or Turin}", Product::as_str);
            let kind = if key == SnpKey::Vcek { "vcek" } else { "vlek" };
            SnpFault::NoIssuer {
                issuer,
                subject,
                remedy: format!("it is at {KDS}/{kind}/v1/{product}/cert_chain"),
            }
        };
        let (issuer, subject) = match key {
            SnpKey::Vcek => ("AMD's SEV signing key (ASK)", "the VCEK's certificate"),
            SnpKey::Vlek => ("AMD's VLEK signing key (ASVK)", "the VLEK's certificate"),
        };
        let mut issuers = self.named(leaf.issuer()).filter(|it| !it.is_self_issued()).peekable();
        if issuers.peek().is_none() {
            return Err(missing(issuer, subject));
        }
        let mut chains: Vec<_> = issuers
            .flat_map(|issuer| {
                let roots = self.named(issuer.issuer()).filter(|it| it.is_self_issued());
                roots.map(move |root| [leaf, issuer, root])
            })
            .collect();
        chains.sort_by_cached_key(|[.., root]| !accepts(&root.fingerprint()));
        chains.truncate(MAX_CHAINS);
        if chains.is_empty() {
            return Err(missing("AMD's root key (ARK)", "the signing key's certificate"));
        }
        Ok(chains)
    }

    /// Those of this name.
    pub(super) fn named<'a>(&'a self, subject: &'a [u8]) -> impl Iterator<Item = &'a Certificate> {
        self.all.iter().filter(move |it| it.subject() == subject)
    }

    /// The product of some issuer among these.
    fn product(&self) -> Option<Product> {
        let is_of = |it: &Certificate, product: Product| {
            it.common_name().and_then(|name| name.rsplit('-').next()) == Some(product.as_str())
        };
        Product::ALL.into_iter().find(|product| self.all.iter().any(|it| is_of(it, *product)))
    }

    /// Where the certificate of the key that signed is to be had.
    fn remedy(&self, report: &Report<'_>) -> String {
        if report.signing_key == SnpKey::Vlek {
            return format!(
                "only the cloud provider has it: the {} comes with the guest's extended report \
                 (SNP_GET_EXT_REPORT)",
                key_name(SnpKey::Vlek)
            );
        }
        let of_cpuid = report.cpuid.and_then(|[family, model, _]| product_of_cpuid(family, model));
        let product = of_cpuid.or_else(|| self.product());
        let versions = tcb::decode(report.reported_tcb, product.unwrap_or(Product::Milan));
        let name = product.map_or("{Milan or Genoa}", Product::as_str);
        let chip = match report.chip_id.split_at_checked(TURIN_HW_ID_LEN) {
            _ if report.is_chip_id_withheld() => "{chip ID, which the report withholds}".to_owned(),
            Some((chip, _)) if product == Some(Product::Turin) => hex(chip),
            _ => hex(report.chip_id),
        };
        let mut remedy = format!("it is at {KDS}/vcek/v1/{name}/{chip}?");
        if let Some(fmc) = versions.fmc {
            // Writing to a String cannot fail.
            let _ = write!(remedy, "fmcSPL={fmc:02}&");
        }
        let _ = write!(
            remedy,
            "blSPL={:02}&teeSPL={:02}&snpSPL={:02}&ucodeSPL={:02}",
            versions.boot_loader, versions.tee, versions.snp, versions.microcode
        );
        remedy
    }
}

/// Whether a certificate states the chip and the versions that the report states.
fn matches(certificate: &Certificate, report: &Report<'_>) -> bool {
    let Ok(extensions) = Extensions::read(certificate, report.signing_key) else { return false };
    let layout = tcb::layout(extensions.tcb.fmc.is_some());
    let is_chip = match &extensions.owner {
        Owner::Chip(chip) => report.is_chip_id_withheld() || report.chip_id.starts_with(chip),
        Owner::Provider(_) => true,
    };
    is_chip && tcb::decode(report.reported_tcb, layout) == extensions.tcb
}
