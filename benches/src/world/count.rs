//! Instructions, step by step, counted by callgrind: the same in every run, however busy the machine is.
//!
//! The counted process is this program again. Callgrind writes what was spent between the beginning and the end
//! of each call of one function, all into one file; what is in it is documented in Valgrind's manual,
//! "Callgrind Format Specification".

use std::fmt;
use std::io::{self, BufRead, BufReader};
use std::process::{Command, Stdio};

use clap::Subcommand;

/// Steps of a walk that are counted.
pub(super) const WALKED: usize = 10_000;
/// Steps of an assault that are counted.
pub(super) const ASSAULTED: usize = 30_000;

/// The function whose calls are counted.
const FUNCTION: &str = "casemate_benches::world::counted";

/// What is counted.
#[derive(Subcommand)]
pub(crate) enum Counted {
    /// What can happen under a design, by its number.
    Walk {
        /// The number.
        design: usize,
    },
    /// Whatever can make a step long.
    Assault,
}

/// Why there are no counts.
#[derive(Debug)]
pub(crate) enum Uncounted {
    /// This machine has no Valgrind.
    NoValgrind(io::Error),
    /// It has, and something went wrong.
    Failed(String),
}

/// Instructions of each step.
///
/// # Errors
///
/// Without Valgrind, or where it counts something else.
pub(super) fn steps(what: &Counted) -> Result<Vec<u64>, Uncounted> {
    let failed = |error: io::Error| Uncounted::Failed(error.to_string());
    let folder = tempfile::tempdir().map_err(failed)?;
    let file = folder.path().join("counts");
    let program = std::env::current_exe().map_err(failed)?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--combine-dumps=yes", "--dump-line=no"]);
    valgrind.arg(format!("--zero-before={FUNCTION}")).arg(format!("--dump-after={FUNCTION}"));
    valgrind.arg(format!("--callgrind-out-file={}", file.display())).arg(program).arg("world-steps");
    valgrind.args(what.to_string().split(' ')).stdout(Stdio::null()).stderr(Stdio::null());
    let ended = valgrind.status().map_err(Uncounted::NoValgrind)?;
    if !ended.success() {
        return Err(Uncounted::Failed(format!("valgrind ended with {ended}")));
    }
    let counts = std::fs::File::open(&file).map_err(failed)?;
    let mut counts: Vec<u64> = BufReader::new(counts)
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("summary: ")?.trim().parse().ok())
        .collect();
    // The last is what came after the last step.
    counts.pop();
    let expected = what.steps();
    if counts.len() == expected {
        Ok(counts)
    } else {
        Err(Uncounted::Failed(format!("valgrind counted {} of {expected} steps", counts.len())))
    }
}

impl fmt::Display for Uncounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoValgrind(error) => write!(f, "no valgrind: {error}"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}

impl Counted {
    const fn steps(&self) -> usize {
        match self {
            Self::Walk { .. } => WALKED,
            Self::Assault => ASSAULTED,
        }
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Walk { design } => write!(f, "walk {design}"),
            Self::Assault => f.write_str("assault"),
        }
    }
}
