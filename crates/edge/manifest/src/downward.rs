//! What a pod is told of itself: `fieldRef` and `resourceFieldRef`, in variables and in files.
//!
//! Refused by name: what has no meaning here, such as addresses (programs see no network)
//! and a limit that is not set (Kubernetes would say what the node can allocate).
//! Beyond Kubernetes, `resourceFieldRef` takes every resource of a TEE, so that a program
//! can be told how much encrypted memory it has.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::admission::service_account;
use crate::field::Field;
use crate::inputs::Purpose;
use crate::pod::{Scope, Texts};
use crate::problem::{Findings, shown};
use crate::quantity::Quantity;

/// What the containers of a pod ask for, by their names and the resource's: looked up,
/// so that a thousand references cost no thousand searches.
#[derive(Default)]
pub(crate) struct Amounts<'a>(BTreeMap<&'a str, Asked<'a>>);

#[derive(Default)]
struct Asked<'a> {
    requests: BTreeMap<&'a str, Field<'a>>,
    limits: BTreeMap<&'a str, Field<'a>>,
}

impl<'a> Amounts<'a> {
    pub(crate) fn of(containers: impl Iterator<Item = Field<'a>>) -> Self {
        let asked = |container: &Field<'a>, section: &str| {
            let section = container.at(&["resources", section]);
            section.iter().flat_map(|section| section.children()).collect()
        };
        let named = containers.filter_map(|it| {
            let asked = Asked { requests: asked(&it, "requests"), limits: asked(&it, "limits") };
            Some((it.get("name")?.plain()?, asked))
        });
        Self(named.collect())
    }
}

/// Where a field is asked for: files cannot be told everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    Variable,
    File,
}

/// The value a `fieldRef` asks for.
pub(crate) fn field_ref<'s>(
    reference: &Field<'_>,
    scope: &'s Scope<'_, '_>,
    asker: Asker,
    to: &mut Findings,
) -> Option<Cow<'s, str>> {
    let remedy = "Name a field, such as `metadata.name`";
    let field = reference.need("fieldPath", remedy, to)?;
    let path = field.text(to)?;
    let identity = scope.identity;
    let subscript = |of: &str| path.strip_prefix(of)?.strip_prefix("['")?.strip_suffix("']");
    for (of, texts, all) in [
        ("metadata.labels", &identity.labels, Texts::Labels),
        ("metadata.annotations", &identity.annotations, Texts::Annotations),
    ] {
        if let Some(key) = subscript(of) {
            return Some(texts.get(key).map_or(Cow::Borrowed(""), |text| Cow::Borrowed(text)));
        }
        if path == of && asker == Asker::File {
            return Some(Cow::Borrowed(scope.lines(all)));
        }
    }
    let known = match (path, asker) {
        ("metadata.name", _) => Some(identity.key.name.as_str()),
        ("metadata.namespace", _) => Some(identity.key.namespace.as_str()),
        ("spec.serviceAccountName", Asker::Variable) => {
            return Some(Cow::Owned(service_account(scope.spec).to_owned()));
        }
        ("spec.nodeName", Asker::Variable) => scope.context.options.node_name.as_deref(),
        _ => None,
    };
    if let Some(known) = known {
        return Some(Cow::Borrowed(known));
    }
    let meaningless = match path {
        "status.hostIP" | "status.hostIPs" | "status.podIP" | "status.podIPs" | "metadata.uid"
        | "spec.nodeName"
            if scope.context.purpose == Purpose::Plan =>
        {
            // It is told once it is placed, and where it is placed does not depend on it.
            return Some(Cow::Borrowed(""));
        }
        "status.hostIP" | "status.hostIPs" | "status.podIP" | "status.podIPs" => {
            Some("programs see no network, so there is no address to tell")
        }
        "metadata.uid" => Some("only a cluster gives a pod a UID"),
        "spec.nodeName" => Some("the name of the node is not known here"),
        _ => None,
    };
    to.refuse(match meaningless {
        Some(cause) => field.not_run(cause, "Take it out, or write a value of your own as `value`"),
        None => field.problem(
            format!("`{}` is not a field a pod can be told here", shown(path)),
            "Use `metadata.name`, `metadata.namespace`, `metadata.labels['KEY']`, \
                 `metadata.annotations['KEY']`; in variables also `spec.nodeName`, `spec.serviceAccountName`",
        ),
    });
    None
}

/// The amount a `resourceFieldRef` asks for, in its divisor, rounded up. `own` is the
/// container that asks, where one does.
pub(crate) fn resource_ref(
    reference: &Field<'_>,
    scope: &Scope<'_, '_>,
    own: Option<&Field<'_>>,
    to: &mut Findings,
) -> Option<String> {
    let field = reference.need("resource", "Name it, as in `limits.memory`", to)?;
    let text = field.text(to)?;
    let Some((section, name)) = text.split_once('.').filter(|it| ["limits", "requests"].contains(&it.0))
    else {
        to.refuse(field.problem(
            format!("`{}` names no resource of a container", shown(text)),
            "Write `limits.` or `requests.` and a resource, as in `limits.memory`",
        ));
        return None;
    };
    let container = match (reference.get("containerName"), own) {
        (Some(named), _) => named.text(to)?,
        // Where it has no name, that is told already.
        (None, Some(own)) => own.get("name")?.plain()?,
        (None, None) => {
            let _ = reference.need("containerName", "Say of which container", to);
            return None;
        }
    };
    let Some(amounts) = scope.amounts().0.get(container) else {
        let cause = format!("the pod has no container `{}`", shown(container));
        to.refuse(reference.problem(cause, "Name one of the pod's"));
        return None;
    };
    let amount = |section: &str| {
        if section == "limits" { amounts.limits.get(name) } else { amounts.requests.get(name) }
    };
    // A limit without a request means that the request equals it.
    let written = amount(section).or_else(|| if section == "requests" { amount("limits") } else { None });
    let Some(written) = written else {
        if section == "requests" {
            return Some("0".to_owned());
        }
        let shown = shown(name);
        to.refuse(field.not_run(
            format!("the container sets no limit for `{shown}`, so there is no amount to tell"),
            format!("Set `resources.limits.{shown}`, or ask for the request"),
        ));
        return None;
    };
    // Where it is no quantity, that is told where it is written.
    let parse = |text: &str| Quantity::parse(text).ok();
    let amount = parse(written.plain()?)?;
    let divisor = match reference.get("divisor") {
        Some(divisor) => match divisor.scalar("a quantity", to).and_then(parse) {
            Some(parsed) => parsed,
            None => {
                to.refuse(divisor.problem("is not a quantity", "Write a unit such as `1`, `1m` or `1Mi`"));
                return None;
            }
        },
        None => parse("1")?,
    };
    let in_unit = |quantity: Quantity| {
        let amount = if name == "cpu" { quantity.thousandths() } else { quantity.whole() };
        amount.ok()
    };
    match (in_unit(amount)?, in_unit(divisor)) {
        (amount, Some(0)) if reference.get("divisor").is_some_and(|it| it.plain() == Some("0")) => {
            // The zero value of a Quantity stands for "not set".
            let one = if name == "cpu" { 1000 } else { 1 };
            Some(amount.div_ceil(one).to_string())
        }
        (amount, Some(divisor)) if divisor > 0 => Some(amount.div_ceil(divisor).to_string()),
        _ => {
            to.refuse(reference.problem("has a divisor that divides nothing", "Write one such as `1Mi`"));
            None
        }
    }
}
