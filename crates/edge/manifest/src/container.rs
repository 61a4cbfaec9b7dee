//! A container: its program, what it is told, and what it asks for.
//!
//! Refused by name: texts with a NUL in them, names that are no DNS labels, a working
//! directory that is not absolute or leads up.
//! Understood but not done, each with a note: [`NOT_DONE`].

use casemate_model::Container;

use crate::Place;
use crate::env::{env, plain, strings};
use crate::field::Field;
use crate::inputs::Purpose;
use crate::metadata::{NameKind, name};
use crate::mount::mounts;
use crate::path;
use crate::pod::Scope;
use crate::problem::{Findings, shown};
use crate::resources::demand;
use crate::volume::Volumes;

/// Reads one container; `extra_env` comes before its own environment.
pub(crate) fn container(
    field: &Field<'_>,
    extra_env: &[(String, String)],
    scope: &Scope<'_, '_>,
    volumes: &Volumes,
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
        let env = env(field, extra_env, scope, to);
        let command = strings(field, "command", &env, to);
        let args = strings(field, "args", &env, to);
        let mounts = mounts(field, volumes, &env, to);
        let working_dir = working_dir(field, to);
        let demand = demand(field, scope.context.purpose, to);
        for (key, instead) in NOT_DONE.into_iter().filter(|_| scope.context.purpose == Purpose::Run) {
            if let Some(field) = field.get(key).filter(|field| !field.is_empty()) {
                to.note(field.note(instead));
            }
        }
        let (image, image_place) = image?;
        let argv = if command.is_empty() { vec![program_name(&image).to_owned()] } else { command };
        let args = argv.into_iter().chain(args).collect();
        let env = env.into_list();
        let container = Container { name: name?, image, args, env, working_dir, mounts, demand: demand? };
        Some((container, image_place))
    })
}

/// What is understood but not done where containers are run, and what happens instead.
const NOT_DONE: [(&str, &str); 5] = [
    ("livenessProbe", "not probed by this version"),
    ("readinessProbe", "not probed by this version"),
    ("startupProbe", "not probed by this version"),
    ("lifecycle", "hooks are not run by this version"),
    ("ports", "not opened by this version: the program sees no network"),
];

/// The last part of an image reference, without tag and digest: what `argv[0]` is where no command is written.
fn program_name(image: &str) -> &str {
    let path = image.split_once("://").map_or(image, |(_, path)| path);
    let path = path.split('@').next().unwrap_or(path);
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    last.split_once(':').map_or(last, |(name, _)| name)
}

/// The directory relative paths start from.
fn working_dir(container: &Field<'_>, to: &mut Findings) -> Option<String> {
    let field = container.get("workingDir").filter(|field| !field.is_empty())?;
    let text = plain(&field, to)?;
    let path = path::absolute(&text);
    if path.is_none() {
        let cause = format!("`{}` is not an absolute path without `..`", shown(&text));
        to.refuse(field.problem(cause, "Write it out from `/`"));
    }
    path
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
