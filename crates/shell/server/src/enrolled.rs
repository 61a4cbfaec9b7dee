//! Which platform is which node, kept in the state directory: evidence of a platform that is enrolled
//! as another node than it is sent for was relayed, and is refused.
//!
//! Decided by `verifier`; here it is read, written (mode 0600, in one move) and named.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use casemate_attest::VerifiedEvidence;
use casemate_attest::claims::PlatformId;
use casemate_attest::inspect::hex;
use casemate_dossier::bytes_of_hex;
use casemate_model::Timestamp;
use casemate_verifier::enrolment::{Enrolment, EnrolmentFault, Presented};
use casemate_verifier::nonce::Nonces;
use thiserror::Error;

/// Platforms that may be enrolled.
const MAX_PLATFORMS: usize = 65_536;
/// The longest name of a node.
pub(crate) const MAX_NODE: usize = 256;

/// Why enrolment cannot be read or kept.
#[derive(Debug, Error)]
#[error("{path}: {why}", path = path.display())]
pub struct EnrolledError {
    /// Where.
    path: PathBuf,
    /// Why.
    why: String,
}

/// Why a platform was not enrolled.
#[derive(Debug, Error)]
pub(crate) enum EnrolError {
    #[error(transparent)]
    Fault(#[from] EnrolmentFault),
    #[error("the enrolment could not be kept: {0}")]
    Kept(#[from] EnrolledError),
}

/// Who is enrolled.
pub(crate) struct Enrolled {
    path: PathBuf,
    state: Mutex<Enrolment>,
}

impl Enrolled {
    /// Reads who is enrolled; nobody where there is no file yet.
    pub(crate) fn open(path: PathBuf) -> Result<Self, EnrolledError> {
        let mut enrolment = Enrolment::new(MAX_PLATFORMS);
        let broken = |why: String| EnrolledError { path: path.clone(), why };
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(broken(error.to_string())),
            Ok(bytes) => {
                let kept: Vec<(String, String)> =
                    serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
                for (name, node) in kept {
                    let platform = parse(&name).ok_or_else(|| broken(format!("{name} names no platform")))?;
                    enrolment.enrol(platform, &node).map_err(|fault| broken(fault.to_string()))?;
                }
            }
        }
        Ok(Self { path, state: Mutex::new(enrolment) })
    }

    /// Decides that a platform is this node. What could not be kept does not count.
    pub(crate) fn enrol(&self, platform: PlatformId, node: &str) -> Result<usize, EnrolError> {
        let mut state = self.state();
        let mut next = state.clone();
        next.enrol(platform, node)?;
        self.keep(&next)?;
        *state = next;
        Ok(state.len())
    }

    /// Ends a platform's enrolment.
    pub(crate) fn dismiss(&self, platform: &PlatformId) -> Result<usize, EnrolError> {
        let mut state = self.state();
        let mut next = state.clone();
        if next.dismiss(platform).is_some() {
            self.keep(&next)?;
            *state = next;
        }
        Ok(state.len())
    }

    /// Asks whether verified evidence is the node's, and uses its nonce up.
    pub(crate) fn admit(
        &self,
        evidence: &VerifiedEvidence,
        presented: &Presented<'_>,
        nonces: &mut Nonces,
        now: Timestamp,
    ) -> Result<(), EnrolmentFault> {
        self.state().admit(evidence, presented, nonces, now)
    }

    /// Why evidence of this platform is not this node's. Without `required`, a platform that nobody
    /// enrolled may be anybody's.
    pub(crate) fn objection(
        &self,
        platform: Option<&PlatformId>,
        node: &str,
        required: bool,
    ) -> Option<String> {
        let state = self.state();
        let holder = platform.and_then(|it| state.node_of(it));
        match holder {
            Some(holder) if holder == node => None,
            Some(holder) => Some(format!(
                "the platform is enrolled as node {holder} and is sent for {node}: the evidence was relayed, or the machine moved"
            )),
            None if required && platform.is_none() => {
                Some("the evidence names no machine, so it cannot be enrolled".to_owned())
            }
            None => required.then(|| {
                format!("the platform is not enrolled as node {node}; if the machine is new or was repaired, enrol it")
            }),
        }
    }

    fn keep(&self, enrolment: &Enrolment) -> Result<(), EnrolledError> {
        let kept: Vec<(String, &str)> =
            enrolment.iter().map(|(platform, node)| (name(platform), node)).collect();
        let unfinished = self.path.with_extension("new");
        let write = || {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
            file.write_all(&serde_json::to_vec(&kept)?)?;
            file.sync_all()?;
            fs::rename(&unfinished, &self.path)
        };
        write().map_err(|error: io::Error| EnrolledError { path: self.path.clone(), why: error.to_string() })
    }

    fn state(&self) -> MutexGuard<'_, Enrolment> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a platform is named: what kind of name it is, and the name.
pub(crate) fn name(platform: &PlatformId) -> String {
    match platform {
        PlatformId::Ppid(id) => format!("ppid:{}", hex(id)),
        PlatformId::ChipId(id) => format!("chip:{}", hex(id)),
        PlatformId::CloudProvider(name) => format!("csp:{name}"),
        PlatformId::CcaInstance(id) => format!("cca:{}", hex(id)),
        PlatformId::NitroModule(name) => format!("nitro:{name}"),
        PlatformId::VtpmKey(id) => format!("vtpm:{}", hex(id)),
    }
}

/// The platform of a name.
pub(crate) fn parse(text: &str) -> Option<PlatformId> {
    let (kind, rest) = text.split_once(':')?;
    let bytes = || bytes_of_hex(rest);
    Some(match kind {
        "ppid" => PlatformId::Ppid(bytes()?.try_into().ok()?),
        "chip" => PlatformId::ChipId(bytes().filter(|it| [8, 64].contains(&it.len()))?),
        "cca" => PlatformId::CcaInstance(bytes()?),
        "nitro" if !rest.is_empty() => PlatformId::NitroModule(rest.to_owned()),
        "vtpm" => PlatformId::VtpmKey(bytes()?.try_into().ok()?),
        "csp" => PlatformId::CloudProvider(rest.to_owned()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ppid(byte: u8) -> PlatformId {
        PlatformId::Ppid([byte; 16])
    }

    #[test]
    fn a_name_reads_back_as_its_platform() {
        for platform in [
            ppid(0xa5),
            PlatformId::ChipId(vec![1; 64]),
            PlatformId::ChipId(vec![1; 8]),
            PlatformId::CcaInstance(vec![2; 33]),
            PlatformId::NitroModule("i-0-enc1:2".into()),
            PlatformId::VtpmKey([3; 32]),
        ] {
            assert_eq!(parse(&name(&platform)), Some(platform));
        }
        for text in ["", "ppid", "ppid:", "ppid:00", "chip:00", "other:00", "nitro:", "vtpm:zz"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn enrolment_outlives_the_process() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("enrolment.json");
        let enrolled = Enrolled::open(path.clone()).expect("nobody yet");
        assert_eq!(enrolled.enrol(ppid(1), "node-a").expect("room"), 1);
        assert_eq!(enrolled.enrol(ppid(2), "node-b").expect("room"), 2);
        assert!(enrolled.enrol(ppid(1), "node-b").is_err(), "it is node-a");
        enrolled.dismiss(&ppid(2)).expect("writable");
        let again = Enrolled::open(path).expect("readable");
        assert_eq!(again.objection(Some(&ppid(1)), "node-a", true), None);
        assert!(again.objection(Some(&ppid(1)), "node-b", false).expect("relayed").contains("node-a"));
        assert_eq!(again.objection(Some(&ppid(2)), "node-b", false), None);
        assert!(again.objection(Some(&ppid(2)), "node-b", true).is_some());
        assert!(again.objection(None, "node-b", true).is_some());
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_nobody() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("enrolment.json");
        for broken in ["", "{}", r#"[["ppid:00","a"]]"#] {
            fs::write(&path, broken).expect("writable");
            assert!(Enrolled::open(path.clone()).is_err(), "{broken}");
        }
    }
}
