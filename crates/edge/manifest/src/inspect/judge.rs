//! Findings that need the whole entry: what is missing beside what is asked for, and what
//! matters only where it is, or may be, confidential.

use super::draft::{Draft, Signs};
use super::finding::{Finding, FindingId};
use super::inspection::{Class, Fact, Form, Says, What};
use super::sandbox::Sandbox;
use super::spot::Spot;
use crate::Technology;
use crate::vocabulary::runtime_classes::Isolation;

/// Adds what is found of the whole, and sorts all findings by severity and place.
pub(crate) fn judge(draft: &mut Draft, class: Class, sandbox: Option<Sandbox>) {
    let mut found = Vec::new();
    if class == Class::NotConfidential {
        ordinary(draft, &mut found);
    } else {
        found.append(&mut draft.signs.if_confidential);
        if let Some(plugin) = &draft.signs.plugin {
            found.push(at(FindingId::DevicePluginAsks, plugin, "it mounts the kubelet's plugin sockets"));
        }
        attestation(&draft.facts, &draft.signs, &mut found);
        nodes(&draft.facts, &draft.signs, class, &mut found);
        policy(draft, sandbox, &mut found);
        two_tees(&draft.facts, &mut found);
    }
    draft.findings.append(&mut found);
    draft.findings.sort_by(|one, two| {
        (one.severity, one.line, one.column, one.id).cmp(&(two.severity, two.line, two.column, two.id))
    });
    draft.findings.dedup();
}

fn at(id: FindingId, spot: &Spot, cause: &str) -> Finding {
    Finding::at(id, spot.clone(), cause)
}

fn ordinary(draft: &Draft, found: &mut Vec<Finding>) {
    if let (Some(plugin), true) = (&draft.signs.plugin, draft.form != Form::Offer) {
        found.push(at(FindingId::DevicePlugin, plugin, "it mounts the kubelet's plugin sockets"));
    } else if let Some((spot, runtime)) = &draft.signs.runtime {
        found.push(at(FindingId::RuntimeWithoutTee, spot, &format!("{runtime} is configured")));
    }
}

/// Whether SGX is asked for as a resource or by annotation, and not by mounting its device.
fn asks_for_sgx(facts: &[Fact]) -> bool {
    let asks = |fact: &Fact| {
        fact.tee == Some(Technology::Sgx) && fact.says == Says::Asked && fact.what != What::HostPath
    };
    facts.iter().any(asks)
}

/// The right to be attested, and whether anything shows a need of it.
fn attestation(facts: &[Fact], signs: &Signs, found: &mut Vec<Finding>) {
    match (&signs.provision, &signs.attested) {
        (Some(spot), None) => {
            found.push(at(FindingId::ProvisionWithoutNeed, spot, "nothing shows that it is attested"));
        }
        (None, Some(spot)) if asks_for_sgx(facts) && !signs.quoting_service => {
            found.push(at(FindingId::AttestationWithoutProvision, spot, "it is attested"));
        }
        _ => {}
    }
}

/// Whether it comes to nodes that have what it asks for.
fn nodes(facts: &[Fact], signs: &Signs, class: Class, found: &mut Vec<Finding>) {
    if let Some(spot) = signs.device.as_ref().filter(|_| !signs.selects_nodes && !asks_for_sgx(facts)) {
        let cause = "no node selector and no resource beside the mounted device";
        found.push(at(FindingId::NodeSelectorMissing, spot, cause));
    }
    match (class, &signs.preferred, &signs.offers) {
        (Class::Ambiguous, Some(spot), _) => {
            found.push(at(FindingId::PreferredOnly, spot, "only a preference leads it to a TEE's nodes"));
        }
        (Class::Ambiguous, None, Some(spot)) => {
            found.push(at(FindingId::NodeOffersOnly, spot, "only a node label leads it to a TEE"));
        }
        _ => {}
    }
    let resource = facts.iter().find(|fact| {
        fact.says == Says::Asked && matches!(fact.what, What::Epc | What::Enclaves | What::DeviceResource)
    });
    if let Some(fact) = resource.filter(|_| !signs.tolerates) {
        found.push(at(FindingId::TolerationMissing, &spot_of(fact), "it tolerates no taint"));
    }
}

/// Whether a confidential sandbox is told what may run in it.
fn policy(draft: &Draft, sandbox: Option<Sandbox>, found: &mut Vec<Finding>) {
    let is_confidential = |sandbox: Sandbox| match sandbox.isolation {
        Isolation::SomeTee => sandbox.is_certain,
        Isolation::Tee(technology) => sandbox.is_certain && technology != Technology::Sgx,
        Isolation::Possible | Isolation::None => false,
    };
    if draft.signs.policy || !sandbox.is_some_and(is_confidential) {
        return;
    }
    if let Some(asked) = draft.runtime_classes.first() {
        let cause = format!("nothing says what may run in the sandbox of `{}`", asked.name);
        found.push(at(FindingId::SandboxPolicyMissing, &asked.spot, &cause));
    }
}

/// Two TEEs that are asked for at once. SEV is what SEV-SNP is made of.
fn two_tees(facts: &[Fact], found: &mut Vec<Finding>) {
    let mut asked = facts.iter().filter(|fact| fact.says == Says::Asked && fact.tee.is_some());
    let Some(first) = asked.next() else { return };
    let family = |tee| if tee == Some(Technology::Sev) { Some(Technology::SevSnp) } else { tee };
    if let Some(second) = asked.find(|fact| family(fact.tee) != family(first.tee)) {
        let name = |fact: &Fact| fact.tee.map_or("", Technology::as_str);
        let cause = format!("{} beside {} (line {})", name(second), name(first), first.line);
        found.push(at(FindingId::TwoTees, &spot_of(second), &cause));
    }
}

fn spot_of(fact: &Fact) -> Spot {
    Spot { field: fact.field.clone(), line: fact.line, column: fact.column }
}
