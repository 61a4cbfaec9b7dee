//! Evidence for tests: good, or with one chosen defect, under a root that exists in memory only.
//!
//! What is made here is signed correctly except for the defect, so that a verifier refuses it for
//! that reason or not at all. Defects that need no key (a wrong version, a truncation, a flipped
//! byte) are left to tests: they edit [`Evidence::as_bytes`].
//!
//! The functions panic where the crypto library fails, which in a test is the right answer.

pub mod cca;
pub mod cose;
pub mod dcap;
pub mod nitro;
mod revocation;
pub mod snp;
pub mod vtpm;

use casemate_attest::{Endorsements, Evidence, Roots, VerifiedEvidence, verify};
use casemate_model::{Fingerprint, Measurement, Nanos, ReportData, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P384_SHA384,
};

use crate::certificate::{Validity, ca_params, issued, pck_params, self_signed, to_pem};
use crate::key::{CertificateKey, ReportKey, sha256};
use crate::quote::qe_report;
use crate::{EnclaveReport, QuotingEnclave, SigningError};

const HOUR: Nanos = Nanos::from_secs(3600);
const DAY: Nanos = Nanos::from_secs(24 * 3600);

/// Under the enterprise number for documentation (RFC 5612).
const UNKNOWN_EXTENSION: &[u64] = &[1, 3, 6, 1, 4, 1, 32473, 1];
const DER_NULL: [u8; 2] = [5, 0];

/// One thing that is wrong with evidence. Everything else about it is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// The PCK certificate expired an hour ago.
    PckExpired,
    /// The PCK certificate becomes valid in an hour.
    PckNotYetValid,
    /// The intermediate certificate expired an hour ago.
    IntermediateExpired,
    /// The root certificate expired an hour ago.
    RootExpired,
    /// The intermediate certificate is no CA certificate.
    IntermediateNotCa,
    /// The intermediate certificate's key usage lacks keyCertSign.
    IntermediateMayNotSign,
    /// The root's path length constraint allows no intermediate.
    PathTooLong,
    /// The PCK certificate is a CA certificate.
    PckIsCa,
    /// The PCK certificate's key usage lacks digitalSignature.
    PckMayNotSign,
    /// The PCK certificate has no basic constraints.
    PckWithoutConstraints,
    /// The PCK certificate has a critical extension nobody knows.
    PckWithUnknownCriticalExtension,
    /// The PCK certificate has an extension twice.
    PckWithExtensionTwice,
    /// The PCK's key is on P-384.
    PckOnP384,
    /// The PCK certificate is signed by a stranger under the intermediate's name.
    PckForged,
    /// The intermediate certificate is signed by a stranger under the root's name.
    IntermediateForged,
    /// The whole chain is a stranger's, under the same names.
    OtherRoot,
    /// The chain starts with the root.
    ChainReversed,
    /// The chain ends before the root.
    RootMissing,
    /// The chain has the root only.
    PckMissing,
    /// The chain has nine certificates.
    ChainTooLong,
    /// The QE report is signed by another key than the PCK's.
    QeReportForged,
    /// The quoting enclave is debuggable.
    QeDebug,
    /// The quote carries, and is signed by, a key for which the QE does not vouch.
    AttestationKeyNotVouched,
    /// The authentication data is not what the QE vouches for.
    AuthDataChanged,
    /// The QE's report data goes on after the hash.
    QeReportDataGoesOn,
    /// The quote is signed by another key than it carries.
    QuoteForged,
}

impl Defect {
    /// Every defect.
    pub const ALL: [Self; 26] = [
        Self::PckExpired,
        Self::PckNotYetValid,
        Self::IntermediateExpired,
        Self::RootExpired,
        Self::IntermediateNotCa,
        Self::IntermediateMayNotSign,
        Self::PathTooLong,
        Self::PckIsCa,
        Self::PckMayNotSign,
        Self::PckWithoutConstraints,
        Self::PckWithUnknownCriticalExtension,
        Self::PckWithExtensionTwice,
        Self::PckOnP384,
        Self::PckForged,
        Self::IntermediateForged,
        Self::OtherRoot,
        Self::ChainReversed,
        Self::RootMissing,
        Self::PckMissing,
        Self::ChainTooLong,
        Self::QeReportForged,
        Self::QeDebug,
        Self::AttestationKeyNotVouched,
        Self::AuthDataChanged,
        Self::QeReportDataGoesOn,
        Self::QuoteForged,
    ];
}

/// A root for one test, its intermediate, and the instant at which its evidence is good.
///
/// Its chains have three certificates, as Intel's have.
#[derive(Debug)]
pub struct TestRoot {
    now: Timestamp,
    defect: Option<Defect>,
    key: CertificateKey,
    params: CertificateParams,
    certificate: Vec<u8>,
    intermediate_key: CertificateKey,
}

impl TestRoot {
    /// A new root whose evidence has nothing wrong at `now`, nor in the day after it.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self::build(now, None)
    }

    /// A new root whose evidence has this wrong at `now`.
    #[must_use]
    pub fn with_defect(now: Timestamp, defect: Defect) -> Self {
        Self::build(now, Some(defect))
    }

    /// What a policy would name it by.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(sha256(&self.certificate))
    }

    /// This root and no other.
    #[must_use]
    pub fn roots(&self) -> Roots {
        Roots::software([self.fingerprint()])
    }

    /// A quote over this report by a new quoting enclave with new keys.
    #[must_use]
    pub fn evidence(&self, report: &EnclaveReport) -> Evidence {
        let pck = new_report_key();
        let mut enclave = signed(QuotingEnclave::new(&pck, self.chain(&pck), self.now.after(DAY)));
        self.spoil_enclave(&mut enclave, &pck);

        let content = enclave.signed_part(report);
        let stranger = new_report_key();
        let signer = if self.has(Defect::QuoteForged) { &stranger } else { &enclave.attestation_key };
        Evidence::quote(enclave.assemble(&content, &signed(signer.sign(&content))))
    }

    /// Good evidence over this report, verified: the honest way to a witness.
    ///
    /// # Panics
    ///
    /// Where this root has a defect.
    #[must_use]
    pub fn verified(&self, report: &EnclaveReport) -> VerifiedEvidence {
        verify(&self.evidence(report), &Endorsements::none(), &self.roots(), self.now)
            .expect("evidence without a defect verifies")
    }

    fn build(now: Timestamp, defect: Option<Defect>) -> Self {
        let path_len = if defect == Some(Defect::PathTooLong) { 0 } else { 1 };
        let validity = if defect == Some(Defect::RootExpired) { expired(now) } else { valid(now) };
        let params = ca_params("Test root", path_len, validity);
        let key = new_key();
        let certificate = signed(self_signed(&params, &key));
        Self { now, defect, key, params, certificate, intermediate_key: new_key() }
    }

    fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }

    /// The chain of a PCK with this key, in PEM.
    fn chain(&self, pck_key: &ReportKey) -> String {
        let stranger = new_key();
        let strangers_root = signed(self_signed(&self.params, &stranger));
        let root = if self.has(Defect::OtherRoot) { &strangers_root } else { &self.certificate };

        let intermediate_params = self.intermediate_params();
        let is_strange = self.has(Defect::OtherRoot) || self.has(Defect::IntermediateForged);
        let issuer_key = if is_strange { &stranger } else { &self.key };
        let intermediate =
            signed(issued(&intermediate_params, &self.intermediate_key, &self.params, issuer_key));

        let pck_params = self.pck_params();
        let issuer_key = if self.has(Defect::PckForged) { &stranger } else { &self.intermediate_key };
        let pck = if self.has(Defect::PckOnP384) {
            let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("a P-384 key");
            signed(issued(&pck_params, &key, &intermediate_params, issuer_key))
        } else {
            signed(issued(&pck_params, pck_key, &intermediate_params, issuer_key))
        };

        let (pck, intermediate, root) = (pck.as_slice(), intermediate.as_slice(), root.as_slice());
        signed(match self.defect {
            Some(Defect::ChainReversed) => to_pem([root, intermediate, pck]),
            Some(Defect::RootMissing) => to_pem([pck, intermediate]),
            Some(Defect::PckMissing) => to_pem([root]),
            Some(Defect::ChainTooLong) => to_pem([pck].into_iter().chain([intermediate; 7]).chain([root])),
            _ => to_pem([pck, intermediate, root]),
        })
    }

    fn intermediate_params(&self) -> CertificateParams {
        let is_expired = self.has(Defect::IntermediateExpired);
        let validity = if is_expired { expired(self.now) } else { valid(self.now) };
        let mut params = ca_params("Test intermediate", 0, validity);
        if self.has(Defect::IntermediateNotCa) {
            params.is_ca = IsCa::ExplicitNoCa;
        }
        if self.has(Defect::IntermediateMayNotSign) {
            params.key_usages = vec![KeyUsagePurpose::CrlSign];
        }
        params
    }

    fn pck_params(&self) -> CertificateParams {
        let validity = match self.defect {
            Some(Defect::PckExpired) => expired(self.now),
            Some(Defect::PckNotYetValid) => {
                Validity { not_before: self.now.after(HOUR), not_after: self.now.after(DAY) }
            }
            _ => valid(self.now),
        };
        let mut params = pck_params("Test PCK", validity);
        match self.defect {
            Some(Defect::PckIsCa) => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            Some(Defect::PckMayNotSign) => params.key_usages = vec![KeyUsagePurpose::KeyEncipherment],
            Some(Defect::PckWithoutConstraints) => params.is_ca = IsCa::NoCa,
            Some(Defect::PckWithUnknownCriticalExtension) => {
                let mut extension = CustomExtension::from_oid_content(UNKNOWN_EXTENSION, DER_NULL.to_vec());
                extension.set_criticality(true);
                params.custom_extensions.push(extension);
            }
            Some(Defect::PckWithExtensionTwice) => {
                let extension = CustomExtension::from_oid_content(UNKNOWN_EXTENSION, DER_NULL.to_vec());
                params.custom_extensions.extend([extension.clone(), extension]);
            }
            _ => {}
        }
        params
    }

    /// Spoils what the PCK signs, or who signs it, or what is put in its place afterwards.
    fn spoil_enclave(&self, enclave: &mut QuotingEnclave, pck: &ReportKey) {
        let mut report = qe_report(&enclave.attestation_key.public_key(), &enclave.auth_data);
        let stranger = new_report_key();
        let mut signer = pck;
        match self.defect {
            Some(Defect::QeReportForged) => signer = &stranger,
            Some(Defect::QeDebug) => report.debug = true,
            Some(Defect::QeReportDataGoesOn) => report.report_data.0[63] = 1,
            Some(Defect::AuthDataChanged) => enclave.auth_data.push(0),
            Some(Defect::AttestationKeyNotVouched) => enclave.attestation_key = new_report_key(),
            _ => return,
        }
        enclave.qe_report = report.to_body();
        enclave.qe_signature = signed(signer.sign(&enclave.qe_report));
    }
}

/// A report with nothing remarkable in it.
#[must_use]
pub fn report(measurement: Measurement, report_data: ReportData) -> EnclaveReport {
    EnclaveReport {
        measurement,
        signer: Measurement([0x51; 32]),
        debug: false,
        prod_id: 7,
        svn: 3,
        report_data,
    }
}

fn valid(now: Timestamp) -> Validity {
    Validity::around(now, DAY, DAY)
}

fn expired(now: Timestamp) -> Validity {
    let before = |span: Nanos| Timestamp(now.0.saturating_sub(span.0));
    Validity { not_before: before(DAY), not_after: before(HOUR) }
}

fn new_key() -> CertificateKey {
    signed(CertificateKey::generate())
}

fn new_report_key() -> ReportKey {
    signed(ReportKey::generate())
}

fn signed<T>(result: Result<T, SigningError>) -> T {
    result.expect("the crypto library works")
}
