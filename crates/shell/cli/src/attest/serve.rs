//! `casemate attest serve`: the attestation service.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use casemate_attest::Roots;
use casemate_manifest::argument;
use casemate_model::{Nanos, Timestamp};
use casemate_node::{Clock, SoftwareTee};
use casemate_server::collateral::fetcher::Services;
use casemate_server::{Config, Policies, Server, Stopper, logs};
use clap::Args;

use super::arguments::{self, Root};
use super::{exit, policy};
use crate::interrupt::INTERRUPTED;

/// Ends the help.
const EXAMPLES: &str = "Examples:\n\
\x20 casemate attest serve --software-root";

/// Serve verdicts over HTTP: evidence in, verdicts and signed results out.
///
/// The API is described at /openapi.json, the service in docs/attest-serve.md. It speaks HTTP without
/// TLS: leave it on loopback, or put what ends TLS before it. The address it listens at is the one line
/// on stdout; logs go to stderr.
///
/// Exit codes: 0 it was stopped (Ctrl-C, SIGTERM) and answered what was under way; 2 it did not start;
/// 130 it was interrupted again while stopping.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArguments {
    /// Where to listen; port 0 is any that is free.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,

    /// What vouches for evidence: files, or directories, which are read again when something in them
    /// changes; may be repeated.
    #[arg(long, value_name = "FILE|DIR", num_args = 1..)]
    collateral: Vec<PathBuf>,

    /// Intel's next set of TCB levels, for the forecast; may be repeated.
    #[arg(long, value_name = "FILE|DIR", num_args = 1..)]
    early: Vec<PathBuf>,

    /// Fetch DCAP collateral here: a PCCS, or Intel's own service, `https://api.trustedservices.intel.com`.
    #[arg(long, value_name = "URL")]
    pccs: Option<String>,

    /// Fetch certificates of AMD's chips here: `https://kdsintf.amd.com`, or a cache of it.
    #[arg(long, value_name = "URL")]
    kds: Option<String>,

    /// Trust only this CA (PEM) when fetching, in place of the public ones.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Never open a connection; what was fetched before is used. Without --pccs and --kds it is so
    /// anyway.
    #[arg(long)]
    offline: bool,

    /// A policy that requests may name, or, without a name, the one for those that name none
    /// [default: the published default]; may be repeated.
    #[arg(long, value_name = "[NAME=]FILE")]
    policy: Vec<String>,

    /// A root to accept beside the vendors' own, for tests: VENDOR=sha256:HEX; may be repeated.
    #[arg(long, value_name = "ROOT", value_parser = arguments::root)]
    root: Vec<Root>,

    /// Accept software enclaves of this machine. They protect nothing from its owner.
    #[arg(long)]
    software_root: bool,

    /// A key that signs results, PKCS#8, mode 0600, in place of those made and rotated in the state
    /// directory; the first signs, all are published; may be repeated.
    #[arg(long, value_name = "FILE")]
    signing_key: Vec<PathBuf>,

    /// Refuse evidence that does not answer a nonce of POST /v1/nonce.
    #[arg(long)]
    require_nonce: bool,

    /// The file with the token of whoever may enrol platforms, mode 0600 [default: nobody may].
    #[arg(long, value_name = "FILE")]
    admin_token: Option<PathBuf>,

    /// Refuse evidence of platforms that are not enrolled as its subject.
    #[arg(long)]
    require_enrolment: bool,

    /// How long a nonce of POST /v1/nonce is good: 5m, 30s.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = argument::span)]
    nonce_life: Nanos,

    /// Threads that verify [default: one a CPU].
    #[arg(long, value_name = "N")]
    workers: Option<NonZeroUsize>,

    /// Requests at once; more are answered 503.
    #[arg(long, value_name = "N", default_value_t = casemate_server::Limits::default().requests)]
    requests: usize,

    /// How often directories are looked at: 10s.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = argument::span)]
    poll: Nanos,

    /// What is logged: error, warn, info, debug; by module as in warn,casemate_server=debug.
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log: String,

    /// Where keys and what was fetched are kept, and this machine's software root
    /// [default: $XDG_STATE_HOME/casemate, else ~/.local/state/casemate].
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn serve(arguments: &ServeArguments) -> ExitCode {
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("error: {cause}");
            ExitCode::from(exit::BROKEN)
        }
    }
}

fn run(arguments: &ServeArguments) -> Result<(), String> {
    logs::to_stderr(&arguments.log)?;
    let server = Server::bind(config(arguments)?).map_err(|error| error.to_string())?;
    stop_on_signals(server.stopper())?;
    let mut out = io::stdout().lock();
    // A reader that has gone away is told nothing.
    let _ = writeln!(out, "listening: http://{}", server.address()).and_then(|()| out.flush());
    drop(out);
    server.run().map_err(|error| error.to_string())
}

fn config(arguments: &ServeArguments) -> Result<Config, String> {
    let root_directory = crate::run::software_root(arguments.state_dir.clone())?;
    let state = root_directory.parent().map_or_else(|| root_directory.clone(), |it| it.join("attest"));
    let mut config = Config::new(state);
    config.listen = arguments.listen;
    config.collateral = arguments.collateral.clone();
    config.early = arguments.early.clone();
    let fetches = !arguments.offline && (arguments.pccs.is_some() || arguments.kds.is_some());
    config.services = fetches.then(|| Services::new(arguments.pccs.as_deref(), arguments.kds.as_deref()));
    if let Some(path) = &arguments.ca {
        let pem = fs::read(path).map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
        config.ca = Some(pem);
    }
    config.policies = policies(&arguments.policy)?;
    config.roots = arguments.root.iter().fold(Roots::production(), |roots, root| root.add_to(roots));
    if arguments.software_root {
        let now: Timestamp = Clock::start().now();
        let software = SoftwareTee::open(&root_directory, now).map_err(|error| error.to_string())?;
        config.roots = config.roots.with_software([software.fingerprint()]);
    }
    config.signing_keys = arguments.signing_key.clone();
    config.require_nonce = arguments.require_nonce;
    config.admin_token = arguments.admin_token.clone();
    config.require_enrolment = arguments.require_enrolment;
    config.nonce_life = arguments.nonce_life;
    config.tick = Duration::from_nanos(arguments.poll.0);
    config.limits.requests = arguments.requests;
    if let Some(workers) = arguments.workers {
        config.workers = workers.get();
    }
    Ok(config)
}

/// `NAME=FILE`, or `FILE` for requests that name none.
fn policies(given: &[String]) -> Result<Policies, String> {
    let mut policies = Policies::default();
    let mut default = false;
    let mut named = BTreeMap::new();
    for text in given {
        match text.split_once('=') {
            Some((name, path)) => {
                if named.insert(name.to_owned(), Arc::new(policy(path.as_ref())?)).is_some() {
                    return Err(format!("two policies are called `{name}`"));
                }
            }
            None if default => return Err("two policies have no name; write NAME=FILE".to_owned()),
            None => {
                policies.default = Arc::new(policy(text.as_ref())?);
                default = true;
            }
        }
    }
    Ok(Policies { named, ..policies })
}

/// The first signal stops the service, the second the process.
fn stop_on_signals(stopper: Stopper) -> Result<(), String> {
    let again = AtomicBool::new(false);
    let handler = move || {
        if again.swap(true, SeqCst) {
            process::exit(i32::from(INTERRUPTED));
        }
        stopper.stop();
    };
    ctrlc::set_handler(handler).map_err(|error| format!("Ctrl-C cannot be handled: {error}"))
}
