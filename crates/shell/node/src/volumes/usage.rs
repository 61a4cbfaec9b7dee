//! How much an `emptyDir` holds.
//!
//! Counted as disk usage is: blocks that are allocated, links not followed. Names are bounded as well,
//! whatever the volume's own limit: a program that makes names without end would have the host look at
//! them without end.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use casemate_model::Bytes;

/// The most files, directories and links an `emptyDir` may hold.
pub(super) const NAMES_MAX: u32 = 100_000;

/// What stat(2) counts blocks in.
const BLOCK_BYTES: u64 = 512;

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Excess {
    Bytes(Bytes),
    Names,
}

/// What is below `directory` beyond `limit`, or beyond the names it may hold. What cannot be looked at
/// is gone already, or is being changed.
pub(super) fn excess(directory: &Path, limit: Option<Bytes>) -> Option<Excess> {
    let (mut bytes, mut names) = (0_u64, 0);
    let mut left = vec![directory.to_owned()];
    while let Some(directory) = left.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let Ok(metadata) = fs::symlink_metadata(entry.path()) else { continue };
            bytes = bytes.saturating_add(metadata.blocks().saturating_mul(BLOCK_BYTES));
            names += 1;
            if let Some(limit) = limit.filter(|limit| bytes > limit.0) {
                return Some(Excess::Bytes(limit));
            }
            if names > NAMES_MAX {
                return Some(Excess::Names);
            }
            if metadata.is_dir() {
                left.push(entry.path());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_count_and_links_do_not_lead_out() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("large"), vec![1; 1 << 20]).unwrap();
        let inside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), inside.path().join("link")).unwrap();
        assert_eq!(excess(inside.path(), Some(Bytes(4096))), None);
        fs::create_dir(inside.path().join("below")).unwrap();
        fs::write(inside.path().join("below/file"), vec![1; 100_000]).unwrap();
        assert_eq!(excess(inside.path(), Some(Bytes(90_000))), Some(Excess::Bytes(Bytes(90_000))));
        assert_eq!(excess(inside.path(), Some(Bytes(200_000))), None);
        assert_eq!(excess(inside.path(), None), None);
    }

    #[test]
    fn names_count_whatever_the_limit() {
        let directory = tempfile::tempdir().unwrap();
        // Links to one file take no room and are names still.
        for below in 0..=NAMES_MAX / 1000 {
            let below = directory.path().join(below.to_string());
            fs::create_dir(&below).unwrap();
            let file = below.join("0");
            fs::write(&file, "").unwrap();
            (1..1000).for_each(|name| fs::hard_link(&file, below.join(name.to_string())).unwrap());
        }
        assert_eq!(excess(directory.path(), None), Some(Excess::Names));
    }
}
