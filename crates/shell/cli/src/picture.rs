//! A file in which something can be looked at afterwards: a page, a trace.
//!
//! It is opened before what it shows begins, so that a path that will not do is found at once, and written when that is
//! over. Until then a file that was there stays as it is.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

/// How files that are read as manifests end. None of them is written over.
const MANIFESTS: [&str; 3] = ["yaml", "yml", "json"];

/// The file.
pub(crate) struct Picture {
    path: PathBuf,
    file: File,
}

impl Picture {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// The path will not do, in words.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        if let Some(ending) = ending.filter(|ending| MANIFESTS.contains(&ending.as_str())) {
            return Err(format!("{}: a `.{ending}` file is not written over; name another", path.display()));
        }
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        match opened {
            Ok(file) => Ok(Self { path: path.to_owned(), file }),
            Err(error) => Err(format!(
                "{}: cannot be written: {error}; name a file in a directory of yours",
                path.display()
            )),
        }
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes it, buffered, in place of what was there.
    ///
    /// # Errors
    ///
    /// It cannot be written, in words.
    pub(crate) fn write(
        mut self,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), String> {
        let written = (|| {
            // A pipe or device has no length to take away.
            if self.file.metadata()?.is_file() {
                self.file.set_len(0)?;
                self.file.rewind()?;
            }
            let mut to = BufWriter::new(&self.file);
            content(&mut to)?;
            to.flush()
        })();
        written.map_err(|error| format!("{}: cannot be written: {error}", self.path.display()))
    }
}
