//! One container: what it asks for, what it may do to its host, and what its program is told.

use super::amounts::amounts;
use super::draft::{Amounts, Pen};
use super::finding::FindingId;
use super::inspection::{Says, What};
use super::spot::Spot;
use crate::field::Field;
use crate::template::is_blank;
use crate::vocabulary::environment::{COMMANDS, Variable, variable};

/// Reads one container.
pub(crate) fn container(container: &Field<'_>, pen: &mut Pen<'_>) -> Amounts {
    let amounts = amounts(container, pen);
    image(container, pen);
    security(container, pen);
    environment(container, pen);
    for key in ["command", "args"] {
        for list in container.all(key) {
            for item in list.elements() {
                command(&item, pen);
            }
        }
    }
    amounts
}

fn image(container: &Field<'_>, pen: &mut Pen<'_>) {
    let Some(field) = container.get("image") else { return };
    let Some(text) = field.plain().filter(|text| !is_blank(text)) else { return };
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    if digest.is_some() || text.contains("://") {
        return;
    }
    // A port also follows a colon, but a path follows the port.
    let tag = name.rsplit('/').next().unwrap_or(name).split_once(':').map(|(_, tag)| tag);
    match tag {
        None => {
            pen.find(FindingId::ImageNotFixed, &field, format!("`{text}` has no tag, which means `latest`"))
        }
        Some("latest") => pen.find(FindingId::ImageNotFixed, &field, format!("`{text}` moves")),
        Some(_) => pen.find_if_confidential(
            FindingId::ImageWithoutDigest,
            &field,
            format!("`{text}` is named by its tag"),
        ),
    }
}

fn security(container: &Field<'_>, pen: &mut Pen<'_>) {
    for context in container.all("securityContext") {
        if let Some(field) = context.get("privileged").filter(Field::is_true) {
            pen.find(FindingId::Privileged, &field, "the container is privileged");
        }
    }
}

fn environment(container: &Field<'_>, pen: &mut Pen<'_>) {
    for from in container.all("envFrom").iter().flat_map(Field::elements) {
        if let Some(secret) = from.get("secretRef") {
            pen.find_if_confidential(
                FindingId::SecretFromCluster,
                &secret,
                "the environment is taken from a Secret",
            );
        }
    }
    for item in container.all("env").iter().flat_map(Field::elements) {
        let Some(name_field) = item.get("name") else { continue };
        let Some(name) = name_field.plain() else { continue };
        let value = item.get("value");
        let text = value.as_ref().and_then(Field::plain).unwrap_or_default();
        let from_secret = item.get("valueFrom").and_then(|from| from.get("secretKeyRef"));
        if let Some(secret) = from_secret {
            pen.find_if_confidential(
                FindingId::SecretFromCluster,
                &secret,
                format!("`{name}` comes from a Secret"),
            );
        }
        if is_simulation(name, text) {
            pen.find(FindingId::SimulationMode, value.as_ref().unwrap_or(&item), format!("`{name}={text}`"));
        }
        if is_epid(name) && !text.is_empty() {
            pen.find(FindingId::RetiredAttestation, &item, format!("`{name}` belongs to EPID attestation"));
        }
        match variable(name) {
            // By name: a value may be a secret.
            Some(Variable::Attestation) => {
                pen.fact(What::Program, &name_field, Says::Nothing, None, |_| String::new());
                pen.draft.signs.attested.get_or_insert_with(|| Spot::of(&name_field));
                runtime(name, &name_field, pen);
            }
            Some(Variable::Runtime(_)) => runtime(name, &name_field, pen),
            Some(Variable::Secret) if !text.is_empty() && !is_blank(text) && !text.contains("$(") => {
                pen.find_if_confidential(
                    FindingId::SecretInEnvironment,
                    value.as_ref().unwrap_or(&item),
                    format!("the value of `{name}` is written out"),
                );
            }
            Some(Variable::Secret) | None => {}
        }
    }
}

fn runtime(name: &str, at: &Field<'_>, pen: &mut Pen<'_>) {
    if let Some(runtime) = crate::vocabulary::environment::runtime(name) {
        pen.draft.signs.runtime.get_or_insert_with(|| (Spot::of(at), runtime));
    }
}

/// Modes in which the runtimes for enclaves pretend: SCONE, the SGX SDK, Open Enclave.
fn is_simulation(name: &str, value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    match name {
        "SCONE_MODE" => value == "sim",
        "SGX_MODE" => matches!(value.as_str(), "sim" | "sw"),
        "OE_SIMULATION" => value == "1",
        _ => false,
    }
}

/// The service provider's identity and key, which only EPID attestation has.
fn is_epid(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["SPID", "SGX_SPID", "RA_CLIENT_SPID", "IAS_API_KEY", "IAS_SUBSCRIPTION_KEY", "EPID_API_KEY", "EPID_SPID"]
        .contains(&name.as_str())
}

fn command(item: &Field<'_>, pen: &mut Pen<'_>) {
    let Some(text) = item.plain() else { return };
    if COMMANDS.iter().any(|part| text.contains(part)) {
        pen.fact(What::Program, item, Says::Nothing, None, |_| String::new());
        pen.draft.signs.attested.get_or_insert_with(|| Spot::of(item));
    }
}
