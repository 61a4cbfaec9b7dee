//! AMD SEV-SNP: root, issuers, keys of chips and providers, revocation lists and reports, of every product.

mod certificate;
mod report;

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
};
use casemate_attest::claims::{SnpBody, SnpKey, SnpTcb};
use casemate_attest::{Endorsements, Evidence, Product, Roots};
use casemate_model::{Fingerprint, ReportData, Timestamp};

use super::{DAY, HOUR, expired, valid};
use crate::certificate::Validity;
use crate::key::sha256;
use certificate::{
    Certificate, SubjectKey, ca_extensions, ia5, issuer_names, revocation_list, vek_extensions,
};

const ARK_SERIAL: u8 = 1;
const ISSUER_SERIAL: u8 = 2;
/// AMD's have zero, all of them: no list could tell them apart.
const VEK_SERIAL: u8 = 3;

/// One thing that is wrong with a report, its certificates or lists. Everything else is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnpDefect {
    /// The VCEK or VLEK's certificate expired an hour ago.
    VekExpired,
    /// The VCEK or VLEK's certificate becomes valid in an hour.
    VekNotYetValid,
    /// The issuer's certificate expired an hour ago.
    IssuerExpired,
    /// The issuer is no CA.
    IssuerNotCa,
    /// The VCEK or VLEK is a CA.
    VekIsCa,
    /// A stranger signed the VCEK or VLEK's certificate under the issuer's name.
    VekForged,
    /// A stranger signed the issuer's certificate under the root's name.
    IssuerForged,
    /// The whole chain is a stranger's, under the same names.
    OtherRoot,
    /// The issuer of the other kind of keys issued this one.
    OtherIssuer,
    /// The certificate does not say whose key it is of (hwID or cspID).
    OwnerMissing,
    /// The certificate says of a chip and of a provider that they have the key.
    OwnerTwice,
    /// The certificate is of another chip's key.
    OtherChip,
    /// The certificate is for another product than its root's.
    OtherProduct,
    /// The certificate is laid out as those of another product.
    OtherLayout,
    /// The key was derived for other security versions.
    OtherTcb,
    /// The key is on P-256.
    VekOnP256,
    /// Another key than the certificate's signed the report.
    ReportForged,
    /// The root's list revokes the issuer.
    IssuerRevoked,
    /// The issuer's list revokes the VCEK or VLEK.
    VekRevoked,
    /// The root's list has ended.
    ListExpired,
}

impl SnpDefect {
    /// Every defect.
    pub const ALL: [Self; 20] = [
        Self::VekExpired,
        Self::VekNotYetValid,
        Self::IssuerExpired,
        Self::IssuerNotCa,
        Self::VekIsCa,
        Self::VekForged,
        Self::IssuerForged,
        Self::OtherRoot,
        Self::OtherIssuer,
        Self::OwnerMissing,
        Self::OwnerTwice,
        Self::OtherChip,
        Self::OtherProduct,
        Self::OtherLayout,
        Self::OtherTcb,
        Self::VekOnP256,
        Self::ReportForged,
        Self::IssuerRevoked,
        Self::VekRevoked,
        Self::ListExpired,
    ];
}

/// RSA keys take long to make: one set does for a process. 2,048 bits, AMD's have 4,096.
struct Authorities {
    root: RsaKeyPair,
    issuer: RsaKeyPair,
    stranger: RsaKeyPair,
}

fn authorities() -> &'static Authorities {
    static ONCE: OnceLock<Authorities> = OnceLock::new();
    let key = || RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key");
    ONCE.get_or_init(|| Authorities { root: key(), issuer: key(), stranger: key() })
}

/// A root of one product for one test, what it issued, and the instant at which its reports are good.
#[derive(Debug)]
pub struct SnpRoot {
    now: Timestamp,
    product: Product,
    defect: Option<SnpDefect>,
    vek: EcdsaKeyPair,
    /// Of the key, its issuer and the root.
    certificates: Vec<Vec<u8>>,
    fingerprint: Fingerprint,
    /// The chip or provider and the versions that the certificate states, but for a defect.
    certified: SnpBody,
    /// What its reports will say. A test may change it.
    pub body: SnpBody,
}

impl SnpRoot {
    /// Whom a VLEK is of.
    pub const PROVIDER: &str = "CN=cloud.example";

    /// A new root whose reports, of this product and by this kind of key, have nothing wrong at `now`.
    #[must_use]
    pub fn new(now: Timestamp, product: Product, key: SnpKey) -> Self {
        Self::build(now, product, key, None)
    }

    /// A new root whose reports have this wrong at `now`.
    #[must_use]
    pub fn with_defect(now: Timestamp, product: Product, key: SnpKey, defect: SnpDefect) -> Self {
        Self::build(now, product, key, Some(defect))
    }

    /// What a policy would name it by.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// This root for its product, and no other.
    #[must_use]
    pub fn roots(&self) -> Roots {
        Roots::none().with_amd(self.product, self.fingerprint())
    }

    /// The report that says [`Self::body`].
    #[must_use]
    pub fn report(&self) -> Vec<u8> {
        self.report_of(&report::signed_part(&self.body))
    }

    /// A report of this content, whatever it is, signed.
    ///
    /// # Panics
    ///
    /// Where the content is longer than a report, or the crypto library fails.
    #[must_use]
    pub fn report_of(&self, content: &[u8]) -> Vec<u8> {
        let stranger = vek_key();
        let key = if self.has(SnpDefect::ReportForged) { &stranger } else { &self.vek };
        let signature = key.sign(&SystemRandom::new(), content).expect("the key signs");
        report::assemble(content, signature.as_ref())
    }

    /// The report's signed part, to be changed and given to [`Self::report_of`].
    #[must_use]
    pub fn content(&self) -> Vec<u8> {
        report::signed_part(&self.body)
    }

    /// Certificates of the key, its issuer and the root.
    #[must_use]
    pub fn certificates(&self) -> Vec<Vec<u8>> {
        self.certificates.clone()
    }

    /// The revocation lists of root and issuer.
    #[must_use]
    pub fn crls(&self) -> Vec<Vec<u8>> {
        let Authorities { root, issuer, .. } = authorities();
        let is_ended = self.has(SnpDefect::ListExpired);
        let validity = if is_ended { expired(self.now) } else { valid(self.now) };
        let issuer_revoked = self.has(SnpDefect::IssuerRevoked).then_some(ISSUER_SERIAL);
        let vek_revoked = self.has(SnpDefect::VekRevoked).then_some(VEK_SERIAL);
        vec![
            revocation_list(&self.root_name(), validity, issuer_revoked, root),
            revocation_list(&self.issuer_name(), valid(self.now), vek_revoked, issuer),
        ]
    }

    /// The report, with its certificates sent along.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        Evidence::SnpReport { report: self.report(), certificates: self.certificates() }
    }

    /// The revocation lists.
    #[must_use]
    pub fn endorsements(&self) -> Endorsements {
        Endorsements { crls: self.crls(), ..Endorsements::none() }
    }

    fn build(now: Timestamp, product: Product, key: SnpKey, defect: Option<SnpDefect>) -> Self {
        let body = body(product, key);
        let mut root = Self {
            now,
            product,
            defect,
            vek: vek_key(),
            certificates: Vec::new(),
            fingerprint: Fingerprint([0; 32]),
            certified: body.clone(),
            body,
        };
        root.issue();
        root
    }

    /// Issues every certificate. Their signatures are never the same twice.
    fn issue(&mut self) {
        let Authorities { root, issuer, stranger } = authorities();
        let accepted = self.root_certificate(root);
        self.fingerprint = Fingerprint(sha256(&accepted));
        let is_other = self.has(SnpDefect::OtherRoot);
        let root_key = if is_other { stranger } else { root };
        let issuer_signer = if self.has(SnpDefect::IssuerForged) { stranger } else { root_key };
        let vek_signer = if self.has(SnpDefect::VekForged) { stranger } else { issuer };
        self.certificates = vec![
            self.vek_certificate(vek_signer),
            self.issuer_certificate(issuer_signer),
            if is_other { self.root_certificate(stranger) } else { accepted },
        ];
    }

    fn has(&self, defect: SnpDefect) -> bool {
        self.defect == Some(defect)
    }

    fn root_name(&self) -> String {
        format!("ARK-{}", self.product)
    }

    fn issuer_name(&self) -> String {
        let is_vlek = self.certified.signing_key == SnpKey::Vlek;
        let [of_vceks, of_vleks] = issuer_names(self.product);
        if is_vlek != self.has(SnpDefect::OtherIssuer) { of_vleks } else { of_vceks }
    }

    fn root_certificate(&self, key: &RsaKeyPair) -> Vec<u8> {
        let name = self.root_name();
        Certificate {
            serial: ARK_SERIAL,
            subject: &name,
            issuer: &name,
            validity: valid(self.now),
            key: SubjectKey::Rsa(key),
            extensions: ca_extensions(true),
        }
        .signed_by(key)
    }

    fn issuer_certificate(&self, signer: &RsaKeyPair) -> Vec<u8> {
        let is_expired = self.has(SnpDefect::IssuerExpired);
        Certificate {
            serial: ISSUER_SERIAL,
            subject: &self.issuer_name(),
            issuer: &self.root_name(),
            validity: if is_expired { expired(self.now) } else { valid(self.now) },
            key: SubjectKey::Rsa(&authorities().issuer),
            extensions: ca_extensions(!self.has(SnpDefect::IssuerNotCa)),
        }
        .signed_by(signer)
    }

    fn vek_certificate(&self, signer: &RsaKeyPair) -> Vec<u8> {
        let on_p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a P-256 key");
        let key = match self.has(SnpDefect::VekOnP256) {
            true => SubjectKey::P256(on_p256.public_key().as_ref()),
            false => SubjectKey::P384(self.vek.public_key().as_ref()),
        };
        let validity = match self.defect {
            Some(SnpDefect::VekExpired) => expired(self.now),
            Some(SnpDefect::VekNotYetValid) => {
                Validity { not_before: self.now.after(HOUR), not_after: self.now.after(DAY) }
            }
            _ => valid(self.now),
        };
        let subject = match self.certified.signing_key {
            SnpKey::Vcek => "SEV-VCEK",
            SnpKey::Vlek => "SEV-VLEK",
        };
        let (serial, issuer) = (VEK_SERIAL, &self.issuer_name());
        Certificate { serial, subject, issuer, validity, key, extensions: self.vek_extensions() }
            .signed_by(signer)
    }

    fn vek_extensions(&self) -> Vec<Vec<u8>> {
        let is_turin = (self.product == Product::Turin) != self.has(SnpDefect::OtherLayout);
        let mut tcb = SnpTcb { fmc: is_turin.then_some(0), ..self.certified.reported_tcb };
        if self.has(SnpDefect::OtherTcb) {
            tcb.snp += 1;
        }
        let product = match (self.has(SnpDefect::OtherProduct), self.product) {
            (false, product) => product,
            (true, Product::Milan) => Product::Genoa,
            (true, _) => Product::Milan,
        };
        let mut extensions =
            vek_extensions(u8::from(is_turin), &format!("{product}-B1"), &tcb, &self.owner(is_turin));
        if self.has(SnpDefect::VekIsCa) {
            extensions.extend(ca_extensions(true));
        }
        extensions
    }

    /// hwID of a chip, bare as AMD's service writes it, or cspID of a provider.
    fn owner(&self, is_turin: bool) -> Vec<(&'static str, Vec<u8>)> {
        let mut chip = self.certified.chip_id[..if is_turin { 8 } else { 64 }].to_vec();
        if self.has(SnpDefect::OtherChip) {
            chip[0] ^= 1;
        }
        let chip = ("4", chip);
        let provider = ("5", ia5(Self::PROVIDER));
        match (self.defect, self.certified.signing_key) {
            (Some(SnpDefect::OwnerMissing), _) => Vec::new(),
            (Some(SnpDefect::OwnerTwice), _) => vec![chip, provider],
            (_, SnpKey::Vcek) => vec![chip],
            (_, SnpKey::Vlek) => vec![provider],
        }
    }
}

/// A report with nothing remarkable in it, in the newest version the product writes.
fn body(product: Product, signing_key: SnpKey) -> SnpBody {
    let (version, cpuid) = match product {
        Product::Milan => (3, [0x19, 0x01, 0x01]),
        Product::Genoa => (3, [0x19, 0x11, 0x01]),
        Product::Turin => (5, [0x1a, 0x02, 0x01]),
    };
    let fmc = (product == Product::Turin).then_some(0);
    let tcb = SnpTcb { fmc, boot_loader: 4, tee: 0, snp: 24, microcode: 219 };
    let mut chip_id = [0; 64];
    let used = if product == Product::Turin { 8 } else { 64 };
    chip_id[..used].fill(0xc1);
    SnpBody {
        version,
        product,
        signing_key,
        guest_svn: 7,
        policy: 0x3_0000,
        family_id: [0xfa; 16],
        image_id: [0x1a; 16],
        vmpl: 0,
        current_tcb: tcb,
        platform_info: 0x25,
        author_key_enabled: false,
        chip_key_masked: false,
        report_data: ReportData([0xd4; 64]),
        measurement: [0x3e; 48].into(),
        host_data: [0x0d; 32].into(),
        id_key_digest: [0x1d; 48].into(),
        author_key_digest: [0; 48].into(),
        report_id: [0x1e; 32],
        report_id_ma: [0xff; 32],
        reported_tcb: tcb,
        cpuid: Some(cpuid),
        chip_id,
        committed_tcb: tcb,
        current_version: [55, 1, 1],
        committed_version: [54, 1, 1],
        launch_tcb: tcb,
        launch_mit_vector: (version >= 5).then_some(3),
        current_mit_vector: (version >= 5).then_some(7),
    }
}

fn vek_key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a P-384 key")
}
