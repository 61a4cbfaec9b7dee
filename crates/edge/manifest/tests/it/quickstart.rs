//! The quickstart's manifests keep what the README promises.

use std::path::Path;

use casemate_manifest::{Source, read};
use casemate_model::{Bytes, ContainerKey, Fingerprint};
use casemate_policy::Reference;

/// The EPC of `casemate run` where none is given.
const EPC_DEFAULT: Bytes = Bytes::mib(64);
/// The smallest EPC the quickstart is run with.
const EPC_SMALL: Bytes = Bytes::mib(8);

fn sources() -> Vec<Source> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/quickstart");
    ["checksum", "shuffle", "hog", "chat", "policy"]
        .map(|name| {
            let path = directory.join(name).with_extension("yaml");
            Source { name: name.into(), text: std::fs::read_to_string(path).unwrap() }
        })
        .into()
}

#[test]
fn all_start_at_once_in_8_mib_and_page_in_64() {
    let reading = read(&sources());
    assert_eq!((reading.problems.as_slice(), reading.notes.as_slice()), (&[][..], &[][..]));
    assert_eq!(reading.workloads.len(), 4);
    let demands =
        reading.workloads.iter().flat_map(|workload| workload.pod.enclaves().map(|(_, demand)| demand));
    let (mut guaranteed, mut most) = (Bytes::ZERO, Bytes::ZERO);
    for demand in demands {
        guaranteed = guaranteed.saturating_add(demand.epc_guaranteed);
        most = most.saturating_add(demand.epc_limit.expect("each names a limit"));
    }
    assert!(guaranteed <= EPC_SMALL, "{guaranteed}");
    assert!(most >= EPC_DEFAULT.saturating_add(EPC_DEFAULT), "{most}");
}

#[test]
fn its_policy_lets_its_own_workloads_in_and_no_others() {
    let reading = read(&sources());
    let policy = reading.policy.expect("there is one").resolve(Fingerprint([1; 32])).unwrap().policy;
    for workload in &reading.workloads {
        let key = ContainerKey { pod: workload.pod.key.clone(), container: "app".into() };
        assert_eq!(policy.workload(&key), Some(&Reference::Image), "{key}");
        let other = ContainerKey { container: "other".into(), ..key };
        assert_eq!(policy.workload(&other), None);
    }
}
