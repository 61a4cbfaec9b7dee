//! The peer of encrypted paging: the kernel swapping to zram under a memory cgroup.
//!
//! zram compresses in memory and encrypts nothing. The peer is this program again,
//! in a cgroup that may hold as much as the pool (and a little for the process itself),
//! walking over an ordinary buffer in the same order. Needs root, a zram device that can be hot-added, `mkswap` and
//! `swapon`; where any is missing the row is reported as not measured.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use casemate_model::{Bytes, PAGE_SIZE};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::pattern::{Pattern, Walk};

/// What the peer may hold beside the pool's worth of its buffer: stacks, heap and page tables.
const PROCESS: Bytes = Bytes::mib(2);

/// With every page on the active list, as random accesses make it, the kernel now and then
/// finds nothing to reclaim and kills the peer, most of the swap being free. Then it runs again.
const ATTEMPTS: usize = 6;

/// What the peer is to do.
#[derive(Args)]
pub(crate) struct PeerArguments {
    /// Pages of buffer.
    #[arg(long)]
    pages: u64,
    /// Accesses to make.
    #[arg(long)]
    accesses: u64,
    /// In which order.
    #[arg(long, value_enum)]
    pattern: Pattern,
    /// Which random numbers.
    #[arg(long)]
    seed: u64,
    /// The cgroup's file that takes this process in.
    #[arg(long)]
    cgroup_procs: PathBuf,
}

/// What the peer measured.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PeerResult {
    /// Accesses a second.
    pub(crate) accesses_per_second: f64,
    /// Pages the kernel had to bring back.
    pub(crate) major_faults: u64,
    /// Over what it read.
    pub(crate) checksum: u64,
}

/// The peer's side: joins the cgroup, fills the buffer, measures, prints one JSON line.
pub(crate) fn run_peer(arguments: &PeerArguments) {
    fs::write(&arguments.cgroup_procs, std::process::id().to_string())
        .expect("the parent made the cgroup and this process may join it");
    let PeerArguments { pages, accesses, pattern, seed, .. } = *arguments;
    let mut buffer = vec![0u64; (pages * PAGE_SIZE / 8) as usize];
    let mut walk = Walk::begin(&mut buffer, pages, pattern, seed);
    let faults = major_faults();
    let seconds = walk.go(&mut buffer, accesses);
    let result = PeerResult {
        accesses_per_second: accesses as f64 / seconds,
        major_faults: major_faults().saturating_sub(faults),
        checksum: walk.checksum(),
    };
    println!("{}", serde_json::to_string(&result).expect("plain numbers serialise"));
}

/// `majflt`, field 12 of proc_pid_stat(5); the fields follow the last parenthesis.
fn major_faults() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    fields.split_whitespace().nth(9).and_then(|field| field.parse().ok()).unwrap_or(0)
}

/// A zram swap device and a memory cgroup; both are removed on drop.
pub(crate) struct SwapPeer {
    device: u32,
    swapping: bool,
    cgroup: PathBuf,
}

impl SwapPeer {
    /// Sets up a swap device of `swap` bytes and a cgroup that may hold `memory` of a buffer.
    ///
    /// # Errors
    ///
    /// In words, what this machine lacks.
    pub(crate) fn set_up(swap: Bytes, memory: Bytes) -> Result<Self, String> {
        let hot_add = fs::read_to_string("/sys/class/zram-control/hot_add")
            .map_err(|error| format!("zram cannot be hot-added: {error}"))?;
        let device: u32 =
            hot_add.trim().parse().map_err(|_| format!("zram hot_add answered `{}`", hot_add.trim()))?;
        let (cgroup, limit) = memory_cgroup();
        let mut peer = Self { device, swapping: false, cgroup };
        fs::write(peer.sysfs("disksize"), swap.0.to_string())
            .map_err(|error| format!("zram disksize: {error}"))?;
        fs::create_dir(&peer.cgroup)
            .and_then(|()| fs::write(peer.cgroup.join(limit), (memory.0 + PROCESS.0).to_string()))
            .map_err(|error| format!("memory cgroup {}: {error}", peer.cgroup.display()))?;
        run("mkswap", &[&peer.node()])?;
        run("swapon", &["--priority", "100", &peer.node()])?;
        peer.swapping = true;
        Ok(peer)
    }

    /// Runs the peer's workload inside the cgroup.
    ///
    /// # Errors
    ///
    /// In words, what went wrong.
    pub(crate) fn measure(
        &self,
        pages: u64,
        pattern: Pattern,
        accesses: u64,
        seed: u64,
    ) -> Result<PeerResult, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command
            .arg("swap-peer")
            .args(["--pages", &pages.to_string(), "--accesses", &accesses.to_string()])
            .args(["--pattern", pattern.as_str(), "--seed", &seed.to_string()])
            .arg("--cgroup-procs")
            .arg(self.cgroup.join("cgroup.procs"))
            .stdin(Stdio::null());
        let mut ended = String::new();
        for _ in 0..ATTEMPTS {
            let output = command.output().map_err(|error| error.to_string())?;
            if output.status.success() {
                return serde_json::from_slice(&output.stdout).map_err(|error| error.to_string());
            }
            ended = format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
        }
        Err(format!("the peer ended {ATTEMPTS} times before it was done: {ended}"))
    }

    fn node(&self) -> String {
        format!("/dev/zram{}", self.device)
    }

    fn sysfs(&self, file: &str) -> PathBuf {
        Path::new("/sys/block").join(format!("zram{}", self.device)).join(file)
    }
}

impl Drop for SwapPeer {
    fn drop(&mut self) {
        if self.swapping {
            let _ = run("swapoff", &[&self.node()]);
        }
        let _ = fs::write(self.sysfs("reset"), "1");
        let _ = fs::write("/sys/class/zram-control/hot_remove", self.device.to_string());
        let _ = fs::remove_dir(&self.cgroup);
    }
}

/// Where this machine's memory cgroups are, and which file limits one.
fn memory_cgroup() -> (PathBuf, &'static str) {
    let name = format!("casemate-bench-{}", std::process::id());
    let v1 = Path::new("/sys/fs/cgroup/memory");
    if v1.is_dir() {
        (v1.join(name), "memory.limit_in_bytes")
    } else {
        (Path::new("/sys/fs/cgroup").join(name), "memory.max")
    }
}

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let failed = |what: String| format!("{program}: {what}");
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(failed("not installed".into())),
        Err(error) => Err(failed(error.to_string())),
    }
}
