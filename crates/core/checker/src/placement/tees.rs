//! Which TEE of a node a pod's enclaves may use: one that was asked for or will do instead, that offers what the
//! programs need, and whose platform is vouched for.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::tee::{Features, Runtime, TeeVariant};
use casemate_model::{Node, Pod, Tee, Timestamp};

use super::against::Against;
use crate::Rule;
use crate::witness::Validity;

/// What is known of a node's platform: a witness for each TEE that was affirmed.
pub(super) type Witnesses = BTreeMap<Tee, Validity>;

/// Without an instant, no witness is asked for.
pub(super) fn object(
    against: &mut Against,
    pod: &Pod,
    node: &Node,
    witnesses: &Witnesses,
    at: Option<Timestamp>,
) {
    let all_wanted = wanted(pod);
    let innermost = all_wanted.iter().copied().min_by_key(|tee| depth(*tee));
    for wanted in all_wanted {
        let has = has(node);
        if has.is_empty() {
            return against.add(
                Rule::NodeWithoutTee,
                format_args!("no TEE"),
                format_args!("a node with {}", name(wanted)),
            );
        }
        let does = |has: &Tee| does_for(*has, wanted) || does_instead(*has, pod);
        let doing: Vec<Tee> = has.iter().copied().filter(does).collect();
        if doing.is_empty() {
            let first = has.first().copied().unwrap_or(wanted);
            return against.add(
                Rule::WrongTee,
                format_args!("{}", name(first)),
                format_args!("a node with {}", name(wanted)),
            );
        }
        // Programs run in the innermost TEE: of an enclave in a guest, in the enclave.
        let runs_programs = innermost == Some(wanted);
        let able = doing.iter().copied().filter(|tee| !runs_programs || offers(*tee, pod));
        let able: Vec<Tee> = able.collect();
        if able.is_empty() {
            return against.add(
                Rule::NeedsIgnored,
                format_args!("{} lacks what its programs need", name(doing[0])),
                format_args!("a TEE that offers {} under its runtime", pod.scheduling.needs),
            );
        }
        let Some(at) = at else { continue };
        let known: Vec<Validity> = able.iter().filter_map(|tee| witnesses.get(tee).copied()).collect();
        if known.iter().any(|witness| witness.holds_at(at)) {
            continue;
        }
        return match known.first() {
            None => against.add(
                Rule::NoPlatformWitness,
                format_args!("its platform was never affirmed"),
                format_args!("a platform with a witness"),
            ),
            Some(witness) => against.add(
                Rule::StalePlatformWitness,
                format_args!("at {}", at.0),
                format_args!("from {} to {}", witness.from, witness.until),
            ),
        };
    }
}

/// The TEEs a pod asks for, for all of its containers.
pub(super) fn wanted(pod: &Pod) -> BTreeSet<Tee> {
    let all = pod.init_containers.iter().chain(pod.containers.iter());
    all.filter_map(|container| container.demand.enclave.map(|enclave| enclave.tee)).collect()
}

/// The TEEs of a node that do for this pod: for each that it asks for, those of the node that will do.
pub(super) fn in_use(pod: &Pod, node: &Node) -> BTreeSet<Tee> {
    let wanted = wanted(pod);
    let does = |has: &Tee| wanted.iter().any(|it| does_for(*has, *it)) || does_instead(*has, pod);
    has(node).into_iter().filter(does).collect()
}

fn has(node: &Node) -> Vec<Tee> {
    let others = node.hardware.other_tees.iter().copied();
    node.tee.into_iter().chain(others).collect()
}

fn does_instead(has: Tee, pod: &Pod) -> bool {
    pod.scheduling.other_tees.iter().any(|other| does_for(has, *other))
}

/// A node's TEE does for what is asked if it is that, or is software asked to play SGX.
fn does_for(has: Tee, wanted: Tee) -> bool {
    matches!((has, wanted), (Tee::Software, Tee::Sgx)) || name(has) == name(wanted)
}

/// Whether every processor with this TEE offers what the pod needs, under the runtime it names or under some.
fn offers(tee: Tee, pod: &Pod) -> bool {
    let (needs, runtime) = (pod.scheduling.needs, pod.scheduling.runtime);
    let mut kinds = TeeVariant::ALL.into_iter().filter(|variant| variant.tee() == Some(tee));
    let under_some = |variant| Runtime::ALL.into_iter().any(|runtime| has_all(variant, runtime, needs));
    needs.is_empty()
        || kinds.all(|variant| match runtime {
            Some(runtime) => has_all(variant, runtime, needs),
            None => under_some(variant),
        })
}

fn has_all(variant: TeeVariant, runtime: Runtime, needs: Features) -> bool {
    let mut lacking = variant.gaps().iter().chain(runtime.gaps()).map(|(feature, _)| *feature);
    runtime.runs_on().contains(&variant) && !lacking.any(|feature| needs.contains(feature))
}

/// What is inside what: processes are in guests, and both are in a world.
fn depth(tee: Tee) -> u8 {
    match tee {
        Tee::Sgx | Tee::Software => 0,
        Tee::Tdx | Tee::SevSnp | Tee::Cca | Tee::Nitro => 1,
        Tee::TrustZone => 2,
    }
}

fn name(tee: Tee) -> &'static str {
    match tee {
        Tee::Sgx => "SGX",
        Tee::Tdx => "TDX",
        Tee::SevSnp => "SEV-SNP",
        Tee::Cca => "CCA",
        Tee::Nitro => "Nitro",
        Tee::TrustZone => "TrustZone",
        Tee::Software => "the software TEE",
    }
}
