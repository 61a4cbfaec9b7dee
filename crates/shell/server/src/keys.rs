//! The keys that sign results, and their rotation.
//!
//! Keys stand in the state directory, PKCS#8 in files only their owner may read, named for the second
//! at which they begin to sign. The next one is published ahead of its time, the last one until every
//! result it signed has lapsed; then its file is removed. Or the operator gives files: the first
//! signs, all are published, nothing is rotated.
//!
//! Refused: a key file that others may read; a key that is not on P-256 or P-384. A key's bytes are
//! erased from memory once the crypto library has them, and it erases its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casemate_attest::x509::pem_blocks;
use casemate_model::{Nanos, Timestamp};
use casemate_policy::result::{Algorithm, SignError, Signer, VerifierKey, VerifierKeys};
use thiserror::Error;
use zeroize::Zeroizing;

/// When keys follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// How long one key signs.
    pub period: Nanos,
    /// How long it is published before.
    pub ahead: Nanos,
    /// How long it is published after: no result lives longer.
    pub lapse: Nanos,
}

const DAY_SECS: u64 = 24 * 3600;

impl Default for Rotation {
    fn default() -> Self {
        Self {
            period: Nanos::from_secs(90 * DAY_SECS),
            ahead: Nanos::from_secs(7 * DAY_SECS),
            // Intel's collateral is good for 30 days.
            lapse: Nanos::from_secs(31 * DAY_SECS),
        }
    }
}

/// Why keys cannot be used. The operator erred.
#[derive(Debug, Error)]
pub enum KeysError {
    /// The system said no.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What it said.
        cause: io::Error,
    },
    /// A key that is not secret.
    #[error("{path}: others than its owner may read it (mode {mode:04o}); make a new key, mode 0600", path = path.display())]
    Mode {
        /// Where.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// No key, or not of a kind used here.
    #[error("{path}: not a private key on P-256 or P-384 in PKCS#8 (DER or PEM)", path = path.display())]
    Key {
        /// Where.
        path: PathBuf,
    },
    /// No key file was given where there have to be some.
    #[error("no file with a signing key was given")]
    None,
    /// The crypto library has no key for us.
    #[error("a signing key could not be generated")]
    Generate,
}

/// The keys in use.
#[derive(Debug)]
pub struct Keys {
    /// `None` where files were given.
    rotated: Option<(PathBuf, Rotation)>,
    lapse: Nanos,
    /// In the order in which they begin.
    keys: RwLock<Vec<Arc<SigningKey>>>,
}

/// One key.
#[derive(Debug)]
pub struct SigningKey {
    pair: EcdsaKeyPair,
    algorithm: Algorithm,
    kid: String,
    begins: Timestamp,
}

impl Keys {
    /// The keys of a state directory; the first one is generated.
    ///
    /// # Errors
    ///
    /// What is wrong with the directory or a key in it.
    pub fn rotated(folder: PathBuf, rotation: Rotation, now: Timestamp) -> Result<Self, KeysError> {
        let failed = |cause| KeysError::Io { path: folder.clone(), cause };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        let mut keys = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if let Some(begins) = begins(&path) {
                keys.push(Arc::new(SigningKey::read(&path, begins)?));
            }
        }
        keys.sort_by_key(|it| it.begins);
        let this = Self { rotated: Some((folder, rotation)), lapse: rotation.lapse, keys: RwLock::new(keys) };
        this.rotate(now)?;
        Ok(this)
    }

    /// Keys that the operator keeps: the first signs, all are published.
    ///
    /// # Errors
    ///
    /// What is wrong with one of them.
    pub fn given(paths: &[PathBuf]) -> Result<Self, KeysError> {
        let read = |path: &PathBuf| SigningKey::read(path, Timestamp(0)).map(Arc::new);
        let keys = paths.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err(KeysError::None);
        }
        Ok(Self { rotated: None, lapse: Rotation::default().lapse, keys: RwLock::new(keys) })
    }

    /// One key that is kept nowhere, for results whose reader is given its public part with them.
    ///
    /// # Errors
    ///
    /// Where the crypto library has none for us.
    pub fn ephemeral(now: Timestamp) -> Result<Self, KeysError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let pair = pair.map_err(|_| KeysError::Generate)?;
        let kid = kid(pair.public_key().as_ref());
        let key = SigningKey { pair, algorithm: Algorithm::Es256, kid, begins: now };
        let keys = RwLock::new(vec![Arc::new(key)]);
        Ok(Self { rotated: None, lapse: Rotation::default().lapse, keys })
    }

    /// Makes the next key when its time comes near, and removes what has lapsed.
    ///
    /// # Errors
    ///
    /// What could not be written. Keys in use stay in use.
    pub fn rotate(&self, now: Timestamp) -> Result<(), KeysError> {
        let Some((folder, rotation)) = &self.rotated else { return Ok(()) };
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let next = match keys.last() {
            None => Some(now),
            Some(last) if last.begins.after(rotation.period) <= now.after(rotation.ahead) => {
                // Never at once: whoever has the keys has to have the time to ask for them again.
                Some(last.begins.after(rotation.period).max(now.after(rotation.ahead)))
            }
            Some(_) => None,
        };
        if let Some(begins) = next {
            let key = SigningKey::generate(folder, begins)?;
            tracing::info!(kid = key.kid, begins = %key.begins, "a signing key was made");
            keys.push(Arc::new(key));
        }
        while let [first, second, ..] = keys.as_slice()
            && second.begins.after(rotation.lapse) < now
        {
            let path = folder.join(file_name(first.begins));
            fs::remove_file(&path).map_err(|cause| KeysError::Io { path, cause })?;
            tracing::info!(kid = first.kid, "a signing key was removed: its results have lapsed");
            keys.remove(0);
        }
        Ok(())
    }

    /// The key that signs now. `None` where none has begun: the clock was set back.
    #[must_use]
    pub fn signer(&self, now: Timestamp) -> Option<Arc<SigningKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        if self.rotated.is_none() {
            return keys.first().cloned();
        }
        keys.iter().rev().find(|it| it.begins <= now).cloned()
    }

    /// The longest that a result may live.
    #[must_use]
    pub const fn lapse(&self) -> Nanos {
        self.lapse
    }

    /// Every key, for whoever verifies results.
    #[must_use]
    pub fn published(&self) -> VerifierKeys {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let mut published = Vec::new();
        for (nth, key) in keys.iter().enumerate() {
            let successor = keys.get(nth.saturating_add(1)).filter(|_| self.rotated.is_some());
            let not_after = successor.map_or(Timestamp(u64::MAX), |it| it.begins.after(self.lapse));
            let public = key.pair.public_key().as_ref().to_vec();
            let verifies =
                VerifierKey { algorithm: key.algorithm, public, not_before: key.begins, not_after };
            published.push((key.kid.clone(), verifies));
        }
        // One file given twice is one key.
        published.dedup_by(|later, earlier| later.0 == earlier.0);
        VerifierKeys::new(published).unwrap_or_else(|error| {
            tracing::error!(%error, "the keys cannot be published");
            VerifierKeys::default()
        })
    }
}

impl SigningKey {
    fn generate(folder: &Path, begins: Timestamp) -> Result<Self, KeysError> {
        // Seconds are what a key set says.
        let begins = Timestamp::from_unix_secs(begins.as_unix_secs());
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| KeysError::Generate)?;
        let path = folder.join(file_name(begins));
        let unfinished = folder.join(format!(".{}", file_name(begins)));
        let write = || {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
            file.write_all(document.as_ref())?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)
        };
        write().map_err(|cause| KeysError::Io { path: path.clone(), cause })?;
        Self::read(&path, begins)
    }

    fn read(path: &Path, begins: Timestamp) -> Result<Self, KeysError> {
        let failed = |cause| KeysError::Io { path: path.to_owned(), cause };
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeysError::Mode { path: path.to_owned(), mode });
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_KEY_BYTES));
        let limit = u64::try_from(MAX_KEY_BYTES).unwrap_or(0);
        file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
        if let Ok(blocks) = pem_blocks(&bytes, 1)
            && let Some((label, der)) = blocks.into_iter().next()
            && label == "PRIVATE KEY"
        {
            bytes = Zeroizing::new(der);
        }
        let kinds = [
            (&ECDSA_P256_SHA256_FIXED_SIGNING, Algorithm::Es256),
            (&ECDSA_P384_SHA384_FIXED_SIGNING, Algorithm::Es384),
        ];
        for (kind, algorithm) in kinds {
            if let Ok(pair) = EcdsaKeyPair::from_pkcs8(kind, &bytes) {
                let kid = kid(pair.public_key().as_ref());
                return Ok(Self { pair, algorithm, kid, begins });
            }
        }
        Err(KeysError::Key { path: path.to_owned() })
    }
}

impl Signer for SigningKey {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn kid(&self) -> &str {
        &self.kid
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let failed = |_| SignError { kid: self.kid.clone(), cause: "the crypto library refused".into() };
        self.pair.sign(&SystemRandom::new(), message).map(|it| it.as_ref().to_vec()).map_err(failed)
    }
}

/// A key in PEM is under 500 bytes.
const MAX_KEY_BYTES: usize = 8 * 1024;
const PREFIX: &str = "signing-";
const SUFFIX: &str = ".p8";

fn file_name(begins: Timestamp) -> String {
    format!("{PREFIX}{}{SUFFIX}", begins.as_unix_secs())
}

fn begins(path: &Path) -> Option<Timestamp> {
    let name = path.file_name()?.to_str()?;
    let seconds = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok()?;
    Some(Timestamp::from_unix_secs(seconds))
}

/// SHA-256 over the public key, 16 bytes of it: long enough that no two keys share it.
fn kid(public: &[u8]) -> String {
    let hash = digest(&SHA256, public);
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_secs(1_800_000_000);
    const DAY: u64 = 24 * 3600;

    fn days(count: u64) -> Timestamp {
        NOW.after(Nanos::from_secs(count * DAY))
    }

    fn kids(keys: &Keys) -> Vec<String> {
        let jwks = keys.published().to_jwks();
        let keys = jwks["keys"].as_array().expect("a set").clone();
        keys.iter().map(|it| it["kid"].as_str().expect("a name").to_owned()).collect()
    }

    fn signer(keys: &Keys, now: Timestamp) -> String {
        keys.signer(now).expect("a key").kid().to_owned()
    }

    #[test]
    fn the_next_key_is_published_ahead_and_the_last_one_until_its_results_lapse() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("keys");
        let keys = Keys::rotated(path.clone(), Rotation::default(), NOW).expect("keys");
        let first = signer(&keys, NOW);
        assert_eq!(kids(&keys), std::slice::from_ref(&first));

        keys.rotate(days(84)).expect("writable");
        assert_eq!(kids(&keys).len(), 2, "the next is published");
        assert_eq!(signer(&keys, days(89)), first, "and does not sign yet");
        let second = signer(&keys, days(91));
        assert_ne!(second, first);

        keys.rotate(days(120)).expect("writable");
        assert!(kids(&keys).contains(&first), "its results may still be in use");
        keys.rotate(days(123)).expect("writable");
        assert_eq!(kids(&keys), std::slice::from_ref(&second));
        assert_eq!(fs::read_dir(&path).expect("readable").count(), 1, "the file is gone too");

        let again = Keys::rotated(path, Rotation::default(), days(123)).expect("keys");
        assert_eq!(signer(&again, days(123)), second, "a restart goes on with the same key");
    }

    #[test]
    fn a_service_that_was_off_for_a_year_does_not_sign_with_a_key_nobody_has() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().to_owned();
        let old = signer(&Keys::rotated(path.clone(), Rotation::default(), NOW).expect("keys"), NOW);
        let keys = Keys::rotated(path, Rotation::default(), days(400)).expect("keys");
        assert_eq!(signer(&keys, days(400)), old);
        assert_ne!(signer(&keys, days(407)), old);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().expect("a directory");
        Keys::rotated(folder.path().to_owned(), Rotation::default(), NOW).expect("keys");
        let path = folder.path().join(file_name(NOW));
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("our file");
        let error = Keys::given(&[path]).expect_err("not secret");
        assert!(error.to_string().contains("mode 0640"), "{error}");
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_shown() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("key.pem");
        fs::write(&path, "hunter2").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our file");
        let error = Keys::given(&[path]).expect_err("no key").to_string();
        assert!(error.contains("key.pem: not a private key") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_debug_print_shows_no_secret() {
        let folder = tempfile::tempdir().expect("a directory");
        let keys = Keys::rotated(folder.path().to_owned(), Rotation::default(), NOW).expect("keys");
        let bytes = fs::read(folder.path().join(file_name(NOW))).expect("a file");
        let secret: String = bytes[36..44].iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!format!("{keys:?}").contains(&secret));
    }
}
