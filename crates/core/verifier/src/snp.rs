//! AMD SEV-SNP's reports, in stages.

use std::sync::Arc;

use casemate_attest::claims::{PlatformId, SnpKey};
use casemate_attest::snp::{Certificates, Lists, Report, Vek};
use casemate_attest::{Endorsements, Refused, Roots, VerifiedEvidence, Window};
use casemate_model::Timestamp;

use crate::dcap::{name, said};
use crate::queue::Name;
use crate::stages::{Key, Rated, Stages};
use crate::standing::Standing;

/// SEV-SNP under these roots.
#[derive(Clone, Debug)]
pub struct Snp {
    roots: Roots,
}

impl Snp {
    /// Keys are accepted under these roots.
    #[must_use]
    pub const fn new(roots: Roots) -> Self {
        Self { roots }
    }
}

/// A report, and the certificates that came with it.
#[derive(Clone, Copy, Debug)]
pub struct SnpEvidence<'a> {
    /// The report.
    pub report: &'a Report<'a>,
    /// As sent along, in DER.
    pub certificates: &'a [Vec<u8>],
}

/// AMD's certificates and revocation lists.
#[derive(Clone, Debug, Default)]
pub struct SnpCollateral {
    certificates: Vec<Vec<u8>>,
    lists: Lists,
}

impl SnpCollateral {
    /// Those among these endorsements. Lists are verified where the certificate of their issuer is
    /// among them, too.
    #[must_use]
    pub fn of(endorsements: &Endorsements) -> Self {
        Self { certificates: endorsements.certificates.clone(), lists: Lists::verify(endorsements) }
    }
}

/// A key that signs reports, with what of a report and beside it led to it.
#[derive(Clone, Debug)]
pub struct VouchedVek(Arc<Vouched>);

#[derive(Debug)]
struct Vouched {
    vek: Vek,
    stated: Stated,
    sent: Vec<Vec<u8>>,
}

/// What a report states of the key it is signed with. All of it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stated {
    key: SnpKey,
    chip_id: [u8; 64],
    /// Undecoded: every component, whatever the product has.
    reported_tcb: [u8; 8],
    /// Family and model decide which product's key it may be.
    cpuid: Option<[u8; 3]>,
}

impl Stated {
    fn by(report: &Report<'_>) -> Self {
        Self {
            key: report.signing_key,
            chip_id: *report.chip_id,
            reported_tcb: *report.reported_tcb,
            cpuid: report.cpuid,
        }
    }
}

impl Stages for Snp {
    type Evidence<'a> = SnpEvidence<'a>;
    type Collateral = SnpCollateral;
    type Platform = VouchedVek;
    type Facts = ();
    type Statement = VerifiedEvidence;

    /// Half of the chip's name, with its versions. A provider's reports may have none.
    fn hint(evidence: SnpEvidence<'_>) -> Name {
        let mut hint = [0; 32];
        let chip = evidence.report.chip_id.iter();
        hint.iter_mut().zip(chip.take(24).chain(evidence.report.reported_tcb)).for_each(|(to, it)| *to = *it);
        hint
    }

    /// What the report states of its key. The certificates beside it are anybody's to choose, and are not
    /// in it: [`is_of`](Self::is_of) compares them.
    fn key(evidence: SnpEvidence<'_>) -> Option<Key> {
        let Stated { key, chip_id, reported_tcb, cpuid } = Stated::by(evidence.report);
        let role = [u8::from(key == SnpKey::Vlek)];
        let owner = name(&[&role, &chip_id]);
        let cpuid = cpuid.as_ref().map_or(&[][..], |it| it.as_slice());
        Some(Key { platform: name(&[&owner, &reported_tcb, cpuid]), owner })
    }

    fn platform(&self, evidence: SnpEvidence<'_>, collateral: &SnpCollateral) -> Result<VouchedVek, Refused> {
        let certificates = Certificates::new(evidence.certificates, &collateral.certificates);
        let vek = Vek::verify(evidence.report, &certificates, &self.roots)?;
        let (stated, sent) = (Stated::by(evidence.report), evidence.certificates.to_vec());
        Ok(VouchedVek(Arc::new(Vouched { vek, stated, sent })))
    }

    fn is_of(it: &VouchedVek, evidence: SnpEvidence<'_>) -> bool {
        it.0.stated == Stated::by(evidence.report) && it.0.sent == evidence.certificates
    }

    fn window(it: &VouchedVek) -> Window {
        it.0.vek.window()
    }

    fn id(it: &VouchedVek) -> Option<PlatformId> {
        Some(it.0.vek.platform())
    }

    fn facts(_: &VouchedVek, _: SnpEvidence<'_>) {}

    /// AMD rates nothing; it revokes.
    fn rate(it: &VouchedVek, (): &(), collateral: &SnpCollateral, _: Timestamp) -> Rated {
        let (faults, window) = it.0.vek.revocation(&collateral.lists);
        let standing =
            if faults.is_empty() { Standing::Unrated } else { Standing::Revoked { why: said(&faults) } };
        Rated { standing, window: Some(window) }
    }

    fn appraise(
        it: &VouchedVek,
        evidence: SnpEvidence<'_>,
        collateral: &SnpCollateral,
        now: Timestamp,
    ) -> Result<VerifiedEvidence, Refused> {
        it.0.vek.appraise(evidence.report, &collateral.lists, now)
    }
}
