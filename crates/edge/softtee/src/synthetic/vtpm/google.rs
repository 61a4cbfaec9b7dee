//! vTPMs of Google Compute Engine, under a root that exists in memory only.

use casemate_attest::claims::PcrBank;
use casemate_attest::{Endorsements, Evidence, GceVtpm, Roots, TpmQuote};
use casemate_model::{Fingerprint, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256,
    PublicKeyData, SerialNumber,
};

use super::tpm::{SyntheticTpm, TpmKeyKind, event_log};
use crate::certificate::{ca_params, issued, pck_params, self_signed};
use crate::key::sha256;
use crate::synthetic::revocation::revocation_list;
use crate::synthetic::{expired, signed, valid};

/// Google's extension that says which VM it is.
const INSTANCE_INFO: &[u64] = &[1, 3, 6, 1, 4, 1, 11129, 2, 1, 21];
/// Of every attestation key's certificate.
const LEAF_SERIAL: u64 = 0x1eaf;

/// One thing that is wrong with the evidence. Everything else about it is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoogleDefect {
    /// The key's certificate expired an hour ago.
    LeafExpired,
    /// The intermediate's certificate expired an hour ago.
    IntermediateExpired,
    /// The key's certificate is a CA's.
    LeafIsCa,
    /// A stranger issued the key's certificate under the right name.
    LeafForged,
    /// The whole chain is a stranger's, under the same names.
    OtherRoot,
    /// The certificate is of the same modulus with another exponent.
    OtherExponent,
    /// The certificate is of another key.
    OtherKey,
    /// No certificate was sent.
    NoCertificate,
    /// The certificate does not say of which VM it is.
    NoInstanceInfo,
    /// What says of which VM it is cannot be read.
    InstanceInfoMalformed,
    /// The VM is none of production.
    NotProduction,
    /// The key signs what the TPM did not make.
    KeyNotRestricted,
    /// The second quote is for another nonce.
    OtherNonce,
    /// The second quote is over fewer registers.
    OtherRegisters,
    /// The TPM was reset between the quotes.
    ResetBetween,
    /// Two quotes are over one bank.
    BankTwice,
    /// SHA-1 alone is quoted.
    OnlySha1,
    /// There is no quote.
    NoQuote,
    /// The log lacks its last event.
    EventMissing,
    /// The log's last event measured something else.
    EventChanged,
}

impl GoogleDefect {
    /// Every defect.
    pub const ALL: [Self; 20] = [
        Self::LeafExpired,
        Self::IntermediateExpired,
        Self::LeafIsCa,
        Self::LeafForged,
        Self::OtherRoot,
        Self::OtherExponent,
        Self::OtherKey,
        Self::NoCertificate,
        Self::NoInstanceInfo,
        Self::InstanceInfoMalformed,
        Self::NotProduction,
        Self::KeyNotRestricted,
        Self::OtherNonce,
        Self::OtherRegisters,
        Self::ResetBetween,
        Self::BankTwice,
        Self::OnlySha1,
        Self::NoQuote,
        Self::EventMissing,
        Self::EventChanged,
    ];
}

/// A root for one test, the intermediate below it, a vTPM, and the instant at which its evidence is good.
#[derive(Debug)]
pub struct GoogleRoot {
    now: Timestamp,
    defect: Option<GoogleDefect>,
    root: Authority,
    certificate: Vec<u8>,
    intermediate: Authority,
    tpm: SyntheticTpm,
}

#[derive(Debug)]
struct Authority {
    params: CertificateParams,
    key: KeyPair,
}

impl GoogleRoot {
    /// A new root and a vTPM with an RSA key, as Google's have, whose evidence has nothing wrong at `now`, nor in the day after it.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self::build(now, TpmKeyKind::RsaSsa, None)
    }

    /// The same with a key of this kind.
    #[must_use]
    pub fn with_key(now: Timestamp, kind: TpmKeyKind) -> Self {
        Self::build(now, kind, None)
    }

    /// A new root whose evidence has this wrong at `now`.
    #[must_use]
    pub fn with_defect(now: Timestamp, defect: GoogleDefect) -> Self {
        let is_of_rsa = defect == GoogleDefect::OtherExponent;
        Self::build(now, if is_of_rsa { TpmKeyKind::RsaSsa } else { TpmKeyKind::P256 }, Some(defect))
    }

    /// What a policy would name it by.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(sha256(&self.certificate))
    }

    /// This root and no other.
    #[must_use]
    pub fn roots(&self) -> Roots {
        Roots::none().with_google(self.fingerprint())
    }

    /// The vTPM.
    #[must_use]
    pub fn tpm(&self) -> &SyntheticTpm {
        &self.tpm
    }

    /// The vTPM, for a test to change what its quotes will say.
    pub fn tpm_mut(&mut self) -> &mut SyntheticTpm {
        &mut self.tpm
    }

    /// Quotes of the SHA-1 and the SHA-256 bank, the log that leads to them, and the certificates.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        Evidence::GceVtpm(Box::new(self.gce()))
    }

    /// The same, for a test to edit.
    #[must_use]
    pub fn gce(&self) -> GceVtpm {
        let (certificate, certificates) = self.certificates();
        let is_certified = !self.has(GoogleDefect::NoCertificate);
        GceVtpm {
            ak_public: self.tpm.public_area(),
            ak_certificate: is_certified.then_some(certificate),
            certificates,
            quotes: self.quotes(),
            event_log: Some(self.log()),
            inner: None,
        }
    }

    /// The revocation lists of root and intermediate, and the key's certificate on one if it is `revoked`.
    #[must_use]
    pub fn endorsements(&self, revoked: bool) -> Endorsements {
        let crls =
            vec![self.crl(&self.root, None), self.crl(&self.intermediate, revoked.then_some(LEAF_SERIAL))];
        Endorsements { crls, ..Endorsements::none() }
    }

    fn build(now: Timestamp, kind: TpmKeyKind, defect: Option<GoogleDefect>) -> Self {
        let has = |it| defect == Some(it);
        let authority = |name, path_len, validity| Authority {
            params: ca_params(name, path_len, validity),
            key: KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key"),
        };
        let root = authority("Test vTPM root", 1, valid(now));
        let validity = if has(GoogleDefect::IntermediateExpired) { expired(now) } else { valid(now) };
        let intermediate = authority("Test vTPM intermediate", 0, validity);
        let certificate = signed(self_signed(&root.params, &root.key));
        let mut tpm = SyntheticTpm::new(kind);
        if has(GoogleDefect::KeyNotRestricted) {
            tpm.attributes &= !(1 << 16);
        }
        Self { now, defect, root, certificate, intermediate, tpm }
    }

    fn has(&self, defect: GoogleDefect) -> bool {
        self.defect == Some(defect)
    }

    /// The key's certificate, and those of its issuers, root first.
    fn certificates(&self) -> (Vec<u8>, Vec<Vec<u8>>) {
        let stranger = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
        let is_strange = self.has(GoogleDefect::OtherRoot);
        let root_key = if is_strange { &stranger } else { &self.root.key };
        let root = if is_strange {
            signed(self_signed(&self.root.params, root_key))
        } else {
            self.certificate.clone()
        };
        let below = &self.intermediate;
        let intermediate = signed(issued(&below.params, &below.key, &self.root.params, root_key));
        let signer = if self.has(GoogleDefect::LeafForged) { &stranger } else { &below.key };
        let params = self.leaf_params();
        let leaf = match self.defect {
            Some(GoogleDefect::OtherExponent) => {
                signed(issued(&params, &OtherExponent::of(&self.tpm), &below.params, signer))
            }
            Some(GoogleDefect::OtherKey) => {
                let other = SyntheticTpm::stranger(TpmKeyKind::P256);
                signed(issued(&params, &other, &below.params, signer))
            }
            _ => signed(issued(&params, &self.tpm, &below.params, signer)),
        };
        (leaf, vec![root, intermediate])
    }

    fn leaf_params(&self) -> CertificateParams {
        let validity = if self.has(GoogleDefect::LeafExpired) { expired(self.now) } else { valid(self.now) };
        let mut params = pck_params("Test vTPM key", validity);
        params.serial_number = Some(SerialNumber::from(LEAF_SERIAL));
        if self.has(GoogleDefect::LeafIsCa) {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let mut info = instance_info(!self.has(GoogleDefect::NotProduction));
        if self.has(GoogleDefect::InstanceInfoMalformed) {
            info.pop();
        }
        if !self.has(GoogleDefect::NoInstanceInfo) {
            params.custom_extensions.push(CustomExtension::from_oid_content(INSTANCE_INFO, info));
        }
        params
    }

    fn quotes(&self) -> Vec<TpmQuote> {
        let (first, second) = (self.tpm.quote(PcrBank::Sha1), self.tpm.quote(PcrBank::Sha256));
        let mut other = self.tpm.statement.clone();
        match self.defect {
            Some(GoogleDefect::OtherNonce) => other.extra_data.push(0),
            Some(GoogleDefect::OtherRegisters) => drop(other.selection.pop()),
            Some(GoogleDefect::ResetBetween) => other.counts.0 += 1,
            Some(GoogleDefect::BankTwice) => return vec![first, second.clone(), second],
            Some(GoogleDefect::OnlySha1) => return vec![first],
            Some(GoogleDefect::NoQuote) => return Vec::new(),
            _ => return vec![first, second],
        }
        vec![first, self.tpm.quote_with(&other, PcrBank::Sha256, None)]
    }

    fn log(&self) -> Vec<u8> {
        const LAST_EVENT: usize = 12 + 22 + 34 + 4 + 7;
        let mut log = event_log();
        if self.has(GoogleDefect::EventMissing) {
            log.truncate(log.len() - LAST_EVENT);
        }
        if self.has(GoogleDefect::EventChanged) {
            // In the SHA-256 digest of the last event, before its length and content.
            let at = log.len() - 4 - 7 - 1;
            log[at] ^= 1;
        }
        log
    }

    fn crl(&self, issuer: &Authority, revoked: Option<u64>) -> Vec<u8> {
        revocation_list(&issuer.params, &issuer.key, valid(self.now), revoked)
    }
}

/// An RSA key's modulus with another exponent.
struct OtherExponent(Vec<u8>);

impl OtherExponent {
    fn of(tpm: &SyntheticTpm) -> Self {
        let mut der = tpm.der_bytes().to_vec();
        // The exponent 65,537 is the last number: 01 00 01.
        if let Some(last) = der.last_mut() {
            *last = 3;
        }
        Self(der)
    }
}

impl PublicKeyData for OtherExponent {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

/// Zone `z`, project 5 `p`, instance 9 `i`.
fn instance_info(is_production: bool) -> Vec<u8> {
    let production = if is_production { 0xff } else { 0 };
    let body = [12, 1, b'z', 2, 1, 5, 12, 1, b'p', 2, 1, 9, 12, 1, b'i'];
    let properties = [0xa0, 12, 0x30, 10, 0xa0, 3, 2, 1, 0, 0xa1, 3, 1, 1, production];
    [&[0x30, (body.len() + properties.len()) as u8][..], &body, &properties].concat()
}
