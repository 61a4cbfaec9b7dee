//! How much an `emptyDir` holds.
//!
//! Counted as disk usage is: blocks that are allocated, links not followed. Whatever has a name counts
//! for at least one block, so that a program that makes names without end comes to its bound too, and
//! the count ends there.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use casemate_model::Bytes;

/// What stat(2) counts blocks in.
const BLOCK_BYTES: u64 = 512;
/// The least a name takes.
const NAME_BYTES: u64 = 4096;

/// Whether what is below `directory` takes more than `limit`. What cannot be looked at is gone
/// already, or is being changed.
pub(super) fn exceeds(directory: &Path, limit: Bytes) -> bool {
    let mut bytes = 0_u64;
    let mut left = vec![directory.to_owned()];
    while let Some(directory) = left.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let Ok(metadata) = fs::symlink_metadata(entry.path()) else { continue };
            let taken = metadata.blocks().saturating_mul(BLOCK_BYTES).max(NAME_BYTES);
            bytes = bytes.saturating_add(taken);
            if bytes > limit.0 {
                return true;
            }
            if metadata.is_dir() {
                left.push(entry.path());
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_names_count_and_links_do_not_lead_out() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("large"), vec![1; 1 << 20]).unwrap();
        let inside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), inside.path().join("link")).unwrap();
        assert!(!exceeds(inside.path(), Bytes(4096)));
        fs::create_dir(inside.path().join("below")).unwrap();
        fs::write(inside.path().join("below/file"), vec![1; 100_000]).unwrap();
        assert!(exceeds(inside.path(), Bytes(100_000)));
        assert!(!exceeds(inside.path(), Bytes(200_000)));
        for name in 0..50 {
            fs::write(inside.path().join(name.to_string()), "").unwrap();
        }
        assert!(exceeds(inside.path(), Bytes(200_000)), "fifty names take fifty blocks");
    }
}
