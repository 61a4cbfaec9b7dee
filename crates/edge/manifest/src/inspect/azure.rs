//! Templates of Azure Resource Manager: container groups and machines that are confidential.
//!
//! A confidential container group runs in an AMD SEV-SNP guest (Microsoft, "Confidential
//! containers on Azure Container Instances"). Parameters count by their default value.

use super::draft::{Draft, Pen, shown};
use super::finding::FindingId;
use super::inspection::{Form, Says, What};
use super::spot::Spot;
use crate::Technology;
use crate::field::Field;
use crate::template::is_blank;
use crate::vocabulary::instances::instance_type;
use crate::vocabulary::labels::Says as Machine;

/// Reads a template, or one container group in YAML; nothing where the document is neither.
pub(crate) fn azure(root: &Field<'_>, draft: &dyn Fn(Form) -> Draft) -> Vec<Draft> {
    let mut found = Vec::new();
    let parameters = root.get("parameters");
    if root.get("type").is_some() && root.get("properties").is_some() {
        resource(root, parameters.as_ref(), draft, &mut found);
    } else if root.get("$schema").or(root.get("contentVersion")).is_some()
        && let Some(resources) = root.get("resources")
    {
        resources_in(&resources, parameters.as_ref(), draft, &mut found);
    }
    found
}

/// Resources are a list, or, with symbolic names, a mapping; each may have resources of its own.
fn resources_in(
    resources: &Field<'_>,
    parameters: Option<&Field<'_>>,
    draft: &dyn Fn(Form) -> Draft,
    found: &mut Vec<Draft>,
) {
    let named = resources.children().map(|(_, item)| item);
    for item in resources.elements().chain(named) {
        resource(&item, parameters, draft, found);
        let nested = [item.get("resources"), item.at(&["properties", "template", "resources"])];
        for nested in nested.into_iter().flatten() {
            resources_in(&nested, parameters, draft, found);
        }
    }
}

fn resource(
    item: &Field<'_>,
    parameters: Option<&Field<'_>>,
    draft: &dyn Fn(Form) -> Draft,
    found: &mut Vec<Draft>,
) {
    let Some(kind) = item.get("type") else { return };
    let Some(text) = kind.plain() else { return };
    let is = |name: &str| text.eq_ignore_ascii_case(name);
    let mut draft = draft(Form::AzureResource);
    draft.spot = Spot::of(item);
    draft.kind = Some(shown(&kind));
    draft.api_version = item.get("apiVersion").map(|field| shown(&field));
    draft.name = item.get("name").map(|field| shown(&field));
    draft.namespace = None;
    draft.replicas = None;
    let mut pen = Pen { draft: &mut draft, template: None };
    if is("Microsoft.ContainerInstance/containerGroups")
        || is("Microsoft.ContainerInstance/containerGroupProfiles")
    {
        container_group(item, parameters, &mut pen);
    } else if is("Microsoft.Compute/virtualMachines") || is("Microsoft.Compute/virtualMachineScaleSets") {
        machine(item, parameters, &mut pen);
    } else {
        return;
    }
    found.push(draft);
}

fn container_group(item: &Field<'_>, parameters: Option<&Field<'_>>, pen: &mut Pen<'_>) {
    let Some(properties) = item.get("properties") else { return };
    if let Some(sku) = properties.get("sku") {
        let text = resolved(&sku, parameters);
        match text {
            Some(text) if text.eq_ignore_ascii_case("confidential") => {
                pen.fact(What::AzureSku, &sku, Says::Asked, Some(Technology::SevSnp), |_| {
                    "its sku is `confidential`".to_owned()
                });
            }
            Some(text) if is_blank(text) || text.starts_with('[') => {
                pen.fact(What::AzureSku, &sku, Says::Possible, Some(Technology::SevSnp), |value| {
                    format!("its sku `{value}` is a parameter without a default")
                });
            }
            _ => {}
        }
    }
    if let Some(confidential) = properties.get("confidentialComputeProperties") {
        let policy = confidential.get("ccePolicy");
        let at = policy.as_ref().unwrap_or(&confidential);
        pen.fact(What::Policy, at, Says::Possible, Some(Technology::SevSnp), |_| {
            "it has `confidentialComputeProperties`, but its sku is not `confidential`".to_owned()
        });
        let text = policy.as_ref().and_then(|policy| resolved(policy, parameters));
        if text.is_none_or(str::is_empty) {
            pen.find(FindingId::PolicyEmpty, at, "`ccePolicy` is empty");
        }
    } else if pen.draft.because.is_some() {
        pen.find(FindingId::PolicyEmpty, &properties, "no `confidentialComputeProperties.ccePolicy`");
    }
    for container in properties.all("containers").iter().flat_map(Field::elements) {
        if let Some(properties) = container.get("properties") {
            super::container::container(&properties, pen);
        }
    }
}

fn machine(item: &Field<'_>, parameters: Option<&Field<'_>>, pen: &mut Pen<'_>) {
    let security = item.at(&["properties", "securityProfile", "securityType"]).or(item.at(&[
        "properties",
        "virtualMachineProfile",
        "securityProfile",
        "securityType",
    ]));
    let size = item.at(&["properties", "hardwareProfile", "vmSize"]).or(item.at(&["sku", "name"]));
    let by_size = size.as_ref().and_then(|size| resolved(size, parameters)).and_then(instance_type);
    if let Some(field) = &security
        && resolved(field, parameters).is_some_and(|text| text.eq_ignore_ascii_case("ConfidentialVM"))
    {
        let tee = match by_size {
            Some(Machine::Is(tee)) => tee,
            _ => None,
        };
        pen.fact(What::AzureSku, field, Says::Asked, tee, |_| {
            "its security type is `ConfidentialVM`".to_owned()
        });
    } else if let (Some(size), Some(Machine::Is(tee))) = (&size, by_size) {
        pen.fact(What::AzureSku, size, Says::Possible, tee, |value| {
            format!("the machine type `{value}` is confidential where its security type says so")
        });
    } else if let (Some(size), Some(Machine::Offers(tee))) = (&size, by_size) {
        pen.fact(What::AzureSku, size, Says::Possible, Some(tee), |value| {
            format!("the machine type `{value}` offers {tee}")
        });
    }
}

/// A value, or the default of the parameter that it names.
fn resolved<'a>(field: &Field<'a>, parameters: Option<&Field<'a>>) -> Option<&'a str> {
    let text = field.plain()?;
    let Some(name) = text.strip_prefix("[parameters('").and_then(|rest| rest.strip_suffix("')]")) else {
        return Some(text);
    };
    parameters.and_then(|all| all.at(&[name, "defaultValue"])).and_then(|value| value.plain()).or(Some(text))
}
