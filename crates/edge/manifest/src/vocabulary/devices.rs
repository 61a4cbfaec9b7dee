//! Files of the host through which a pod reaches a TEE, or pretends to be its plugin.

use super::technology::Technology;

/// What mounting a host path means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostPath {
    /// The device that runs enclaves or confidential VMs, or that a guest asks for reports.
    Device(Technology),
    /// A service that only a TEE's workload talks to. Says what is meant, gives no access to a TEE.
    Service(Technology),
    /// Reports of whichever TEE the node is (configfs-tsm).
    Reports,
    /// Every device of the host.
    AllDevices,
    /// The whole file system of the host, devices included.
    Root,
    /// The kubelet's plugin sockets: who mounts them is a device plugin.
    Plugins,
    /// A TPM. No request for a TEE.
    Tpm,
}

/// Device files, without `/dev/`; also everything whose name goes on with a digit, `_`, `-` or `/`.
pub(crate) const DEVICES: [(&str, Technology); 10] = [
    ("sgx", Technology::Sgx),
    ("isgx", Technology::Sgx),
    ("gsgx", Technology::Sgx),
    ("tdx", Technology::Tdx),
    ("tdx_guest", Technology::Tdx),
    ("tdx-guest", Technology::Tdx),
    ("tdx-attest", Technology::Tdx),
    ("sev", Technology::Sev),
    ("sev-guest", Technology::SevSnp),
    ("nitro_enclaves", Technology::Nitro),
];

/// Directories and sockets of services.
pub(crate) const SERVICES: [(&str, Technology); 4] = [
    ("/var/run/aesmd", Technology::Sgx),
    ("/run/aesmd", Technology::Sgx),
    ("/var/run/tdx-qgs", Technology::Tdx),
    ("/run/nitro_enclaves", Technology::Nitro),
];

/// Where device plugins meet the kubelet.
pub(crate) const PLUGINS: &str = "/var/lib/kubelet/device-plugins";

/// What mounting `path` means, if it means anything here.
///
/// Doubled and trailing slashes and `.` change nothing; a path with `..` in it is
/// resolved, as the host would.
pub(crate) fn host_path(path: &str) -> Option<HostPath> {
    let path = normal(path)?;
    if path == "/" {
        return Some(HostPath::Root);
    }
    if path == "/dev" {
        return Some(HostPath::AllDevices);
    }
    if below(&path, PLUGINS) {
        return Some(HostPath::Plugins);
    }
    if below(&path, "/sys/kernel/config") {
        return Some(HostPath::Reports);
    }
    if let Some((_, technology)) = SERVICES.iter().find(|(service, _)| below(&path, service)) {
        return Some(HostPath::Service(*technology));
    }
    let name = path.strip_prefix("/dev/")?;
    if name.starts_with("tpm") {
        return Some(HostPath::Tpm);
    }
    let named = DEVICES.iter().filter(|(device, _)| {
        name.strip_prefix(device).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit() || "_-/".contains(c))
        })
    });
    named.max_by_key(|(device, _)| device.len()).map(|(_, technology)| HostPath::Device(*technology))
}

/// The path as the host resolves it, as far as names go; nothing where it is not absolute.
fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.trim().strip_prefix('/')?.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

fn below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_files_are_told_from_their_neighbours() {
        let device = |technology| Some(HostPath::Device(technology));
        for (path, expected) in [
            ("/dev/sgx", device(Technology::Sgx)),
            ("/dev/sgx/", device(Technology::Sgx)),
            ("/dev/sgx_enclave", device(Technology::Sgx)),
            ("/dev//sgx/./provision", device(Technology::Sgx)),
            ("/dev/shm/../sgx_enclave", device(Technology::Sgx)),
            ("/dev/isgx", device(Technology::Sgx)),
            ("/dev/tdx_guest", device(Technology::Tdx)),
            ("/dev/sev", device(Technology::Sev)),
            ("/dev/sev-guest", device(Technology::SevSnp)),
            ("/dev/nitro_enclaves", device(Technology::Nitro)),
            ("/var/run/aesmd/aesm.socket", Some(HostPath::Service(Technology::Sgx))),
            ("/dev", Some(HostPath::AllDevices)),
            ("/", Some(HostPath::Root)),
            ("/dev/tpmrm0", Some(HostPath::Tpm)),
            ("/var/lib/kubelet/device-plugins/", Some(HostPath::Plugins)),
            ("/var/lib/kubelet/device-plugins-old", None),
            ("/dev/severe", None),
            ("/dev/sgxother", None),
            ("dev/sgx", None),
            ("/data", None),
            ("", None),
        ] {
            assert_eq!(host_path(path), expected, "{path}");
        }
    }
}
