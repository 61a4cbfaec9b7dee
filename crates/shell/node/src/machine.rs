//! What this machine is: its name, its identity, its size. Linux.

use std::fs;
use std::num::NonZeroU16;

use casemate_model::{Bytes, NodeIdentity, NodeName};

/// This machine's host name.
#[must_use]
pub fn name() -> NodeName {
    let system = rustix::system::uname();
    let name = system.nodename().to_string_lossy().into_owned();
    NodeName(if name.is_empty() { "localhost".to_owned() } else { name })
}

/// This machine and this boot of it.
///
/// # Errors
///
/// Where the kernel does not say which boot this is: evidence could not be bound to it.
pub fn identity() -> std::io::Result<NodeIdentity> {
    let read = |path| fs::read_to_string(path).map(|text| text.trim().to_owned());
    let boot_id = read("/proc/sys/kernel/random/boot_id")?;
    // machine-id(5). Containers often have none; the host name is then what stays
    // over a restart.
    let uid = read("/etc/machine-id").ok().filter(|id| !id.is_empty()).unwrap_or_else(|| name().0);
    Ok(NodeIdentity { uid, boot_id })
}

/// Ordinary memory of this machine.
#[must_use]
pub fn memory() -> Bytes {
    let info = rustix::system::sysinfo();
    Bytes((info.totalram as u64).saturating_mul(u64::from(info.mem_unit)))
}

/// CPUs this process may use; at least one.
#[must_use]
pub fn cpus() -> NonZeroU16 {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    u16::try_from(cpus).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN)
}
