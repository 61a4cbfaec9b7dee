//! The command line of `casemate run`.

use std::num::NonZeroU16;
use std::path::PathBuf;

use casemate_manifest::argument;
use casemate_model::{Bytes, Nanos, Taint};
use casemate_node::pager::{Mechanism, MechanismChoice};
use casemate_node::{Renewal, Restarts};
use clap::{Args, ValueEnum};

use crate::output::Output;

/// Admit, attest, place and run workloads on this machine, in software enclaves.
///
/// Exit codes: 0 everything was placed and ended with 0; 1 something was not or did
/// not; 2 nothing was run; 130 interrupted.
#[derive(Args)]
pub(crate) struct RunArguments {
    /// Manifests: files, or directories of `*.yaml`; `-` is stdin. A directory's policy.yaml is the
    /// policy unless --policy is given.
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) paths: Vec<PathBuf>,

    /// Encrypted memory of this node, in bytes: 64Mi, 1G.
    #[arg(long, value_name = "BYTES", default_value = "64Mi", value_parser = argument::bytes)]
    pub(crate) epc: Bytes,

    /// CPUs that run enclaves [default: all of this machine].
    #[arg(long, value_name = "N")]
    pub(crate) cpus: Option<NonZeroU16>,

    /// A label of this node; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = argument::label)]
    pub(crate) node_label: Vec<(String, String)>,

    /// A taint of this node; may be repeated.
    #[arg(long, value_name = "KEY=VALUE:EFFECT", value_parser = argument::taint)]
    pub(crate) node_taint: Vec<Taint>,

    /// The WASI program that an image name stands for; may be repeated.
    #[arg(long, value_name = "NAME=FILE", value_parser = argument::label)]
    pub(crate) image: Vec<(String, String)>,

    /// A directory of this machine below which `hostPath` volumes may be, read-only; may be
    /// repeated. Without it there are none.
    #[arg(long, value_name = "DIR")]
    pub(crate) allow_host_path: Vec<PathBuf>,

    /// The appraisal policy. Without one, software enclaves of this machine are
    /// accepted that measure as the images named in the manifests.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    /// How long a verdict stands, at most the policy's: 5m, 500ms.
    #[arg(long, value_name = "TIME", value_parser = argument::span)]
    pub(crate) attest_ttl: Option<Nanos>,

    /// When verdicts are renewed.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = RenewalArgument::InTime)]
    pub(crate) attest_renewal: RenewalArgument,

    /// How long an enclave runs before the next one's turn: 10ms.
    #[arg(long, value_name = "TIME", default_value = "10ms", value_parser = argument::span)]
    pub(crate) slice: Nanos,

    /// How often the containers of a pod that may restart are started again, all together.
    /// A Job's backoffLimit says it for its own pods.
    #[arg(long, value_name = "N", default_value_t = Restarts::default().max)]
    pub(crate) restarts: u32,

    /// The delay before the second restart, doubled for each one after it, up to 30s: 1s.
    /// The first is at once.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = argument::span)]
    pub(crate) restart_delay: Nanos,

    /// How pages move in and out of the pool.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = PagingArgument::Auto)]
    pub(crate) paging: PagingArgument,

    /// Where logs and the event log go [default: a new directory under the state directory].
    #[arg(long, value_name = "DIR")]
    pub(crate) log_dir: Option<PathBuf>,

    /// Where this machine's software root and the logs of runs are kept
    /// [default: $XDG_STATE_HOME/casemate, else ~/.local/state/casemate].
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    /// Write a page to look at the run in a browser: states, encrypted memory, CPU shares,
    /// decisions, verdicts. Also written when the run is interrupted.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,

    /// Write a trace for Perfetto (ui.perfetto.dev): every stay on a CPU, and counters of
    /// encrypted memory and faults. Also written when the run is interrupted.
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,

    /// Nodes to place on, which `run` refuses: it knows this machine only.
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) node: Vec<PathBuf>,

    /// What is printed on stdout. With json it is exactly one document, and all else goes to stderr.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Output::Table)]
    pub(crate) output: Output,
}

/// When verdicts are renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RenewalArgument {
    /// Before they lapse: nothing is suspended.
    InTime,
    /// Once they have lapsed: the enclave is suspended, attested again and resumed.
    OnLapse,
    /// Never: the enclave is suspended, and ended.
    Never,
}

/// How pages move in and out of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PagingArgument {
    /// userfaultfd where it is permitted, else mprotect.
    Auto,
    /// userfaultfd or nothing.
    Userfaultfd,
    /// mprotect: slower, permitted everywhere.
    Mprotect,
}

impl From<RenewalArgument> for Renewal {
    fn from(argument: RenewalArgument) -> Self {
        match argument {
            RenewalArgument::InTime => Self::InTime,
            RenewalArgument::OnLapse => Self::OnLapse,
            RenewalArgument::Never => Self::Never,
        }
    }
}

impl From<PagingArgument> for MechanismChoice {
    fn from(argument: PagingArgument) -> Self {
        match argument {
            PagingArgument::Auto => Self::Auto,
            PagingArgument::Userfaultfd => Self::Only(Mechanism::Userfaultfd),
            PagingArgument::Mprotect => Self::Only(Mechanism::Mprotect),
        }
    }
}
