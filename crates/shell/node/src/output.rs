//! A container's log: what the program wrote to stdout and stderr, byte for byte.
//!
//! Both streams go to one file in the order they were written. The file stops
//! growing at [`LOG_BYTES_MAX`]; the digest and the count go on, so a program
//! that prints without end neither fills the disk nor hides what it did.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};

/// The most bytes of output kept in a log file.
pub const LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A log being written. Clones write to the same file.
#[derive(Clone)]
pub(crate) struct OutputLog(Arc<Mutex<Inner>>);

struct Inner {
    path: PathBuf,
    file: File,
    digest: Context,
    bytes: u64,
}

/// What became of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSummary {
    /// Where it is.
    pub path: PathBuf,
    /// SHA-256 over every byte the program wrote, in hex.
    pub sha256: String,
    /// Bytes the program wrote.
    pub bytes: u64,
}

impl LogSummary {
    /// Whether the file holds less than was written.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.bytes > LOG_BYTES_MAX
    }
}

impl OutputLog {
    /// Creates the log file, replacing one of the same name.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self(Arc::new(Mutex::new(Inner {
            path: path.to_owned(),
            file: File::create(path)?,
            digest: Context::new(&SHA256),
            bytes: 0,
        }))))
    }

    /// Appends what the program wrote.
    pub(crate) fn write(&self, output: &[u8]) -> io::Result<()> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = LOG_BYTES_MAX.saturating_sub(inner.bytes);
        let kept = output.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        inner.file.write_all(&output[..kept])?;
        inner.digest.update(output);
        inner.bytes = inner.bytes.saturating_add(output.len() as u64);
        Ok(())
    }

    /// The log as it stands.
    pub(crate) fn summary(&self) -> LogSummary {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = inner.digest.clone().finish();
        LogSummary {
            path: inner.path.clone(),
            sha256: digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
            bytes: inner.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_over_the_raw_bytes_of_both_streams_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let stdout = OutputLog::create(&dir.path().join("log")).unwrap();
        let stderr = stdout.clone();
        stdout.write(b"a").unwrap();
        stderr.write(b"b").unwrap();
        stdout.write(b"c").unwrap();
        let summary = stdout.summary();
        assert_eq!(std::fs::read(&summary.path).unwrap(), b"abc");
        // SHA-256("abc"), FIPS 180-2, B.1.
        assert_eq!(summary.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(!summary.is_truncated());
    }
}
