//! The environment of a container: `env` and `envFrom`.
//!
//! Values come from the text, from ConfigMaps and Secrets among the same files, and from
//! the pod itself. As in Kubernetes: what `env` says wins over `envFrom`, a later entry over an
//! earlier one, and `$(NAME)` stands for a variable defined before; values that come from
//! elsewhere are taken as they are.
//!
//! Refused: a reference to what is not there, unless it is `optional` or only planned. Values taken from
//! Secrets are in no message.

use std::borrow::Cow;

use crate::config::{Config, ConfigKind};
use crate::downward::{Asker, field_ref, resource_ref};
use crate::expand::{EXPANDED_MAX, expand};
use crate::field::Field;
use crate::inputs::{Found, Purpose};
use crate::pod::Scope;
use crate::problem::{Findings, shown};
use crate::variables::Variables;

/// What a variable takes in memory beside its name and value, generously.
const VARIABLE_BYTES: usize = 128;

/// Reads a container's environment; `extra` comes before it.
pub(crate) fn env(
    container: &Field<'_>,
    extra: &[(String, String)],
    scope: &Scope<'_, '_>,
    to: &mut Findings,
) -> Variables {
    let mut env: Variables = extra.iter().collect();
    for source in container.get("envFrom").map(|list| list.items(to)).unwrap_or_default() {
        from_all(&source, scope, &mut env, to);
    }
    for item in container.get("env").map(|list| list.items(to)).unwrap_or_default() {
        let Some(name) = variable_name(&item, to) else { continue };
        let value = match (item.get("value"), item.get("valueFrom")) {
            (Some(value), Some(from)) if !value.is_empty() => {
                to.refuse(from.problem("stands beside `value`", "Write one of the two"));
                None
            }
            (_, Some(from)) => value_from(&from, container, scope, to),
            (Some(value), None) => plain(&value, to).and_then(|text| expanded(&value, &text, &env, to)),
            (None, None) => Some(String::new()),
        };
        if let Some(value) = value {
            env.define(&name, value);
        }
    }
    env
}

fn variable_name(item: &Field<'_>, to: &mut Findings) -> Option<String> {
    let field = item.need("name", "Name the variable", to)?;
    let name = plain(&field, to)?;
    if name.is_empty() || name.contains('=') {
        to.refuse(
            field.problem(format!("`{name}` names no variable"), "Use letters, digits and underscores"),
        );
        return None;
    }
    Some(name)
}

/// The value of one variable. `None` without a problem: it is optional, and not there.
fn value_from(
    from: &Field<'_>,
    container: &Field<'_>,
    scope: &Scope<'_, '_>,
    to: &mut Findings,
) -> Option<String> {
    let sources: Vec<_> = from.entries(to).into_iter().filter(|entry| !entry.value.is_null()).collect();
    let [source] = sources.as_slice() else {
        to.refuse(from.problem("has to name one source", SOURCES));
        return None;
    };
    let field = &source.value;
    let value: Cow<'_, str> = match source.key {
        "fieldRef" => field_ref(field, scope, Asker::Variable, to),
        "resourceFieldRef" => resource_ref(field, scope, Some(container), to).map(Cow::Owned),
        "configMapKeyRef" => key_ref(ConfigKind::ConfigMap, field, scope, to).map(Cow::Borrowed),
        "secretKeyRef" => key_ref(ConfigKind::Secret, field, scope, to).map(Cow::Borrowed),
        _ => {
            to.refuse(field.not_run("is not a source this version takes values from", SOURCES));
            None
        }
    }?;
    to.spend(field, value.len()).then(|| value.into_owned())
}

const SOURCES: &str = "Use `configMapKeyRef`, `secretKeyRef`, `fieldRef` or `resourceFieldRef`";

fn key_ref<'c>(
    kind: ConfigKind,
    reference: &Field<'_>,
    scope: &Scope<'c, '_>,
    to: &mut Findings,
) -> Option<&'c str> {
    let key_field = reference.need("key", "Name the key", to)?;
    let key = key_field.text(to)?;
    let config = referred(kind, "name", reference, scope, to)?;
    match config.variable(key) {
        Some(Ok(text)) => Some(text),
        Some(Err(why)) => {
            to.refuse(key_field.problem(
                format!("the value of this key {why}"),
                "Mount it as a file instead, or name another key",
            ));
            None
        }
        None if is_optional(reference, to) => None,
        None => {
            let what = kind.as_str();
            to.refuse(key_field.problem(
                format!("the {what} has no such key that holds text"),
                "Name a key it has, add the key, or write `optional: true`",
            ));
            None
        }
    }
}

fn from_all(source: &Field<'_>, scope: &Scope<'_, '_>, env: &mut Variables, to: &mut Findings) {
    if !source.map(to) {
        return;
    }
    let prefix = source.get("prefix").and_then(|field| plain(&field, to)).unwrap_or_default();
    if prefix.contains('=') {
        to.refuse(source.problem("a prefix with `=` in it names no variables", "Take the `=` out"));
        return;
    }
    let (kind, reference) = match (source.get("configMapRef"), source.get("secretRef")) {
        (Some(reference), None) => (ConfigKind::ConfigMap, reference),
        (None, Some(reference)) => (ConfigKind::Secret, reference),
        _ => {
            to.refuse(source.problem("has to name one source", "Use `configMapRef` or `secretRef`"));
            return;
        }
    };
    let Some(config) = referred(kind, "name", &reference, scope, to) else { return };
    for key in config.variables() {
        let value = match config.variable(key) {
            Some(Ok(value)) => value,
            Some(Err(why)) => {
                let remedy = "Name the keys you want under `env`, or mount it as files";
                to.refuse(reference.problem(format!("the value of `{}` {why}", shown(key)), remedy));
                continue;
            }
            None => continue,
        };
        if !to.spend(&reference, VARIABLE_BYTES + prefix.len() + key.len() + value.len()) {
            return;
        }
        env.define(&format!("{prefix}{key}"), value.to_owned());
    }
}

/// The ConfigMap or Secret that a reference names. `None` without a problem: it is optional, and not there.
pub(crate) fn referred<'c>(
    kind: ConfigKind,
    name_key: &str,
    reference: &Field<'_>,
    scope: &Scope<'c, '_>,
    to: &mut Findings,
) -> Option<&'c Config> {
    let what = kind.as_str();
    let field = reference.need(name_key, "Name it", to)?;
    let name = field.text(to)?;
    let namespace = &scope.identity.key.namespace;
    match scope.context.inputs.config(kind, namespace, name) {
        Found::Here(config) => Some(config),
        Found::Broken => {
            to.refuse(field.problem(format!("the {what} of this name could not be read"), "Mend it first"));
            None
        }
        Found::Absent if is_optional(reference, to) => None,
        // Where a pod goes does not depend on what it is told.
        Found::Absent if scope.context.purpose == Purpose::Plan => None,
        Found::Absent => {
            to.refuse(field.problem(
                format!("no {what} `{}` of namespace `{namespace}` is among these files", shown(name)),
                format!("Give the file with the {what} too, or write `optional: true`"),
            ));
            None
        }
    }
}

pub(crate) fn is_optional(reference: &Field<'_>, to: &mut Findings) -> bool {
    reference.get("optional").and_then(|field| field.boolean(to)).unwrap_or(false)
}

/// The texts of a list, such as `args`, with their references replaced.
pub(crate) fn strings(container: &Field<'_>, key: &str, env: &Variables, to: &mut Findings) -> Vec<String> {
    let Some(list) = container.get(key) else { return Vec::new() };
    let mut strings = Vec::new();
    for item in list.items(to) {
        strings.extend(plain(&item, to).and_then(|text| expanded(&item, &text, env, to)));
    }
    strings
}

pub(crate) fn expanded(field: &Field<'_>, text: &str, env: &Variables, to: &mut Findings) -> Option<String> {
    let Some(expanded) = expand(text, env) else {
        to.refuse(field.problem(
            format!("more than {EXPANDED_MAX} bytes once its references are replaced"),
            "Shorten it, or use fewer `$(NAME)`",
        ));
        return None;
    };
    to.spend(field, expanded.len()).then_some(expanded)
}

/// Text that can be handed to a program, which ends its strings with a NUL.
pub(crate) fn plain(field: &Field<'_>, to: &mut Findings) -> Option<String> {
    let text = field.text(to)?;
    if text.contains('\0') {
        to.refuse(
            field.problem("has a NUL character in it", "Take it out: programs end their strings there"),
        );
        return None;
    }
    Some(text.to_owned())
}
