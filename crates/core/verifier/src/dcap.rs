//! Quotes by Intel's DCAP, and by software enclaves, in stages.

use aws_lc_rs::digest::{Context, SHA256};
use casemate_attest::claims::PlatformId;
use casemate_attest::dcap::{Collateral, Platform, Quote, Svns};
use casemate_attest::x509::{PublicKey, certificates_from_pem};
use casemate_attest::{Fault, Refused, Roots, VerifiedEvidence, Window};
use casemate_model::Timestamp;

use crate::queue::Name;
use crate::stages::{Key, Rated, Stages};
use crate::standing::Standing;

/// DCAP under these roots.
#[derive(Clone, Debug)]
pub struct Dcap {
    roots: Roots,
}

impl Dcap {
    /// Platforms are accepted under these roots.
    #[must_use]
    pub const fn new(roots: Roots) -> Self {
        Self { roots }
    }
}

/// A platform, with the bytes that vouch for it.
#[derive(Clone, Debug)]
pub struct VouchedPlatform {
    platform: Platform,
    version: u16,
    qe_report: Vec<u8>,
    qe_signature: [u8; 64],
    auth_data: Vec<u8>,
    pck_chain: Vec<u8>,
}

impl Stages for Dcap {
    type Evidence<'a> = &'a Quote<'a>;
    type Collateral = Collateral;
    type Platform = VouchedPlatform;
    type Facts = Option<Svns>;
    type Statement = VerifiedEvidence;

    /// What the QE report vouches for: the attestation key, hashed.
    fn hint(quote: &Quote<'_>) -> Name {
        let report_data = quote.qe_report().report_data();
        report_data.first_chunk().copied().unwrap_or_default()
    }

    /// What the PCK certificate says, its signature aside, and the QE report.
    fn key(quote: &Quote<'_>) -> Option<Key> {
        let chain = certificates_from_pem(quote.pck_chain(), "PCK certificate chain").ok()?;
        let pck = chain.first()?;
        let PublicKey::P256(point) = pck.public_key() else { return None };
        let owner = name(&[pck.issuer(), pck.serial(), point]);
        Some(Key { platform: name(&[&owner, quote.qe_report().as_bytes()]), owner })
    }

    fn platform(&self, quote: &Quote<'_>, _: &Collateral) -> Result<VouchedPlatform, Refused> {
        Ok(VouchedPlatform {
            platform: Platform::verify(quote, &self.roots)?,
            version: quote.version(),
            qe_report: quote.qe_report().as_bytes().to_vec(),
            qe_signature: *quote.qe_signature(),
            auth_data: quote.auth_data().to_vec(),
            pck_chain: quote.pck_chain().to_vec(),
        })
    }

    fn is_of(it: &VouchedPlatform, quote: &Quote<'_>) -> bool {
        it.version == quote.version()
            && it.platform.attestation_key() == quote.attestation_key()
            && it.qe_report == quote.qe_report().as_bytes()
            && it.qe_signature == *quote.qe_signature()
            && it.auth_data == quote.auth_data()
            && it.pck_chain == quote.pck_chain()
    }

    fn window(it: &VouchedPlatform) -> Window {
        it.platform.window()
    }

    fn id(it: &VouchedPlatform) -> Option<PlatformId> {
        it.platform.pck().map(|pck| PlatformId::Ppid(pck.ppid))
    }

    fn facts(it: &VouchedPlatform, quote: &Quote<'_>) -> Option<Svns> {
        it.platform.svns(quote)
    }

    fn rate(it: &VouchedPlatform, svns: &Option<Svns>, collateral: &Collateral, now: Timestamp) -> Rated {
        let Some(svns) = svns else { return Rated { standing: Standing::Unrated, window: None } };
        match collateral.rate(svns, it.platform.path(), now) {
            Err(faults) => {
                let why = said(&faults);
                Rated { standing: Standing::Unknown { why }, window: None }
            }
            Ok(rating) if rating.faults.is_empty() => {
                let advisories = rating.advisories().map(str::to_owned).collect();
                let standing = Standing::Rated { status: rating.status, advisories };
                Rated { standing, window: Some(rating.window) }
            }
            Ok(rating) => {
                let why = said(&rating.faults);
                Rated { standing: Standing::Revoked { why }, window: Some(rating.window) }
            }
        }
    }

    /// Allocates nothing where the standing is as it was.
    fn is_rated(
        standing: &Standing,
        it: &VouchedPlatform,
        svns: &Option<Svns>,
        collateral: &Collateral,
        now: Timestamp,
    ) -> bool {
        let (Some(svns), Standing::Rated { status, advisories }) = (svns, standing) else {
            return Self::rate(it, svns, collateral, now).standing == *standing;
        };
        collateral.rate(svns, it.platform.path(), now).is_ok_and(|rating| {
            // Every advisory that applies was known, and every known one applies.
            rating.status == *status
                && rating.faults.is_empty()
                && rating.advisories().all(|it| advisories.contains(it))
                && advisories.iter().all(|known| rating.advisories().any(|it| it == known))
        })
    }

    fn appraise(
        it: &VouchedPlatform,
        quote: &Quote<'_>,
        collateral: &Collateral,
        now: Timestamp,
    ) -> Result<VerifiedEvidence, Refused> {
        it.platform.appraise(quote, collateral, now)
    }
}

/// Faults in one line.
pub(crate) fn said(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// SHA-256 over parts, each preceded by its length.
pub(crate) fn name(parts: &[&[u8]]) -> Name {
    let mut hash = Context::new(&SHA256);
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut name = [0; 32];
    name.copy_from_slice(hash.finish().as_ref());
    name
}
