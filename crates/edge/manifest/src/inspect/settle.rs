//! From a draft to an entry: its class with the reason, its numbers, its findings.
//!
//! The fact that says most decides: something asked for makes it `confidential`,
//! something possible `ambiguous`, nothing `not-confidential`. A device plugin is
//! `not-confidential`, unless it asks for a TEE as workloads do.

use super::draft::{Because, Cost, Draft, rank};
use super::finding::{Finding, FindingId};
use super::inspection::{Class, Entry, Fact, Form, Says, What};
use super::sandbox::{Classes, Sandbox, sandbox, takes_a_key};
use crate::Technology;
use crate::vocabulary::runtime_classes::Isolation;

/// Settles a draft.
pub(crate) fn settle(mut draft: Draft, classes: &Classes) -> Entry {
    let sandbox = settle_sandbox(&mut draft, classes);
    let (class, reason) = class(&draft);
    let tee = tee(&draft.facts, class);
    let cost = cost(&draft, sandbox);
    let keys = keys(&mut draft, sandbox, cost);
    judge(&mut draft, class, sandbox);
    let unknown = draft.demand.unknown || draft.form == Form::Text;
    let demand = draft.demand;
    let known = |number: u64| (number > 0 || !unknown).then_some(number);
    // A blank amount in a template, or a mounted device, leaves the sum open; what is told is told.
    Entry {
        file: draft.file,
        line: draft.spot.line,
        column: draft.spot.column,
        kind: draft.kind,
        api_version: draft.api_version,
        namespace: draft.namespace,
        name: draft.name,
        form: draft.form,
        template: draft.template,
        class,
        reason,
        tee,
        epc_guaranteed_bytes: known(demand.epc),
        epc_limit_bytes: demand.epc_limit.filter(|_| !unknown),
        enclaves: known(demand.enclaves),
        key_slots: known(keys),
        overhead_memory_bytes: cost.memory,
        overhead_cpu_millis: cost.cpu,
        replicas: draft.replicas,
        facts: draft.facts,
        findings: draft.findings,
    }
}

/// Settles what the runtime class says, now that all RuntimeClasses are known.
fn settle_sandbox(draft: &mut Draft, classes: &Classes) -> Option<Sandbox> {
    let asked = draft.runtime_class.as_ref().filter(|asked| !asked.blank)?;
    let found = sandbox(&asked.name, classes);
    let (says, tee, text) = match found {
        Some(Sandbox { isolation: Isolation::Tee(tee), is_certain: true, .. }) => {
            (Says::Asked, Some(tee), format!("the runtime class `{}` runs it in {tee}", asked.name))
        }
        Some(Sandbox { isolation: Isolation::SomeTee, is_certain: true, .. }) => (
            Says::Asked,
            None,
            format!("the runtime class `{}` runs it in a confidential virtual machine", asked.name),
        ),
        Some(Sandbox { isolation: Isolation::Tee(tee), .. }) => (
            Says::Possible,
            Some(tee),
            format!("the runtime class `{}` is named like one for {tee}", asked.name),
        ),
        Some(Sandbox { isolation: Isolation::SomeTee, .. }) => {
            (Says::Possible, None, format!("the runtime class `{}` is named like one for a TEE", asked.name))
        }
        Some(Sandbox { isolation: Isolation::Possible, .. }) => (
            Says::Possible,
            None,
            format!(
                "the runtime class `{}` may be a TEE's or not: that is decided where it is installed",
                asked.name
            ),
        ),
        Some(Sandbox { isolation: Isolation::None, .. }) | None => (Says::Nothing, None, String::new()),
    };
    let fact = draft.facts.get_mut(asked.fact)?;
    let conditional = fact.says == Says::Possible;
    let says = if conditional { says.min(Says::Possible) } else { says };
    fact.says = says;
    fact.tee = tee;
    let outweighs = draft
        .because
        .as_ref()
        .is_none_or(|known| (known.says, known.rank) < (says, rank(What::RuntimeClass)));
    if says != Says::Nothing && outweighs {
        draft.because = Some(Because { says, rank: rank(What::RuntimeClass), text });
    }
    if found.is_none_or(|sandbox| sandbox.cost.is_none()) && draft.overhead.is_none() {
        let cause = format!("the overhead of `{}` is not known", asked.name);
        draft.findings.push(Finding::at(FindingId::SandboxUnknown, asked.spot.clone(), cause));
    }
    for (class, id) in [
        ("kata-qemu-sev", FindingId::RetiredRuntimeClass),
        ("kata-cc-isolation", FindingId::RetiredRuntimeClass),
        ("kata-qemu-coco-dev", FindingId::DevelopmentRuntimeClass),
        ("kata-qemu-coco-dev-runtime-rs", FindingId::DevelopmentRuntimeClass),
    ] {
        if asked.name == class {
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
    match (&draft.overhead, &draft.runtime_class) {
        (Some(written), _) => *written,
        (None, None) if draft.form == Form::Text => unknown,
        (None, None) => none,
        (None, Some(_)) => sandbox.and_then(|sandbox| sandbox.cost).unwrap_or(unknown),
    }
}

/// Keys: what containers ask for and what the sandbox takes; one, where it takes one that nobody counts.
fn keys(draft: &mut Draft, sandbox: Option<Sandbox>, cost: Cost) -> u64 {
    let Some(sandbox) = sandbox.filter(|sandbox| takes_a_key(sandbox.isolation)) else {
        return draft.demand.keys.saturating_add(cost.keys);
    };
    let counted = sandbox.is_given || draft.overhead.is_some();
    match (draft.demand.keys, cost.keys) {
        (0, 0) => {
            if counted && let Some(asked) = &draft.runtime_class {
                let cause = format!("the overhead of `{}` has no key in it", asked.name);
                draft.findings.push(Finding::at(FindingId::KeySlotUncounted, asked.spot.clone(), cause));
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
    }
}

/// Findings that need the class.
fn judge(draft: &mut Draft, class: Class, sandbox: Option<Sandbox>) {
    let mut found = Vec::new();
    let signs = &mut draft.signs;
    let find = |found: &mut Vec<Finding>, id, spot: &super::spot::Spot, cause: String| {
        found.push(Finding::at(id, spot.clone(), cause));
    };
    if class == Class::NotConfidential {
        if let (Some(plugin), true) = (&signs.plugin, draft.form != Form::Offer) {
            find(
                &mut found,
                FindingId::DevicePlugin,
                plugin,
                "it mounts the kubelet's plugin sockets".to_owned(),
            );
        } else if let Some((spot, runtime)) = &signs.runtime {
            find(&mut found, FindingId::RuntimeWithoutTee, spot, format!("{runtime} is configured"));
        }
    } else {
        found.append(&mut signs.if_confidential);
        if let Some(plugin) = &signs.plugin {
            find(
                &mut found,
                FindingId::DevicePluginAsks,
                plugin,
                "it mounts the kubelet's plugin sockets".to_owned(),
            );
        }
        let uses_sgx_resources = draft.facts.iter().any(|fact| {
            fact.tee == Some(Technology::Sgx) && fact.says == Says::Asked && fact.what != What::HostPath
        });
        match (&signs.provision, &signs.attested) {
            (Some(spot), None) => {
                let cause = "nothing shows that it is attested".to_owned();
                find(&mut found, FindingId::ProvisionWithoutNeed, spot, cause);
            }
            (None, Some(spot)) if uses_sgx_resources && !signs.quoting_service => {
                let cause = "it is attested".to_owned();
                find(&mut found, FindingId::AttestationWithoutProvision, spot, cause);
            }
            _ => {}
        }
        if let Some(spot) = signs.device.as_ref().filter(|_| !signs.selects_nodes && !uses_sgx_resources) {
            let cause = "no node selector and no resource beside the mounted device".to_owned();
            find(&mut found, FindingId::NodeSelectorMissing, spot, cause);
        }
        if class == Class::Ambiguous
            && let Some(spot) = &signs.preferred
        {
            let cause = "only a preference leads it to a TEE's nodes".to_owned();
            find(&mut found, FindingId::PreferredOnly, spot, cause);
        } else if class == Class::Ambiguous
            && let Some(spot) = &signs.offers
        {
            find(
                &mut found,
                FindingId::NodeOffersOnly,
                spot,
                "only a node label leads it to a TEE".to_owned(),
            );
        }
        let resource = draft.facts.iter().find(|fact| {
            fact.says == Says::Asked && matches!(fact.what, What::Epc | What::Enclaves | What::DeviceResource)
        });
        if let Some(fact) = resource.filter(|_| !signs.tolerates) {
            let spot = super::spot::Spot { field: fact.field.clone(), line: fact.line, column: fact.column };
            find(&mut found, FindingId::TolerationMissing, &spot, "it tolerates no taint".to_owned());
        }
        let confidential_sandbox = sandbox.is_some_and(|sandbox| {
            sandbox.is_certain
                && match sandbox.isolation {
                    Isolation::SomeTee => true,
                    Isolation::Tee(technology) => technology != Technology::Sgx,
                    Isolation::Possible | Isolation::None => false,
                }
        });
        if let Some(asked) = draft.runtime_class.as_ref().filter(|_| confidential_sandbox && !signs.policy) {
            let cause = format!("nothing says what may run in the sandbox of `{}`", asked.name);
            find(&mut found, FindingId::SandboxPolicyMissing, &asked.spot, cause);
        }
        two_tees(&draft.facts, &mut found);
    }
    draft.findings.append(&mut found);
    draft.findings.sort_by(|one, two| {
        (one.severity, one.line, one.column, one.id).cmp(&(two.severity, two.line, two.column, two.id))
    });
    draft.findings.dedup();
}

fn two_tees(facts: &[Fact], found: &mut Vec<Finding>) {
    let mut asked = facts.iter().filter(|fact| fact.says == Says::Asked && fact.tee.is_some());
    let Some(first) = asked.next() else { return };
    let family = |tee| if tee == Some(Technology::Sev) { Some(Technology::SevSnp) } else { tee };
    if let Some(second) = asked.find(|fact| family(fact.tee) != family(first.tee)) {
        let name = |fact: &Fact| fact.tee.map_or("", Technology::as_str);
        let spot =
            super::spot::Spot { field: second.field.clone(), line: second.line, column: second.column };
        let cause = format!("{} beside {} (line {})", name(second), name(first), first.line);
        found.push(Finding::at(FindingId::TwoTees, spot, cause));
    }
}
