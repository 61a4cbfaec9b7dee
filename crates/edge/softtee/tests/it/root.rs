//! The root's file: made once, for its owner only, and refused otherwise.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::thread;

use casemate_attest::{Artifact, ChainError, Fault};
use casemate_model::{Nanos, Timestamp};
use casemate_softtee::{RootError, SoftwareRoot, StoreError};
use tempfile::TempDir;

use crate::NOW;

const FILE: &str = "software-root.pem";

struct Home {
    _temporary: TempDir,
    dir: PathBuf,
}

impl Home {
    /// The parent of a directory that does not exist yet.
    fn empty() -> Self {
        let temporary = tempfile::tempdir().expect("a directory");
        let dir = temporary.path().join("casemate/root");
        Self { _temporary: temporary, dir }
    }

    fn with_root() -> Self {
        let home = Self::empty();
        home.open().expect("a root");
        home
    }

    fn file(&self) -> PathBuf {
        self.dir.join(FILE)
    }

    fn open(&self) -> Result<SoftwareRoot, RootError> {
        SoftwareRoot::open_or_create(&self.dir, NOW)
    }

    fn refusal(&self) -> RootError {
        self.open().expect_err("a refusal")
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("metadata").permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("to set the mode");
}

#[test]
fn a_root_is_the_same_each_time_it_is_opened() {
    let home = Home::empty();
    let first = home.open().expect("a root").fingerprint();
    assert_eq!(home.open().expect("a root").fingerprint(), first);
    assert_ne!(Home::with_root().open().expect("a root").fingerprint(), first);
}

#[test]
fn a_new_root_is_for_its_owner_only_and_leaves_nothing_beside_it() {
    let home = Home::with_root();
    assert_eq!(mode(&home.dir), 0o700);
    assert_eq!(mode(&home.file()), 0o600);
    let names: Vec<_> =
        fs::read_dir(&home.dir).expect("a directory").map(|e| e.expect("e").file_name()).collect();
    assert_eq!(names, [FILE]);
}

#[test]
fn openers_that_race_all_get_the_same_root() {
    for _ in 0..8 {
        let home = Home::empty();
        let fingerprints: Vec<_> = thread::scope(|scope| {
            let openers: Vec<_> = (0..8).map(|_| scope.spawn(|| home.open())).collect();
            openers.into_iter().map(|o| o.join().expect("no panic").expect("a root").fingerprint()).collect()
        });
        assert!(fingerprints.iter().all(|f| *f == fingerprints[0]), "{fingerprints:?}");
    }
}

#[test]
fn a_file_others_may_read_is_refused_with_the_remedy() {
    for loose in [0o640, 0o604, 0o660, 0o666, 0o610] {
        let home = Home::with_root();
        set_mode(&home.file(), loose);
        let refusal = home.refusal();
        assert!(matches!(&refusal, RootError::Store(StoreError::LooseFile { mode, .. }) if *mode == loose));
        assert!(refusal.to_string().contains(&format!("chmod 600 {}", home.file().display())), "{refusal}");
        assert_eq!(mode(&home.file()), loose, "permissions are the owner's to change");
    }
}

#[test]
fn a_directory_others_may_write_is_refused_with_the_remedy() {
    for loose in [0o770, 0o702, 0o1777] {
        let home = Home::with_root();
        set_mode(&home.dir, loose);
        let refusal = home.refusal();
        assert!(
            matches!(&refusal, RootError::Store(StoreError::LooseDirectory { mode, .. }) if *mode == loose)
        );
        assert!(refusal.to_string().contains(&format!("chmod 700 {}", home.dir.display())), "{refusal}");
    }
}

#[test]
fn a_link_is_not_followed_and_a_directory_is_no_root() {
    let (real, home) = (Home::with_root(), Home::with_root());
    fs::remove_file(home.file()).expect("to remove");
    symlink(real.file(), home.file()).expect("a link");
    assert!(matches!(home.refusal(), RootError::Store(StoreError::NotAFile { .. })));

    fs::remove_file(home.file()).expect("to remove");
    fs::create_dir(home.file()).expect("a directory");
    assert!(matches!(home.refusal(), RootError::Store(StoreError::NotAFile { .. })));
}

#[test]
fn a_file_that_is_no_root_is_refused_and_left_alone() {
    let root = fs::read_to_string(Home::with_root().file()).expect("a root");
    let (key, certificate) = root.split_at(root.find("-----BEGIN CERTIFICATE").expect("a certificate"));
    for content in [
        String::new(),
        "-----BEGIN".into(),
        key.to_owned(),
        certificate.to_owned(),
        format!("{certificate}{key}"),
        root[1..].to_owned(),
        root[..root.len() - 40].to_owned(),
        root.replace("PRIVATE KEY", "PUBLIC KEY"),
    ] {
        let home = Home::with_root();
        fs::write(home.file(), &content).expect("to write");
        let refusal = home.refusal();
        assert!(matches!(refusal, RootError::Malformed { .. }), "{refusal}");
        assert_eq!(fs::read_to_string(home.file()).expect("still there"), content);
    }
}

#[test]
fn a_key_beside_another_keys_certificate_is_refused() {
    let [one, other] = [(); 2].map(|()| fs::read_to_string(Home::with_root().file()).expect("a root"));
    let at = |root: &str| root.find("-----BEGIN CERTIFICATE").expect("a certificate");
    let home = Home::with_root();
    fs::write(home.file(), format!("{}{}", &one[..at(&one)], &other[at(&other)..])).expect("to write");
    let refusal = home.refusal();
    let RootError::Unusable { cause, .. } = &refusal else { panic!("{refusal}") };
    let signature = ChainError::Signature { chain: "PCK certificate chain", index: 0 };
    assert_eq!(cause.faults, [Fault::Chain(signature)]);
}

#[test]
fn a_file_of_any_length_is_read_to_a_limit_only() {
    let home = Home::with_root();
    let file = fs::File::options().write(true).open(home.file()).expect("to open");
    file.set_len(1 << 40).expect("a sparse file");
    assert!(matches!(home.refusal(), RootError::Store(StoreError::NotText { .. })));
}

#[test]
fn a_root_past_its_time_is_refused_with_the_remedy() {
    let home = Home::with_root();
    let late = Timestamp(NOW.0).after(Nanos::from_secs(21 * 365 * 24 * 3600));
    let refusal = SoftwareRoot::open_or_create(&home.dir, late).expect_err("a refusal");
    let RootError::Unusable { cause, .. } = &refusal else { panic!("{refusal}") };
    let root = Artifact { name: "PCK certificate chain", index: Some(1) };
    assert!(matches!(cause.faults[..], [Fault::Expired { what, .. }] if what == root), "{cause}");
    assert!(refusal.to_string().contains("remove it"), "{refusal}");
}

#[test]
fn the_debug_form_of_a_root_is_its_fingerprint() {
    let root = Home::with_root().open().expect("a root");
    assert_eq!(format!("{root:?}"), format!("SoftwareRoot {{ fingerprint: {:?}, .. }}", root.fingerprint()));
}
