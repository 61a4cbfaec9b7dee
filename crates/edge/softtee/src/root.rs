//! This machine's software root: a key and its self-signed certificate, kept in one file.

use std::fmt;
use std::path::{Path, PathBuf};

use casemate_attest::{Endorsements, Refused, Roots, verify};
use casemate_model::{Fingerprint, Measurement, Nanos, ReportData, Timestamp};
use der::pem::{self, LineEnding};
use rcgen::CertificateParams;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::certificate::{Validity, ca_params, issued, pck_params, self_signed, to_pem};
use crate::key::{CertificateKey, ReportKey, sha256};
use crate::store::{self, StoreError};
use crate::{EnclaveReport, QuotingEnclave, SigningError};

const FILE: &str = "software-root.pem";
const ROOT_NAME: &str = "Casemate software root";
const PCK_NAME: &str = "Casemate software PCK";
const KEY_LABEL: &str = "PRIVATE KEY";
const CERTIFICATE_BEGIN: &str = "-----BEGIN CERTIFICATE-----";

const DAY: Nanos = Nanos::from_secs(24 * 3600);
/// Twenty years: a machine's life. A new root means that every policy must name it.
const ROOT_SPAN: Nanos = Nanos(20 * 365 * DAY.0);
/// A process that lives longer asks for a new quoting enclave.
const PCK_SPAN: Nanos = Nanos(7 * DAY.0);
/// Certificates are valid this long before they were made.
const CLOCK_SLACK: Nanos = DAY;

/// The root of this machine's software TEE.
///
/// Generated once for each directory. Whoever can read its file can forge any quote under it.
pub struct SoftwareRoot {
    key: CertificateKey,
    certificate: Vec<u8>,
    path: PathBuf,
}

impl SoftwareRoot {
    /// Opens the root kept in `dir`, or makes one. Processes that race to make it get the same one.
    ///
    /// The directory is made with mode 0700, the file with mode 0600. `now` dates a new root, and
    /// an old one is tried: it has to issue a quote that verifies.
    ///
    /// # Errors
    ///
    /// Where others may read the file or replace it, it is not a root, or the root has expired.
    pub fn open_or_create(dir: &Path, now: Timestamp) -> Result<Self, RootError> {
        let path = dir.join(FILE);
        let content = store::read_or_create(dir, &path, || Self::generate(now))?;
        let root = Self::from_file(&content, path)?;
        root.check(now)?;
        Ok(root)
    }

    /// What a policy names it by: SHA-256 over its certificate's DER.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(sha256(&self.certificate))
    }

    /// The file it is kept in.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A quoting enclave with new keys, whose certificate is valid for seven days from `now`.
    ///
    /// # Errors
    ///
    /// Where the crypto library cannot generate or sign.
    pub fn quoting_enclave(&self, now: Timestamp) -> Result<QuotingEnclave, SigningError> {
        let validity = Validity::around(now, CLOCK_SLACK, PCK_SPAN);
        let pck = ReportKey::generate()?;
        let certificate = issued(&pck_params(PCK_NAME, validity), &pck, &Self::params(now), &self.key)?;
        let chain = to_pem([certificate.as_slice(), &self.certificate])?;
        QuotingEnclave::new(&pck, chain, validity.not_after)
    }

    /// The content of a new root's file.
    fn generate(now: Timestamp) -> Result<Zeroizing<String>, SigningError> {
        let key = CertificateKey::generate()?;
        let certificate = self_signed(&Self::params(now), &key)?;
        let pkcs8 = key.to_pkcs8()?;
        let key_pem = pem::encode_string(KEY_LABEL, LineEnding::LF, pkcs8.as_ref());
        let key_pem = Zeroizing::new(key_pem.map_err(|_| SigningError("write a key as PEM"))?);
        let certificate_pem = to_pem([certificate.as_slice()])?;

        // Room for all of it at once: a string that grows leaves its old bytes behind.
        let mut content = Zeroizing::new(String::with_capacity(key_pem.len() + certificate_pem.len()));
        content.push_str(&key_pem);
        content.push_str(&certificate_pem);
        Ok(content)
    }

    fn from_file(content: &str, path: PathBuf) -> Result<Self, RootError> {
        let malformed = |what| RootError::Malformed { path: path.clone(), what };
        let split = content.find(CERTIFICATE_BEGIN).ok_or(malformed("no certificate"))?;
        let (key_pem, certificate_pem) = content.split_at(split);

        let (label, pkcs8) =
            pem::decode_vec(key_pem.as_bytes()).map_err(|_| malformed("no PEM private key"))?;
        let pkcs8 = Zeroizing::new(pkcs8);
        let key = (label == KEY_LABEL)
            .then(|| CertificateKey::from_pkcs8(&pkcs8))
            .flatten()
            .ok_or(malformed("its private key is not P-256 in PKCS #8"))?;
        let (_, certificate) = pem::decode_vec(certificate_pem.as_bytes())
            .map_err(|_| malformed("its certificate is not PEM"))?;
        Ok(Self { key, certificate, path })
    }

    /// Makes a quote and verifies it: key and certificate belong together, and are valid now.
    fn check(&self, now: Timestamp) -> Result<(), RootError> {
        let probe = EnclaveReport {
            measurement: Measurement([0; 32]),
            signer: Measurement([0; 32]),
            debug: false,
            prod_id: 0,
            svn: 0,
            report_data: ReportData([0; 64]),
        };
        let evidence = self.quoting_enclave(now)?.quote(&probe)?;
        verify(&evidence, &Endorsements::none(), &Roots::software([self.fingerprint()]), now)
            .map(drop)
            .map_err(|cause| RootError::Unusable { path: self.path.clone(), cause })
    }

    /// As issuer only the name counts, which is the same for every root.
    fn params(now: Timestamp) -> CertificateParams {
        ca_params(ROOT_NAME, 0, Validity::around(now, CLOCK_SLACK, ROOT_SPAN))
    }
}

impl fmt::Debug for SoftwareRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftwareRoot").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

/// Why there is no usable software root.
#[derive(Debug, Error)]
pub enum RootError {
    /// The file cannot be read, made or trusted.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The crypto library failed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The file is not a root.
    #[error(
        "{path} is not a software root: {what}; \
         remove it to have a new one made, and name that one in policies",
        path = path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// It does not issue quotes that verify.
    #[error(
        "the software root in {path} is of no use: {cause}; \
         if the clock is right, remove it to have a new one made, and name that one in policies",
        path = path.display()
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What its quote was refused for.
        cause: Refused,
    },
}
