//! A container: its program, what it is told, and what it asks for.
//!
//! Refused by name: `valueFrom` and `envFrom` (nothing here can resolve them),
//! texts with a NUL in them, names that are no DNS labels.
//! Understood but not done, each with a note: [`NOT_DONE`].

use casemate_model::Container;

use crate::Place;
use crate::expand::{EXPANDED_MAX, expand};
use crate::field::Field;
use crate::metadata::{NameKind, name};
use crate::problem::Findings;
use crate::resources::demand;

/// Reads one container; `extra_env` comes before its own environment.
pub(crate) fn container(
    field: &Field<'_>,
    extra_env: &[(String, String)],
    to: &mut Findings,
) -> Option<(Container, Place)> {
    to.sound(|to| {
        if !field.map(to) {
            return None;
        }
        let name = field
            .need("name", "Give the container a name, unique in its pod", to)
            .and_then(|field| name(&field, NameKind::Label, to));
        let image = field
            .need(
                "image",
                "Name the program: `file://./prog.wasm`, or a name mapped with --image NAME=FILE",
                to,
            )
            .and_then(|field| Some((plain(&field, to)?, field.place())));
        let env = env(field, extra_env, to);
        let command = strings(field, "command", &env, to);
        let args = strings(field, "args", &env, to);
        let demand = demand(field, to);
        for (key, instead) in NOT_DONE {
            if let Some(field) = field.get(key).filter(|field| !field.is_empty()) {
                to.note(field.note(instead));
            }
        }
        let (image, image_place) = image?;
        let argv = if command.is_empty() { vec![program_name(&image).to_owned()] } else { command };
        let args = argv.into_iter().chain(args).collect();
        let container = Container {
            name: name?,
            image,
            args,
            env,
            working_dir: None,
            mounts: Vec::new(),
            demand: demand?,
        };
        Some((container, image_place))
    })
}

/// What is understood but not done, and what happens instead.
const NOT_DONE: [(&str, &str); 8] = [
    ("volumeMounts", "not mounted by this version: the program sees no files"),
    ("volumeDevices", "not attached by this version"),
    ("livenessProbe", "not probed by this version"),
    ("readinessProbe", "not probed by this version"),
    ("startupProbe", "not probed by this version"),
    ("lifecycle", "hooks are not run by this version"),
    ("workingDir", "ignored: the program sees no files"),
    ("ports", "not opened by this version: the program sees no network"),
];

/// The last part of an image reference, without tag and digest: what `argv[0]` is where no command is written.
fn program_name(image: &str) -> &str {
    let path = image.split_once("://").map_or(image, |(_, path)| path);
    let path = path.split('@').next().unwrap_or(path);
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    last.split_once(':').map_or(last, |(name, _)| name)
}

fn env(container: &Field<'_>, extra: &[(String, String)], to: &mut Findings) -> Vec<(String, String)> {
    let mut env = extra.to_vec();
    if let Some(from) = container.get("envFrom").filter(|field| !field.is_empty()) {
        to.refuse(from.not_run(
            "this version reads no ConfigMaps or Secrets, so `envFrom` cannot be resolved",
            "Write the variables out under `env`",
        ));
    }
    let Some(list) = container.get("env") else { return env };
    for item in list.items(to) {
        let Some(name) = variable_name(&item, to) else { continue };
        if let Some(from) = item.get("valueFrom") {
            to.refuse(from.not_run(
                format!("this version cannot resolve `valueFrom`, so `{name}` has no value"),
                "Write the value out as `value`",
            ));
            continue;
        }
        let value = match item.get("value") {
            Some(field) => plain(&field, to).and_then(|value| expanded(&field, &value, &env, to)),
            None => Some(String::new()),
        };
        let Some(value) = value else { continue };
        // The later definition wins, in the place of the first.
        match env.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => env.push((name, value)),
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

fn strings(container: &Field<'_>, key: &str, env: &[(String, String)], to: &mut Findings) -> Vec<String> {
    let Some(list) = container.get(key) else { return Vec::new() };
    let mut strings = Vec::new();
    for item in list.items(to) {
        strings.extend(plain(&item, to).and_then(|text| expanded(&item, &text, env, to)));
    }
    strings
}

fn expanded(field: &Field<'_>, text: &str, env: &[(String, String)], to: &mut Findings) -> Option<String> {
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
fn plain(field: &Field<'_>, to: &mut Findings) -> Option<String> {
    let text = field.text(to)?;
    if text.contains('\0') {
        to.refuse(
            field.problem("has a NUL character in it", "Take it out: programs end their strings there"),
        );
        return None;
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_named_after_its_image() {
        for (image, expected) in [
            ("file://./checksum.wat", "checksum.wat"),
            ("myregistry/app:latest", "app"),
            ("registry:5000/team/app:1.0", "app"),
            ("app@sha256:00", "app"),
            ("app", "app"),
            ("file:///", ""),
        ] {
            assert_eq!(program_name(image), expected, "{image}");
        }
    }
}
