//! From a draft to an entry: its class with the reason, its numbers, its findings.
//!
//! The fact that says most decides: something asked for makes it `confidential`,
//! something possible `ambiguous`, nothing `not-confidential`. A device plugin is
//! `not-confidential`, unless it asks for a TEE as workloads do.

use super::draft::{Amounts, Because, Cost, Draft, RuntimeClassAsked, rank, under_condition};
use super::finding::{Finding, FindingId};
use super::inspection::{Class, Entry, Fact, Form, Says, What};
use super::judge::judge;
use super::sandbox::{Classes, Sandbox, sandbox, takes_a_key};
use crate::Technology;
use crate::template::is_blank;
use crate::vocabulary::runtime_classes::Isolation;

/// Settles a draft.
pub(crate) fn settle(mut draft: Draft, classes: &Classes) -> Entry {
    let sandbox = settle_sandboxes(&mut draft, classes);
    let (class, reason) = class(&draft);
    let tee = tee(&draft.facts, class);
    let cost = cost(&draft, sandbox);
    let mut demand = draft.demand;
    if class == Class::NotConfidential {
        // What a device plugin mounts it does not ask for.
        demand = Amounts::NONE;
    } else if sandbox.is_some_and(|sandbox| sandbox.isolation == Isolation::Tee(Technology::Sgx)) {
        // An enclave that no resource counts.
        demand.enclaves = demand.enclaves.filter(|enclaves| *enclaves > 0);
        demand.epc_limit = demand.epc_limit.filter(|_| demand.enclaves.is_some());
    }
    let keys = keys(&mut draft, demand.keys, sandbox, cost);
    judge(&mut draft, class, sandbox);
    let has_blanks =
        draft.name.as_deref().is_some_and(is_blank) || draft.facts.iter().any(|fact| is_blank(&fact.value));
    Entry {
        file: draft.file,
        line: draft.spot.line,
        column: draft.spot.column,
        kind: draft.kind,
        api_version: draft.api_version,
        namespace: draft.namespace,
        name: draft.name,
        form: draft.form,
        template: draft.template || has_blanks,
        class,
        reason,
        tee,
        epc_guaranteed_bytes: demand.epc,
        epc_limit_bytes: demand.epc_limit,
        enclaves: demand.enclaves,
        key_slots: keys,
        overhead_memory_bytes: cost.memory,
        overhead_cpu_millis: cost.cpu,
        replicas: draft.replicas,
        facts: draft.facts,
        findings: draft.findings,
    }
}

/// Settles what the runtime classes say, now that all RuntimeClasses are known. The answer is
/// the sandbox, where there is one and no other branch of a template has another.
fn settle_sandboxes(draft: &mut Draft, classes: &Classes) -> Option<Sandbox> {
    let asked = std::mem::take(&mut draft.runtime_classes);
    let mut found: Vec<Option<Sandbox>> = Vec::new();
    for one in asked.iter().filter(|one| !one.blank) {
        found.push(settle_sandbox(one, draft, classes));
    }
    let only = match found.as_slice() {
        [one] if asked.len() == 1 => *one,
        _ => None,
    };
    draft.runtime_classes = asked;
    only
}

fn settle_sandbox(asked: &RuntimeClassAsked, draft: &mut Draft, classes: &Classes) -> Option<Sandbox> {
    let found = sandbox(&asked.name, classes);
    let name = &asked.name;
    let (says, tee, mut text) = match found.map(|sandbox| (sandbox.isolation, sandbox.is_certain)) {
        Some((Isolation::Tee(tee), true)) => {
            (Says::Asked, Some(tee), format!("the runtime class `{name}` runs it in {tee}"))
        }
        Some((Isolation::SomeTee, true)) => (
            Says::Asked,
            None,
            format!("the runtime class `{name}` runs it in a confidential virtual machine"),
        ),
        Some((Isolation::Tee(tee), false)) => {
            (Says::Possible, Some(tee), format!("the runtime class `{name}` is named like one for {tee}"))
        }
        Some((Isolation::SomeTee, false)) => {
            (Says::Possible, None, format!("the runtime class `{name}` is named like one for a TEE"))
        }
        Some((Isolation::Possible, _)) => (
            Says::Possible,
            None,
            format!(
                "the runtime class `{name}` may be a TEE's or not: that is decided where it is installed"
            ),
        ),
        Some((Isolation::None, _)) | None => (Says::Nothing, None, String::new()),
    };
    let says = match asked.condition {
        Some(line) => {
            text += &under_condition(line);
            says.min(Says::Possible)
        }
        None => says,
    };
    if let Some(fact) = draft.facts.get_mut(asked.fact) {
        (fact.says, fact.tee) = (says, tee);
    }
    let rank = rank(What::RuntimeClass);
    let outweighs = draft.because.as_ref().is_none_or(|known| (known.says, known.rank) < (says, rank));
    if says != Says::Nothing && outweighs {
        draft.because = Some(Because { says, rank, text });
    }
    if found.is_none_or(|sandbox| sandbox.cost.is_none()) && draft.overhead.is_none() {
        let cause = format!("the overhead of `{name}` is not known");
        draft.findings.push(Finding::at(FindingId::SandboxUnknown, asked.spot.clone(), cause));
    }
    for (class, id) in [
        ("kata-qemu-sev", FindingId::RetiredRuntimeClass),
        ("kata-cc-isolation", FindingId::RetiredRuntimeClass),
        ("kata-qemu-coco-dev", FindingId::DevelopmentRuntimeClass),
        ("kata-qemu-coco-dev-runtime-rs", FindingId::DevelopmentRuntimeClass),
    ] {
        if name == class {
            draft.findings.push(Finding::at(id, asked.spot.clone(), format!("the runtime class `{class}`")));
        }
    }
    found
}

fn class(draft: &Draft) -> (Class, String) {
    if draft.form == Form::Offer {
        return (Class::NotConfidential, "it says what there is, and asks for nothing".to_owned());
    }
    let as_workload =
        |fact: &Fact| fact.says == Says::Asked && !matches!(fact.what, What::HostPath | What::NodeLabel);
    if draft.signs.plugin.is_some() && !draft.facts.iter().any(as_workload) {
        let reason =
            "it is a device plugin: it mounts the kubelet's plugin sockets, and asks for no TEE itself";
        return (Class::NotConfidential, reason.to_owned());
    }
    match &draft.because {
        Some(because) if because.says == Says::Asked => (Class::Confidential, because.text.clone()),
        Some(because) => (Class::Ambiguous, because.text.clone()),
        None => (Class::NotConfidential, "nothing in it asks for a TEE".to_owned()),
    }
}

/// The TEE of the fact that says most. Resources say it more exactly than a sandbox does.
fn tee(facts: &[Fact], class: Class) -> Option<Technology> {
    let says = match class {
        Class::Confidential => Says::Asked,
        Class::Ambiguous => Says::Possible,
        Class::NotConfidential => return None,
    };
    let order = [
        What::Epc,
        What::Enclaves,
        What::KeySlots,
        What::DeviceResource,
        What::RuntimeClass,
        What::AzureSku,
        What::Annotation,
        What::HostPath,
        What::Provision,
    ];
    let named = |fact: &&Fact| fact.says == says && fact.tee.is_some();
    let first = order.iter().find_map(|what| facts.iter().filter(named).find(|fact| fact.what == *what));
    first.or_else(|| facts.iter().find(named)).and_then(|fact| fact.tee)
}

/// What the sandbox costs: as written into the pod, else as its class says.
fn cost(draft: &Draft, sandbox: Option<Sandbox>) -> Cost {
    let none = Cost { memory: Some(0), cpu: Some(0), keys: 0 };
    let unknown = Cost { memory: None, cpu: None, keys: 0 };
    match &draft.overhead {
        Some(written) => *written,
        None if matches!(draft.form, Form::Text | Form::Values) => unknown,
        None if draft.runtime_classes.is_empty() => none,
        None => sandbox.and_then(|sandbox| sandbox.cost).unwrap_or(unknown),
    }
}

/// Keys: what containers ask for and what the sandbox takes; one, where it takes one that nobody counts.
fn keys(draft: &mut Draft, asked: Option<u64>, sandbox: Option<Sandbox>, cost: Cost) -> Option<u64> {
    let asked = asked?;
    let Some(sandbox) = sandbox.filter(|sandbox| takes_a_key(sandbox.isolation)) else {
        return Some(asked.saturating_add(cost.keys));
    };
    let counted = sandbox.is_given || draft.overhead.is_some();
    Some(match (asked, cost.keys) {
        (0, 0) => {
            if let Some(class) = draft.runtime_classes.first().filter(|_| counted) {
                let cause = format!("the overhead of `{}` has no key in it", class.name);
                draft.findings.push(Finding::at(FindingId::KeySlotUncounted, class.spot.clone(), cause));
            }
            1
        }
        (0, keys) => keys,
        (asked, 0) => asked,
        // By the table the sandbox takes a key; who asks for it in the container has a class without.
        (asked, _) if !counted => asked,
        (asked, keys) => {
            if let Some(spot) = draft.signs.key.clone() {
                let cause = "the sandbox's overhead has the key already";
                draft.findings.push(Finding::at(FindingId::KeySlotTwice, spot, cause));
            }
            asked.saturating_add(keys)
        }
    })
}
