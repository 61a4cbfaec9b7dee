//! A platform whose quoting enclave is vouched for: everything about a quote that does not change from one
//! quote to the next, verified once.

use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use casemate_model::{Fingerprint, Timestamp};

use super::collateral::{Collateral, Rating};
use super::pck::Pck;
use super::quote::{Quote, QuoteBody};
use super::svns::{QeFacts, Svns, TdxFacts};
use super::{DcapFault, PCK_CHAIN};
use crate::claims::{Body, Claims, PlatformId};
use crate::sgx::layout::{ATTRIBUTE_DEBUG, KEY_LEN};
use crate::verify::VerifiedEvidence;
use crate::window::Window;
use crate::x509::{Certificate, LeafRules, PublicKey, certificates_from_pem, verify_path};
use crate::{ChainError, Fault, Refused, Roots};

/// Certificates in Intel's chain: PCK, its CA, the root.
const INTEL_CHAIN_LEN: usize = 3;

/// A platform, its attestation key, and the chain of signatures between that key and an accepted root.
///
/// Time and revocation are not looked at to make one: [`Platform::appraise`] does that for each quote.
#[derive(Clone, Debug)]
pub struct Platform {
    path: PckPath,
    window: Window,
    /// `None` of a software TEE.
    pck: Option<Pck>,
    qe: QeFacts,
    attestation_key: [u8; KEY_LEN],
    key: ParsedPublicKey,
}

/// The certificates of a platform by which they can be revoked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PckPath {
    /// SHA-256 over the root's DER.
    pub root: Fingerprint,
    /// The platform's own.
    pub pck: CertificateId,
    /// Its issuer's.
    pub ca: CertificateId,
}

/// How its issuer names a certificate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateId {
    /// DER of the issuer's name.
    pub issuer: Vec<u8>,
    /// The serial number, as encoded.
    pub serial: Vec<u8>,
}

impl CertificateId {
    pub(super) fn of(certificate: &Certificate) -> Self {
        Self { issuer: certificate.issuer().to_vec(), serial: certificate.serial().to_vec() }
    }
}

impl Platform {
    /// Verifies everything about a quote except its own signature: the PCK certificate's chain to an
    /// accepted root, the PCK's signature over the QE report, and the report's binding to the
    /// attestation key. Dates and revocation are not looked at.
    ///
    /// # Errors
    ///
    /// The first check that failed.
    pub fn verify(quote: &Quote<'_>, roots: &Roots) -> Result<Self, Refused> {
        Self::verify_chain(quote, roots).map(|(platform, _)| platform)
    }

    /// As [`verify`](Self::verify); with the chain.
    pub(super) fn verify_chain(
        quote: &Quote<'_>,
        roots: &Roots,
    ) -> Result<(Self, Vec<Certificate>), Refused> {
        let chain = certificates_from_pem(quote.pck_chain(), PCK_CHAIN).map_err(Fault::from)?;
        let certificates: Vec<_> = chain.iter().collect();
        let path = verify_path(&certificates, LeafRules::SaysItSigns, PCK_CHAIN, |root| {
            roots.is_software(root) || roots.is_intel(root)
        })
        .map_err(Fault::from)?;
        let is_software = roots.is_software(&path.root);
        if !is_software && chain.len() != INTEL_CHAIN_LEN {
            let (min, max, found) = (INTEL_CHAIN_LEN, INTEL_CHAIN_LEN, chain.len());
            return Err(Fault::from(ChainError::Count { chain: PCK_CHAIN, min, max, found }).into());
        }
        let count = |found| Fault::from(ChainError::Count { chain: PCK_CHAIN, min: 2, max: 8, found });
        let [leaf, ca, ..] = chain.as_slice() else { return Err(count(chain.len()).into()) };
        let PublicKey::P256(point) = leaf.public_key() else { return Err(fault(DcapFault::PckKey)) };
        let pck =
            if is_software { None } else { Some(Pck::of(leaf).map_err(DcapFault::from).map_err(fault)?) };
        if is_software && !(quote.version() == 3 && matches!(quote.body(), QuoteBody::Enclave(_))) {
            return Err(fault(DcapFault::SoftwareQuote));
        }
        let key = verify_qe(quote, point).map_err(fault)?;
        let platform = Self {
            path: PckPath { root: path.root, pck: CertificateId::of(leaf), ca: CertificateId::of(ca) },
            window: path.window,
            pck,
            qe: QeFacts::of(quote.qe_report()),
            attestation_key: *quote.attestation_key(),
            key,
        };
        Ok((platform, chain))
    }

    /// Verifies that this platform's attestation key signed the quote, which takes one P-256 verification
    /// and nothing else that costs.
    ///
    /// # Errors
    ///
    /// Where it did not, or the quote names another key.
    pub fn verify_quote(&self, quote: &Quote<'_>) -> Result<Body, DcapFault> {
        if *quote.attestation_key() != self.attestation_key {
            return Err(DcapFault::AttestationKey);
        }
        self.key.verify_sig(quote.signed(), quote.signature()).map_err(|_| DcapFault::QuoteSignature)?;
        match (quote.body(), &self.pck) {
            (body, Some(_)) => Ok(body.claims()),
            (QuoteBody::Enclave(report), None) => Ok(Body::Software(report.claims())),
            (QuoteBody::Td(_), None) => Err(DcapFault::SoftwareQuote),
        }
    }

    /// Everything at the instant `now`: the quote's signature, the rating of its platform, revocation and
    /// dates. With a platform and collateral at hand this costs little more than
    /// [`verify_quote`](Self::verify_quote).
    ///
    /// # Errors
    ///
    /// Why not, with whatever is known all the same.
    pub fn appraise(
        &self,
        quote: &Quote<'_>,
        collateral: &Collateral,
        now: Timestamp,
    ) -> Result<VerifiedEvidence, Refused> {
        let body = self.verify_quote(quote).map_err(fault)?;
        self.conclude(quote, body, collateral, now).map(VerifiedEvidence::new)
    }

    /// Rating, revocation and dates for the body of a quote whose signature holds.
    pub(super) fn conclude(
        &self,
        quote: &Quote<'_>,
        body: Body,
        collateral: &Collateral,
        now: Timestamp,
    ) -> Result<Claims, Refused> {
        let rated = self.svns(quote).map(|svns| collateral.rate(&svns, &self.path, now)).transpose();
        let (rating, mut faults) = match rated {
            Ok(rating) => (rating, Vec::new()),
            Err(faults) => (None, faults),
        };
        let window = rating.as_ref().map_or(self.window, |rating| self.window.and(rating.window));
        faults.extend(rating.iter().flat_map(|rating| rating.faults.iter().cloned()));
        faults.extend(window.faults(now));
        let flags = self.pck.map(|pck| pck.flags).unwrap_or_default();
        let claims = Claims {
            root: self.path.root,
            window,
            platform: self.pck.map(|pck| PlatformId::Ppid(pck.ppid)),
            tcb: rating.as_ref().map(|rating: &Rating| rating.tcb(flags)),
            not_checked: [].into(),
            body,
        };
        if faults.is_empty() { Ok(claims) } else { Err(Refused { faults, claims: Some(Box::new(claims)) }) }
    }

    /// What decides the rating of a quote by this platform. `None` of a software TEE, which has none.
    /// Of a trust domain it is only as good as the quote's signature.
    #[must_use]
    pub fn svns(&self, quote: &Quote<'_>) -> Option<Svns> {
        let pck = self.pck?;
        let tdx = match quote.body() {
            QuoteBody::Enclave(_) => None,
            QuoteBody::Td(report) => Some(TdxFacts {
                tee_tcb_svn: report.tee_tcb_svn(),
                tee_tcb_svn2: report.tee_tcb_svn2(),
                mr_signer_seam: report.mr_signer_seam(),
                seam_attributes: report.seam_attributes(),
            }),
        };
        Some(Svns {
            fmspc: pck.fmspc,
            pce_id: pck.pce_id,
            cpu_svn: pck.tcb_components,
            pce_svn: pck.pce_svn,
            qe: self.qe,
            tdx,
        })
    }

    /// What Intel certified of it; `None` of a software TEE.
    #[must_use]
    pub const fn pck(&self) -> Option<&Pck> {
        self.pck.as_ref()
    }

    /// The certificates that vouch for it.
    #[must_use]
    pub const fn path(&self) -> &PckPath {
        &self.path
    }

    /// When the certificates that vouch for it are valid.
    #[must_use]
    pub const fn window(&self) -> Window {
        self.window
    }

    /// The key that signs its quotes: x, then y.
    #[must_use]
    pub const fn attestation_key(&self) -> &[u8; KEY_LEN] {
        &self.attestation_key
    }
}

/// PCK signs QE report, QE report commits to the attestation key, which is returned.
fn verify_qe(quote: &Quote<'_>, pck_point: &[u8]) -> Result<ParsedPublicKey, DcapFault> {
    let report = quote.qe_report();
    let pck = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pck_point).map_err(|_| DcapFault::PckKey)?;
    pck.verify_sig(report.as_bytes(), quote.qe_signature()).map_err(|_| DcapFault::QeReportSignature)?;
    if report.attribute_flags() & ATTRIBUTE_DEBUG != 0 {
        return Err(DcapFault::QeDebug);
    }
    let mut hash = Context::new(&SHA256);
    hash.update(quote.attestation_key());
    hash.update(quote.auth_data());
    let mut expected = [0; 64];
    expected[..32].copy_from_slice(hash.finish().as_ref());
    if report.report_data() != expected {
        return Err(DcapFault::AttestationKey);
    }
    let mut point = [0x04; 1 + KEY_LEN];
    point[1..].copy_from_slice(quote.attestation_key());
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| DcapFault::KeyNotOnCurve)
}

fn fault(fault: DcapFault) -> Refused {
    Fault::from(fault).into()
}
