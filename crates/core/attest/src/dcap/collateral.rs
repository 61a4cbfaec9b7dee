//! Collateral: TCB Infos, QE Identities and revocation lists, verified once and looked up often.
//!
//! A document counts where the bytes received are signed by Intel's TCB signing certificate, which an
//! accepted root has to have issued itself; a revocation list where its issuer is an accepted root, or a CA
//! issued by one. What does not count is kept with its reason, and named where something is missing.
//!
//! Source: Intel SGX and TDX DCAP Quote Verification Library, collateral checks.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use casemate_model::{Fingerprint, Timestamp};
use thiserror::Error;

use super::platform::{CertificateId, PckPath};
use super::qe_identity::QeIdentity;
use super::svns::{Svns, TeeType};
use super::tcb_info::TcbInfo;
use super::{DcapFault, PCK_CHAIN, json, rating};
use crate::window::{Artifact, Window};
use crate::x509::{Certificate, Crl, LeafRules, PublicKey, verify_path};
use crate::{CertificateError, Endorsements, Fault, Roots, SignedJson};

pub use rating::Rating;

const TCB_INFO: &str = "TCB Info";
const QE_IDENTITY: &str = "QE Identity";
const SIGNING_CHAIN: &str = "TCB signing certificate chain";
const ROOT_CRL: &str = "root CA's revocation list";
const PCK_CRL: &str = "PCK CA's revocation list";
const CRL: &str = "revocation list";
/// The common name of the certificate whose key signs TCB Infos and QE Identities.
const SIGNER_NAME: &str = "Intel SGX TCB Signing";

/// Everything in [`Endorsements`] that rates DCAP quotes and verifies. Time is not looked at to make one.
#[derive(Clone, Debug, Default)]
pub struct Collateral {
    infos: BTreeMap<(TeeType, [u8; 6]), Vec<Signed<TcbInfo>>>,
    identities: BTreeMap<TeeType, Vec<Signed<QeIdentity>>>,
    root_crls: Vec<List>,
    pck_crls: Vec<List>,
    rejected: Vec<DcapFault>,
}

/// A document, when it is valid, and who signed it.
#[derive(Clone, Debug)]
pub(super) struct Signed<T> {
    pub(super) document: T,
    /// Of the document, its signer and the root.
    pub(super) window: Window,
    pub(super) evaluation_number: u32,
    signer: CertificateId,
    root: Fingerprint,
}

/// A revocation list, and when it is valid with its issuer.
#[derive(Clone, Debug)]
struct List {
    crl: Crl,
    window: Window,
    root: Fingerprint,
}

/// Why a piece of collateral does not count.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CollateralError {
    /// Longer than anything looked at.
    #[error("{found} bytes, more than the {limit} looked at")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
        /// Bytes received.
        found: usize,
    },
    /// Not a document that is read here.
    #[error("it cannot be read: {what}")]
    Json {
        /// What is wrong with it, and where.
        what: String,
    },
    /// No certificate that could have signed it.
    #[error("no TCB signing certificate issued by an accepted root was supplied with it")]
    NoSigner,
    /// Nobody known signed these bytes.
    #[error("no TCB signing certificate that was supplied signed these bytes")]
    Signature,
    /// A list whose issuer's certificate is missing or not accepted.
    #[error("no certificate of its issuer under an accepted root was supplied")]
    NoIssuer,
    /// A certificate or list that is not in order.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl Collateral {
    /// Verifies everything in `endorsements` that is DCAP collateral; roots that are accepted for
    /// Intel's TEEs accept it. Cannot fail: what does not verify is not in it, and
    /// [`rejected`](Self::rejected) says why.
    #[must_use]
    pub fn verify(endorsements: &Endorsements, roots: &Roots) -> Self {
        Self::with_chain(endorsements, &[], roots)
    }

    /// As [`verify`](Self::verify), with the verified chain of a quote for further issuers.
    pub(super) fn with_chain(endorsements: &Endorsements, chain: &[Certificate], roots: &Roots) -> Self {
        let mut it = Self::default();
        let mut certificates = chain.to_vec();
        for der in &endorsements.certificates {
            if certificates.iter().any(|known| known.der() == der.as_slice()) {
                continue;
            }
            match Certificate::parse(der) {
                Ok(certificate) => certificates.push(certificate),
                Err(cause) => it.reject("certificate", cause.into()),
            }
        }
        let issuers = Issuers::of(&certificates, chain, roots);
        for signed in &endorsements.tcb_infos {
            match issuers.verify(signed, TCB_INFO, TcbInfo::parse, |it| {
                (it.issued, it.next_update, it.evaluation_number)
            }) {
                Ok(info) => {
                    it.infos.entry((info.document.tee, info.document.fmspc)).or_default().push(info);
                }
                Err(cause) => it.reject(TCB_INFO, cause),
            }
        }
        for signed in &endorsements.qe_identities {
            match issuers.verify(signed, QE_IDENTITY, QeIdentity::parse, |it| {
                (it.issued, it.next_update, it.evaluation_number)
            }) {
                Ok(identity) => it.identities.entry(identity.document.tee).or_default().push(identity),
                Err(cause) => it.reject(QE_IDENTITY, cause),
            }
        }
        for der in &endorsements.crls {
            it.add_crl(der, &issuers);
        }
        it
    }

    /// What does not count, and why.
    #[must_use]
    pub fn rejected(&self) -> &[DcapFault] {
        &self.rejected
    }

    /// Whether it rates platforms of this family.
    #[must_use]
    pub fn covers(&self, tee: TeeType, fmspc: [u8; 6]) -> bool {
        self.infos.contains_key(&(tee, fmspc))
    }

    /// The families of platforms it rates.
    pub fn families(&self) -> impl Iterator<Item = (TeeType, [u8; 6])> + '_ {
        self.infos.keys().copied()
    }

    /// Matches security versions with the TCB levels that are in force at `now`, and looks for the
    /// platform's certificates in the revocation lists. No cryptography; of several documents that fit, the
    /// one of the highest evaluation number among those in date counts.
    ///
    /// # Errors
    ///
    /// What is missing, and what was supplied in its place and does not count.
    pub fn rate(&self, svns: &Svns, path: &PckPath, now: Timestamp) -> Result<Rating, Vec<Fault>> {
        let tee = svns.tee();
        let infos = self.infos.get(&(tee, svns.fmspc)).map(Vec::as_slice).unwrap_or_default();
        let info = newest(infos, now, |it| it.root == path.root && it.document.pce_id == svns.pce_id);
        let identities = self.identities.get(&tee).map(Vec::as_slice).unwrap_or_default();
        let identity = newest(identities, now, |it| it.root == path.root);
        let root_crl = current(&self.root_crls, &path.root, &path.ca.issuer, now);
        let pck_crl = current(&self.pck_crls, &path.root, &path.pck.issuer, now);
        let (Some(info), Some(identity), Some(root_crl), Some(pck_crl)) = (info, identity, root_crl, pck_crl)
        else {
            let found = [info.is_some(), identity.is_some(), root_crl.is_some(), pck_crl.is_some()];
            return Err(self.missing(svns, found));
        };
        let mut rating = rating::rate(svns, info, identity);
        rating.window = info.window.and(identity.window).and(root_crl.window).and(pck_crl.window);
        let mut revoked = |list: &List, id: &CertificateId, name, index| {
            if list.crl.revokes_serial(&id.issuer, &id.serial) {
                let what = Artifact { name, index: Some(index) };
                rating.faults.push(Fault::RevokedCertificate { what });
            }
        };
        revoked(pck_crl, &path.pck, PCK_CHAIN, 0);
        revoked(root_crl, &path.ca, PCK_CHAIN, 1);
        revoked(root_crl, &info.signer, SIGNING_CHAIN, 0);
        if identity.signer != info.signer {
            revoked(root_crl, &identity.signer, SIGNING_CHAIN, 0);
        }
        Ok(rating)
    }

    fn reject(&mut self, what: &'static str, cause: CollateralError) {
        self.rejected.push(DcapFault::Collateral { what, cause });
    }

    fn add_crl(&mut self, der: &[u8], issuers: &Issuers<'_>) {
        let crl = match Crl::parse(der) {
            Ok(crl) => crl,
            Err(cause) => return self.reject(CRL, cause.into()),
        };
        let mut refusal = CollateralError::NoIssuer;
        for (is_root, issuer) in
            issuers.roots.iter().map(|it| (true, it)).chain(issuers.cas.iter().map(|it| (false, it)))
        {
            if issuer.certificate.subject() != crl.issuer() {
                continue;
            }
            let (name, lists) =
                if is_root { (ROOT_CRL, &mut self.root_crls) } else { (PCK_CRL, &mut self.pck_crls) };
            match crl.verify(issuer.certificate, name) {
                Ok(window) => {
                    let window = window.and(issuer.window);
                    return lists.push(List { crl, window, root: issuer.root });
                }
                Err(cause) => refusal = cause.into(),
            }
        }
        self.reject(CRL, refusal);
    }

    /// What of TCB Info, QE Identity, root's and PCK CA's list is not found, each followed by what was
    /// supplied in its place.
    fn missing(&self, svns: &Svns, found: [bool; 4]) -> Vec<Fault> {
        let tee = svns.tee();
        let [info, identity, root_crl, pck_crl] = found;
        let mut faults = Vec::new();
        let mut lack = |is_found: bool, what: &[&str], fault: DcapFault| {
            if !is_found {
                faults.push(Fault::Dcap(fault));
                let rejected = self.rejected.iter().filter(
                    |it| matches!(it, DcapFault::Collateral { what: rejected, .. } if what.contains(rejected)),
                );
                for rejected in rejected.cloned().map(Fault::Dcap) {
                    if !faults.contains(&rejected) {
                        faults.push(rejected);
                    }
                }
            }
        };
        let (fmspc, pce_id) = (crate::inspect::hex(&svns.fmspc), crate::inspect::hex(&svns.pce_id));
        let no_info = DcapFault::NoTcbInfo { tee: tee.as_str(), fmspc, pce_id };
        lack(info, &[TCB_INFO, "certificate"], no_info);
        let no_identity = DcapFault::NoQeIdentity { id: tee.quoting_enclave() };
        lack(identity, &[QE_IDENTITY, "certificate"], no_identity);
        lack(root_crl, &[CRL, "certificate"], DcapFault::NoCrl { issuer: "root CA" });
        lack(pck_crl, &[CRL, "certificate"], DcapFault::NoCrl { issuer: "PCK CA" });
        faults
    }
}

/// The document of the highest evaluation number, preferably one in date; of equal ones the newest.
fn newest<T>(
    documents: &[Signed<T>],
    now: Timestamp,
    fits: impl Fn(&Signed<T>) -> bool,
) -> Option<&Signed<T>> {
    let fitting = documents.iter().filter(|it| fits(it));
    fitting.max_by_key(|it| (it.window.contains(now), it.evaluation_number, it.window.not_after()))
}

/// The newest list by this issuer, preferably one in date.
fn current<'a>(lists: &'a [List], root: &Fingerprint, issuer: &[u8], now: Timestamp) -> Option<&'a List> {
    let by_issuer = lists.iter().filter(|it| it.root == *root && it.crl.issuer() == issuer);
    by_issuer.max_by_key(|it| (it.window.contains(now), it.crl.this_update()))
}

/// Certificates that may sign documents or lists, under an accepted root.
struct Issuers<'a> {
    roots: Vec<Issuer<'a>>,
    cas: Vec<Issuer<'a>>,
    signers: Vec<Issuer<'a>>,
}

struct Issuer<'a> {
    certificate: &'a Certificate,
    window: Window,
    root: Fingerprint,
}

impl<'a> Issuers<'a> {
    /// `verified` are those of a chain whose signatures hold: they are not verified again.
    fn of(certificates: &'a [Certificate], verified: &[Certificate], accepted: &Roots) -> Self {
        let mut it = Self { roots: Vec::new(), cas: Vec::new(), signers: Vec::new() };
        for certificate in certificates.iter().filter(|it| it.is_self_issued()) {
            let root = certificate.fingerprint();
            if accepted.is_intel(&root) {
                let window = validity(certificate, "root CA certificate");
                it.roots.push(Issuer { certificate, window, root });
            }
        }
        for certificate in certificates.iter().filter(|it| !it.is_self_issued()) {
            for root in it.roots.iter().filter(|root| root.certificate.subject() == certificate.issuer()) {
                let is_ca = certificate.constraints().is_some_and(|it| it.ca);
                let is_known = verified.contains(certificate) && verified.contains(root.certificate);
                let holds = || is_known || root.certificate.has_signed(certificate);
                if is_ca && holds() {
                    let window = root.window.and(validity(certificate, "PCK CA certificate"));
                    it.cas.push(Issuer { certificate, window, root: root.root });
                } else if !is_ca && certificate.common_name() == Some(SIGNER_NAME) {
                    let path = [certificate, root.certificate];
                    let verified =
                        verify_path(&path, LeafRules::SaysItSigns, SIGNING_CHAIN, |it| *it == root.root);
                    if let Ok(path) = verified {
                        it.signers.push(Issuer { certificate, window: path.window, root: path.root });
                    }
                }
            }
        }
        it
    }

    /// Verifies a document's signature, then reads it.
    fn verify<T>(
        &self,
        signed: &SignedJson,
        name: &'static str,
        parse: impl FnOnce(&[u8]) -> Result<T, String>,
        facts: impl FnOnce(&T) -> (Timestamp, Timestamp, u32),
    ) -> Result<Signed<T>, CollateralError> {
        if signed.json.len() > json::MAX_LEN {
            return Err(CollateralError::TooLong { limit: json::MAX_LEN, found: signed.json.len() });
        }
        if self.signers.is_empty() {
            return Err(CollateralError::NoSigner);
        }
        let has_signed = |signer: &&Issuer<'_>| match signer.certificate.public_key() {
            PublicKey::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(&signed.json, &signed.signature)
                .is_ok(),
            _ => false,
        };
        let signer = self.signers.iter().find(has_signed).ok_or(CollateralError::Signature)?;
        let document = parse(&signed.json).map_err(|what| CollateralError::Json { what })?;
        let (issued, next_update, evaluation_number) = facts(&document);
        let window = Window::new(issued, next_update, Artifact { name, index: None }).and(signer.window);
        let id = CertificateId::of(signer.certificate);
        Ok(Signed { document, window, evaluation_number, signer: id, root: signer.root })
    }
}

/// When a certificate of a list's issuer is valid.
fn validity(certificate: &Certificate, name: &'static str) -> Window {
    let artifact = Artifact { name, index: None };
    Window::new(certificate.not_before(), certificate.not_after(), artifact)
}
