//! Where a run keeps what it leaves: the machine's root, logs, the event log.

use std::env;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use casemate_model::Timestamp;

use super::RunArguments;

/// A run's directories. `root` is the software TEE's to make, with its own modes.
pub(crate) struct Directories {
    /// Of this machine's software root.
    pub(crate) root: PathBuf,
    /// Of this run's container logs.
    pub(crate) logs: PathBuf,
    /// The event log of this run.
    pub(crate) events: PathBuf,
}

impl Directories {
    /// Decides on the directories and makes those of this run.
    pub(crate) fn prepare(arguments: &RunArguments, now: Timestamp) -> Result<Self, String> {
        let state = state(arguments.state_dir.clone())?;
        let logs = match &arguments.log_dir {
            Some(logs) => logs.clone(),
            None => state.join("runs").join(run_name(now)),
        };
        // What programs print is their owner's business.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&logs);
        made.map_err(|error| format!("{}: cannot be created: {error}; give --log-dir", logs.display()))?;
        Ok(Self { root: state.join(ROOT), events: logs.join("events.jsonl"), logs })
    }
}

/// Where this machine's software root is kept, in the state directory given or the default one.
pub(crate) fn software_root(state_dir: Option<PathBuf>) -> Result<PathBuf, String> {
    Ok(state(state_dir)?.join(ROOT))
}

/// Of the software root, in the state directory.
const ROOT: &str = "root";

fn state(given: Option<PathBuf>) -> Result<PathBuf, String> {
    let nowhere = || "neither $XDG_STATE_HOME nor $HOME is set; give --state-dir".to_owned();
    given.or_else(default_state).ok_or_else(nowhere)
}

fn default_state() -> Option<PathBuf> {
    let directory = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state =
        directory("XDG_STATE_HOME").or_else(|| directory("HOME").map(|home| home.join(".local/state")));
    state.map(|state| state.join("casemate"))
}

/// The time the run began, and whose it is: two runs may begin in one second.
fn run_name(now: Timestamp) -> String {
    let seconds = i64::try_from(now.as_unix_secs()).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX);
    format!("{}-{}", time.strftime("%Y%m%dT%H%M%SZ"), std::process::id())
}
