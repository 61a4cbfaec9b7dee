//! Volumes of a pod: what of the host it mounts.

use super::draft::Pen;
use super::finding::FindingId;
use super::inspection::{Says, What};
use super::spot::Spot;
use crate::Technology;
use crate::field::Field;
use crate::vocabulary::devices::{HostPath, host_path};

/// Reads a pod's volumes.
pub(crate) fn volumes(spec: &Field<'_>, pen: &mut Pen<'_>) {
    for volume in spec.all("volumes").iter().flat_map(Field::elements) {
        for host in volume.all("hostPath") {
            let Some(path) = host.get("path") else { continue };
            let Some(text) = path.plain() else { continue };
            mount(text, &path, pen);
        }
        if let Some(secret) = volume.get("secret") {
            pen.find_if_confidential(FindingId::SecretFromCluster, &secret, "a Secret is mounted");
        }
    }
}

fn mount(text: &str, path: &Field<'_>, pen: &mut Pen<'_>) {
    let Some(known) = host_path(text) else {
        pen.find_if_confidential(FindingId::HostPathShared, path, format!("`{text}` of the host is mounted"));
        return;
    };
    match known {
        HostPath::Device(technology) => {
            pen.fact(What::HostPath, path, Says::Asked, Some(technology), |value| {
                format!("it mounts the host's `{value}`")
            });
            pen.draft.signs.device.get_or_insert_with(|| Spot::of(path));
            // Nothing counts its enclaves, and nothing limits their memory.
            if technology == Technology::Sgx {
                pen.draft.demand.enclaves = None;
                pen.draft.demand.epc_limit = None;
            }
            // Said only of workloads: a device plugin has to mount it.
            pen.find_if_confidential(
                FindingId::DeviceBypass,
                path,
                format!("`{text}` is mounted from the host"),
            );
            if text.contains("isgx") || text.contains("gsgx") {
                pen.find(
                    FindingId::RetiredResource,
                    path,
                    format!("`{text}` is of a driver outside the kernel"),
                );
            }
        }
        HostPath::Service(technology) => {
            pen.fact(What::HostPath, path, Says::Possible, Some(technology), |value| {
                format!("it mounts `{value}`, which serves workloads in {technology} only")
            });
            pen.draft.signs.quoting_service = true;
            pen.draft.signs.attested.get_or_insert_with(|| Spot::of(path));
        }
        HostPath::Reports => {
            pen.fact(What::HostPath, path, Says::Possible, None, |value| {
                format!("it mounts `{value}`, where guests in a TEE get their reports")
            });
            pen.draft.signs.quoting_service = true;
            pen.draft.signs.attested.get_or_insert_with(|| Spot::of(path));
        }
        HostPath::AllDevices | HostPath::Root => {
            pen.fact(What::HostPath, path, Says::Nothing, None, |_| String::new());
            pen.find_if_confidential(
                FindingId::HostDevices,
                path,
                format!("`{text}` of the host is mounted"),
            );
        }
        HostPath::Plugins => {
            pen.fact(What::HostPath, path, Says::Nothing, None, |_| String::new());
            pen.draft.signs.plugin.get_or_insert_with(|| Spot::of(path));
        }
        HostPath::Tpm => {
            pen.fact(What::HostPath, path, Says::Nothing, None, |_| String::new());
        }
    }
}
