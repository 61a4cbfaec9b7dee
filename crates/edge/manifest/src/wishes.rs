//! What a pod says of its place that Kubernetes has no field for: annotations of ours, read to plan.
//!
//! `placement-policy`, `expected-duration`, `needs`, `runtime`, `tees`, `working-set.CONTAINER` and
//! `memory-bandwidth`, each under `casemate.dev/`. Refused: words that are none, TEEs that what the containers
//! ask for is not had of, a runtime that runs on no TEE the pod asks for, a working set of a container that
//! has no encrypted memory. The runtime is told by the runtime class where that is certain.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use casemate_model::{Bytes, Container, Features, Nanos, PlacementPolicy, Pod, Runtime, Tee, TeeVariant};

use crate::duration;
use crate::field::Field;
use crate::ours::Ours;
use crate::problem::{Findings, shown};
use crate::quantity::Quantity;
use crate::resources::refusal;
use crate::suggest::nearest;
use crate::vocabulary::kinds::Kind;
use crate::vocabulary::resources::resource;

/// Annotations of pods.
const KNOWN: [&str; 7] =
    ["expected-duration", "memory-bandwidth", "needs", "placement-policy", "runtime", "tees", WORKING_SET];

const WORKING_SET: &str = "working-set.";

/// Most names that are no container's which are told, and most containers among which the one meant is looked for.
const UNKNOWN_MAX: usize = 16;

/// Reads the annotations of a pod into what it says of its place. `class` is its runtime class's handler,
/// or else the class's name; `machine` the TEE that the class names.
pub(crate) fn wishes(
    pod: &mut Pod,
    metadata: Option<&Field<'_>>,
    class: Option<&str>,
    machine: Option<Tee>,
    to: &mut Findings,
) {
    let ours = Ours::of(metadata);
    let asked: BTreeSet<Tee> = pod.enclaves().map(|(_, enclave)| enclave.tee).collect();
    // Those that kata-deploy installs; of others nobody knows what is in the machine.
    let is_kata = machine.is_some_and(|tee| matches!(tee, Tee::Tdx | Tee::SevSnp))
        && class.is_some_and(|class| class.starts_with("kata"));
    pod.scheduling.runtime = is_kata.then_some(Runtime::Kata);
    if ours.is_empty() {
        return;
    }
    ours.note_unknown(&KNOWN, to);
    let said = &mut pod.scheduling;
    said.policy = word::<PlacementPolicy>(&ours, "placement-policy", to);
    said.expected = expected(&ours, pod.active_deadline, to);
    said.needs = word::<Features>(&ours, "needs", to).unwrap_or_default();
    said.bandwidth = bandwidth(&ours, to);
    let of_no_matter = asked.is_empty() && !said.needs.is_empty();
    if let Some((_, field)) = ours.get("needs").filter(|_| of_no_matter) {
        to.note(field.note("of no matter: the pod asks for no TEE, and an ordinary machine has all of it"));
    }
    other_tees(pod, &ours, &asked, machine, to);
    runtime(pod, &ours, &asked, to);
    working_sets(pod, &ours, to);
}

/// Notes annotations for pods that stand with what makes them, where nobody looks.
pub(crate) fn misplaced(kind: &Kind, document: &Field<'_>, to: &mut Findings) {
    if kind.name == "Pod" {
        return;
    }
    let ours = Ours::of(document.get("metadata").as_ref());
    for (_, _, field) in KNOWN.iter().flat_map(|known| ours.all(known)) {
        let place = kind.metadata.join(".");
        to.note(field.note(format!("of no effect here: pods are annotated under `{place}.annotations`")));
    }
}

/// A value that reads itself, and says what is wrong with it.
fn word<T: FromStr<Err: std::fmt::Display>>(ours: &Ours<'_>, name: &str, to: &mut Findings) -> Option<T> {
    let (text, field) = ours.get(name)?;
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            let cause: String = error.to_string().chars().take(512).collect();
            to.refuse(field.problem(cause, "Correct it, or take the annotation out"));
            None
        }
    }
}

fn expected(ours: &Ours<'_>, deadline: Option<Nanos>, to: &mut Findings) -> Option<Nanos> {
    const REMEDY: &str = "Write how long it runs, as in `90m` or `1h30m`";
    let (text, field) = ours.get("expected-duration")?;
    let span = match duration::parse(text) {
        Ok(span) => span,
        Err(error) => {
            to.refuse(field.problem(format!("`{}`: {error}", shown(text)), REMEDY));
            return None;
        }
    };
    if span == Nanos::ZERO || deadline.is_some_and(|deadline| span > deadline) {
        let why =
            if span == Nanos::ZERO { "is no time at all" } else { "is longer than its deadline lets it run" };
        to.refuse(field.problem(format!("`{}` {why}", shown(text)), REMEDY));
        return None;
    }
    Some(span)
}

fn bandwidth(ours: &Ours<'_>, to: &mut Findings) -> Option<u64> {
    let (text, field) = ours.get("memory-bandwidth")?;
    match Quantity::parse(text).and_then(Quantity::whole) {
        Ok(bytes) => (bytes > 0).then_some(bytes),
        Err(error) => {
            to.refuse(refusal(field, text, error));
            None
        }
    }
}

/// TEEs that will do instead of the one that is asked for: of those of its shape only.
fn other_tees(
    pod: &mut Pod,
    ours: &Ours<'_>,
    asked: &BTreeSet<Tee>,
    machine: Option<Tee>,
    to: &mut Findings,
) {
    let Some((text, field)) = ours.get("tees") else { return };
    let mut listed = BTreeSet::new();
    for name in text.split(',').map(str::trim) {
        match Tee::ALL.into_iter().find(|tee| tee.as_str() == name) {
            Some(tee) => drop(listed.insert(tee)),
            None => {
                let known = Tee::ALL.map(Tee::as_str).join(", ");
                to.refuse(
                    field.problem(format!("`{}` is no TEE", shown(name)), format!("Known are {known}")),
                );
                return;
            }
        }
    }
    let first = match asked.iter().collect::<Vec<_>>().as_slice() {
        [one] => **one,
        [] => {
            let remedy = "Ask for a resource of one of them, such as `tdx.intel.com/keys: 1`";
            to.refuse(field.problem("no container asks for a TEE", remedy));
            return;
        }
        _ => {
            let remedy = "Ask for one of them, and list the others here";
            to.refuse(field.problem("the containers ask for several TEEs at once", remedy));
            return;
        }
    };
    if !listed.remove(&first) {
        let cause = format!("leaves out {first}, which the containers ask for");
        to.refuse(field.problem(cause, format!("List {first} too, or ask for one of those listed")));
        return;
    }
    for tee in &listed {
        if shape(*tee) != shape(first) {
            let cause = format!("what the containers ask for of {first} is not had of {tee}");
            to.refuse(field.problem(cause, "List TEEs of one shape: sgx and software, or tdx and sev-snp"));
            return;
        }
    }
    let of_a_tee = |name: &str| resource(name).is_some_and(|known| known.technology.is_some());
    let devices = pod.devices();
    if let (Some(device), false) = (devices.keys().find(|kind| of_a_tee(kind.as_str())), listed.is_empty()) {
        let cause = format!("`{device}` is a device of {first}, which other TEEs do not have");
        to.refuse(field.problem(cause, "Ask for key slots, or list one TEE only"));
        return;
    }
    if machine.is_some() && !listed.is_empty() {
        to.note(field.note(format!(
            "its runtime class is one of {first}: elsewhere it has to name the class of that TEE"
        )));
    }
    pod.scheduling.other_tees = listed.into_iter().collect();
}

/// What a request of a TEE is made of.
#[derive(PartialEq, Eq)]
enum Shape {
    /// Encrypted memory and enclave slots.
    Enclave,
    /// Key slots.
    Machine,
    /// Something of its own.
    Own(Tee),
}

fn shape(tee: Tee) -> Shape {
    match tee {
        Tee::Sgx | Tee::Software => Shape::Enclave,
        Tee::Tdx | Tee::SevSnp => Shape::Machine,
        Tee::Cca | Tee::Nitro | Tee::TrustZone => Shape::Own(tee),
    }
}

fn runtime(pod: &mut Pod, ours: &Ours<'_>, asked: &BTreeSet<Tee>, to: &mut Findings) {
    let Some((_, field)) = ours.get("runtime") else { return };
    let Some(runtime) = word::<Runtime>(ours, "runtime", to) else { return };
    if let Some(known) = pod.scheduling.runtime.filter(|known| *known != runtime) {
        let cause = format!("its runtime class is one of {known}");
        to.refuse(field.problem(cause, "Take it out, or name another runtime class"));
        return;
    }
    let wanted = || asked.iter().chain(&pod.scheduling.other_tees).copied();
    let runs_on = |tee: Tee| {
        runtime.runs_on().iter().copied().filter_map(TeeVariant::tee).any(|has| has.satisfies(tee))
    };
    if asked.is_empty() {
        to.note(field.note("of no matter: the pod asks for no TEE"));
    } else if !wanted().any(runs_on) {
        let tees: Vec<String> = wanted().map(|tee| tee.to_string()).collect();
        let cause = format!("{runtime} does not run on {}", tees.join(" or "));
        to.refuse(field.problem(cause, "Name what the programs run on, or ask for its TEE"));
        return;
    }
    pod.scheduling.runtime = Some(runtime);
}

fn working_sets(pod: &mut Pod, ours: &Ours<'_>, to: &mut Findings) {
    let containers: BTreeMap<&str, &Container> =
        pod.all_containers().map(|container| (container.name.as_str(), container)).collect();
    let mut sets = BTreeMap::new();
    let mut unknown = 0_usize;
    for (name, text, field) in ours.all(WORKING_SET) {
        let Some(container) = containers.get(name) else {
            unknown += 1;
            if unknown > UNKNOWN_MAX {
                break;
            }
            let names: Vec<&str> = containers.keys().copied().take(UNKNOWN_MAX).collect();
            let remedy = match nearest(name, &names) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => "Name a container of the pod".to_owned(),
            };
            to.refuse(field.problem(format!("there is no container `{}`", shown(name)), remedy));
            continue;
        };
        let bytes = match Quantity::parse(text).and_then(Quantity::whole) {
            Ok(bytes) => Bytes(bytes),
            Err(error) => {
                to.refuse(refusal(field, text, error));
                continue;
            }
        };
        let enclave = container.demand.enclave.as_ref();
        let has_epc =
            enclave.filter(|it| it.epc_guaranteed > Bytes::ZERO || it.epc_limit > Some(Bytes::ZERO));
        let Some(enclave) = has_epc else {
            let cause = format!("the container `{name}` asks for no encrypted memory");
            to.refuse(field.problem(cause, "Take it out, or ask for `sgx.intel.com/epc`"));
            continue;
        };
        if let Some(limit) = enclave.epc_limit.filter(|limit| bytes > *limit) {
            let cause = format!("is more than the limit of `{name}`, {limit}");
            to.refuse(field.problem(cause, "Write what it uses at a time, which its limit bounds"));
            continue;
        }
        sets.insert(name.to_owned(), bytes);
    }
    pod.scheduling.working_sets = sets;
}
