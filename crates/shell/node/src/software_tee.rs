//! This machine's software TEE as a source of evidence.

use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use casemate_attest::Evidence;
use casemate_model::{Bytes, Fingerprint, Measurement, Nanos, ReportData, Tee, Timestamp};
use casemate_softtee::{EnclaveReport, QuotingEnclave, RootError, SoftwareRoot};
use thiserror::Error;

use crate::attestation::EvidenceSource;
use crate::image::Image;

/// The enclave whose evidence stands for the platform: it does nothing, and shows
/// that enclaves can be built and quoted here.
const PROBE: &[u8] = br#"(module (memory (export "memory") 1) (func (export "_start")))"#;

/// A quoting enclave's certificate is replaced when this little of its life is left.
const SPARE_LIFE: Nanos = Nanos::from_secs(24 * 60 * 60);

/// The software TEE of this machine, under the root kept in its state directory.
pub struct SoftwareTee {
    root: SoftwareRoot,
    quoting: QuotingEnclave,
    agent_key: Vec<u8>,
    probe: Measurement,
}

/// Why this machine has no software TEE.
#[derive(Debug, Error)]
pub enum SoftwareTeeError {
    /// Its root cannot be used.
    #[error(transparent)]
    Root(#[from] RootError),
    /// No key could be generated.
    #[error("the crypto library could not generate keys for the software TEE")]
    Keys,
}

impl SoftwareTee {
    /// Opens the root in `directory`, made on first use, and starts a quoting enclave.
    ///
    /// # Errors
    ///
    /// [`SoftwareTeeError`], which names the file and the remedy.
    pub fn open(directory: &Path, now: Timestamp) -> Result<Self, SoftwareTeeError> {
        let root = SoftwareRoot::open_or_create(directory, now)?;
        let quoting = root.quoting_enclave(now).map_err(|_| SoftwareTeeError::Keys)?;
        let agent_key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)
            .map(|key| key.public_key().as_ref().to_vec())
            .map_err(|_| SoftwareTeeError::Keys)?;
        Ok(Self { root, quoting, agent_key, probe: probe_measurement() })
    }

    /// What a policy names this machine by.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.root.fingerprint()
    }

    /// The file its root is kept in.
    #[must_use]
    pub fn root_path(&self) -> PathBuf {
        self.root.path().to_owned()
    }
}

/// What the platform probe measures, on every machine.
#[must_use]
pub fn probe_measurement() -> Measurement {
    let probe = Image::from_bytes(Path::new("probe.wat"), PROBE.to_vec());
    probe.expect("the probe is a module written above").measure(Bytes(64 * 1024))
}

impl EvidenceSource for SoftwareTee {
    fn tee(&self) -> Tee {
        Tee::Software
    }

    fn probe_measurement(&self) -> Measurement {
        self.probe
    }

    fn agent_key(&self) -> &[u8] {
        &self.agent_key
    }

    fn evidence(
        &mut self,
        measurement: Measurement,
        report_data: ReportData,
        now: Timestamp,
    ) -> Result<Evidence, String> {
        if now.after(SPARE_LIFE) > self.quoting.not_after() {
            self.quoting = self.root.quoting_enclave(now).map_err(|error| error.to_string())?;
        }
        let report = EnclaveReport {
            measurement,
            // Software enclaves are not signed by anyone; MRSIGNER is zero, as it is
            // for no enclave that hardware has launched.
            signer: Measurement([0; 32]),
            debug: false,
            prod_id: 0,
            svn: 0,
            report_data,
        };
        self.quoting.quote(&report).map_err(|error| error.to_string())
    }
}
