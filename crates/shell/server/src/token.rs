//! The token of whoever may decide: read from a file only its owner may read, compared in constant
//! time, erased with the process.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

/// Shorter ones are guessed.
const MIN_BYTES: usize = 16;
const MAX_BYTES: u64 = 4096;

/// Why a token is not taken. The operator erred.
#[derive(Debug, Error)]
pub enum TokenError {
    /// The system said no.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What it said.
        cause: io::Error,
    },
    /// A token that is not secret.
    #[error("{path}: others than its owner may read it (mode {mode:04o}); make a new one, mode 0600", path = path.display())]
    Mode {
        /// Where.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A token that can be guessed.
    #[error("{path}: fewer than {MIN_BYTES} bytes", path = path.display())]
    Short {
        /// Where.
        path: PathBuf,
    },
}

/// A token.
pub(crate) struct Token(Zeroizing<Vec<u8>>);

impl Token {
    /// Reads the first line of a file.
    pub(crate) fn read(path: &Path) -> Result<Self, TokenError> {
        let failed = |cause| TokenError::Io { path: path.to_owned(), cause };
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(TokenError::Mode { path: path.to_owned(), mode });
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES as usize));
        file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(failed)?;
        let token = Zeroizing::new(bytes.trim_ascii().to_vec());
        if token.len() < MIN_BYTES {
            return Err(TokenError::Short { path: path.to_owned() });
        }
        Ok(Self(token))
    }

    /// Whether an `Authorization` header presents it (RFC 6750).
    pub(crate) fn is_presented(&self, authorization: Option<&[u8]>) -> bool {
        let presented = authorization.and_then(|it| it.strip_prefix(b"Bearer "));
        presented.is_some_and(|it| aws_lc_rs::constant_time::verify_slices_are_equal(it, &self.0).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn file(content: &str, mode: u32) -> tempfile::TempPath {
        let file = tempfile::NamedTempFile::new().expect("a file").into_temp_path();
        fs::write(&file, content).expect("writable");
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("our file");
        file
    }

    #[test]
    fn only_the_token_itself_is_the_token() {
        let token = Token::read(&file("0123456789abcdef\n", 0o600)).expect("a token");
        assert!(token.is_presented(Some(b"Bearer 0123456789abcdef")));
        for wrong in
            [&b"Bearer 0123456789abcdeX"[..], b"Bearer ", b"0123456789abcdef", b"Basic 0123456789abcdef"]
        {
            assert!(!token.is_presented(Some(wrong)));
        }
        assert!(!token.is_presented(None));
    }

    #[test]
    fn a_token_others_may_read_or_guess_is_refused() {
        assert!(matches!(Token::read(&file("0123456789abcdef", 0o644)), Err(TokenError::Mode { .. })));
        assert!(matches!(Token::read(&file("secret\n", 0o600)), Err(TokenError::Short { .. })));
    }
}
