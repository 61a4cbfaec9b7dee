//! The peer of encrypted paging: the kernel swapping to zram under a memory cgroup.
//!
//! zram compresses in memory and encrypts nothing. The peer is this program again,
//! in a cgroup that may hold as much as the pool, touching an ordinary buffer in
//! the same order. Needs root, a zram device that can be hot-added, `mkswap` and
//! `swapon`; where any is missing the row is reported as not measured.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pattern::{Pattern, touch};

/// What the peer is to do.
#[derive(Args)]
pub struct PeerArguments {
    /// Bytes of buffer.
    #[arg(long)]
    bytes: usize,
    /// Accesses to make.
    #[arg(long)]
    accesses: u64,
    /// In which order.
    #[arg(long, value_enum)]
    pattern: Pattern,
    /// The cgroup's file that takes this process in.
    #[arg(long)]
    cgroup_procs: PathBuf,
}

/// What the peer measured.
#[derive(Debug, Serialize, Deserialize)]
pub struct PeerResult {
    /// Accesses a second.
    pub accesses_per_second: f64,
    /// Pages the kernel had to bring back.
    pub major_faults: u64,
    /// What the buffer held in the end.
    pub checksum: u64,
}

/// The peer's side: joins the cgroup, fills the buffer, measures, prints one JSON line.
pub fn run_peer(arguments: &PeerArguments) {
    fs::write(&arguments.cgroup_procs, std::process::id().to_string())
        .expect("the parent made the cgroup and this process may join it");
    let mut buffer = vec![0u8; arguments.bytes];
    let faults = major_faults();
    let (rate, checksum) = touch(&mut buffer, arguments.pattern, arguments.accesses);
    let result = PeerResult {
        accesses_per_second: rate,
        major_faults: major_faults().saturating_sub(faults),
        checksum,
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
pub struct SwapPeer {
    device: u32,
    swapping: bool,
    cgroup: PathBuf,
}

impl SwapPeer {
    /// Sets up a swap device of `swap_bytes` and a cgroup that may hold `memory_bytes`.
    ///
    /// # Errors
    ///
    /// In words, what this machine lacks.
    pub fn set_up(swap_bytes: u64, memory_bytes: u64) -> Result<Self, String> {
        let hot_add = fs::read_to_string("/sys/class/zram-control/hot_add")
            .map_err(|error| format!("zram cannot be hot-added: {error}"))?;
        let device: u32 =
            hot_add.trim().parse().map_err(|_| format!("zram hot_add answered `{}`", hot_add.trim()))?;
        let (cgroup, limit) = memory_cgroup();
        let mut peer = Self { device, swapping: false, cgroup };
        fs::write(peer.sysfs("disksize"), swap_bytes.to_string())
            .map_err(|error| format!("zram disksize: {error}"))?;
        fs::create_dir(&peer.cgroup)
            .and_then(|()| fs::write(peer.cgroup.join(limit), memory_bytes.to_string()))
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
    pub fn measure(&self, bytes: usize, pattern: Pattern, accesses: u64) -> Result<PeerResult, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let output = Command::new(program)
            .arg("swap-peer")
            .args(["--bytes", &bytes.to_string(), "--accesses", &accesses.to_string()])
            .args(["--pattern", pattern.as_str()])
            .arg("--cgroup-procs")
            .arg(self.cgroup.join("cgroup.procs"))
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{error}; {}", String::from_utf8_lossy(&output.stderr).trim()))
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
