//! A Job (batch/v1) as the pods it makes.
//!
//! As many pods as `completions` says; where only `parallelism` is written (a work
//! queue), as many as that; else one. They are named `<job>-<index>` from 0, and
//! all are offered to placement at once: with `completionMode: Indexed` each gets
//! `JOB_COMPLETION_INDEX` in its environment, as in Kubernetes.
//!
//! Not done, with a note: a failed pod is not run again whatever `backoffLimit`
//! says; `parallelism` below `completions` does not hold pods back, the node's
//! resources do; a suspended Job runs nothing.
//! Refused: more than [`PODS_MAX`] pods.

use casemate_model::PodKey;

use crate::field::Field;
use crate::metadata;
use crate::pod::{PodSpec, pod};
use crate::problem::Findings;

/// Most pods one Job may make here.
pub(crate) const PODS_MAX: u32 = 1_000;

/// What a pod takes in memory beside what is written of it, generously.
const POD_BYTES: usize = 4 << 10;
/// How much larger what is written becomes as a pod, generously.
const MADE_PER_WRITTEN: usize = 4;

/// The pods of a Job, with their indexes.
pub(crate) fn job(document: &Field<'_>, to: &mut Findings) -> Vec<(u32, PodSpec)> {
    let pods = to.sound(|to| {
        let key = metadata::key(document, to);
        let spec = document.need("spec", "Describe the Job's pods under `spec.template`", to)?;
        if !spec.map(to) {
            return None;
        }
        let count = count(&spec, to);
        let indexed = indexed(&spec, to);
        let template = spec
            .need("template", "Describe the pods under `spec.template.spec`", to)
            .and_then(|template| template.need("spec", "Describe the pods' containers here", to))?;
        let count = count?;
        let bytes = POD_BYTES.saturating_add(template.weight().saturating_mul(MADE_PER_WRITTEN));
        if !to.spend(&template, bytes.saturating_mul(usize::try_from(count).unwrap_or(usize::MAX))) {
            return None;
        }
        let mut pods = Vec::new();
        // A Job of no pods is read once all the same, for what is wrong with it.
        for index in 0..count.max(1) {
            let notes = to.notes.len();
            let job = key.as_ref().map_or_else(metadata::unnamed, PodKey::clone);
            let key = PodKey { name: format!("{}-{index}", job.name), ..job };
            let extra = indexed.then(|| ("JOB_COMPLETION_INDEX".to_owned(), index.to_string()));
            pods.push((index, pod(key, &template, extra.as_slice(), to)?));
            if index > 0 {
                // They are the template's, said already for the first pod.
                to.notes.truncate(notes);
            }
        }
        pods.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        Some(pods)
    });
    pods.unwrap_or_default()
}

fn count(spec: &Field<'_>, to: &mut Findings) -> Option<u32> {
    let number = |key: &str, to: &mut Findings| match spec.get(key) {
        Some(field) => field.integer::<u32>(to).map(|number| Some((number, field))),
        None => Some(None),
    };
    let completions = number("completions", to)?;
    let parallelism = number("parallelism", to)?;
    if let Some(field) = spec.get("backoffLimit")
        && field.integer::<u32>(to).is_some_and(|limit| limit > 0)
    {
        to.note(field.note("a failed pod is not run again by this version"));
    }
    if let Some(field) = spec.get("activeDeadlineSeconds") {
        to.note(field.note("not enforced by this version"));
    }
    if let Some(field) = spec.get("suspend")
        && field.boolean(to)?
    {
        to.note(field.note("the Job is suspended: none of its pods is run"));
        return Some(0);
    }
    if let (Some((wanted, _)), Some((at_once, field))) = (&completions, &parallelism)
        && 0 < *at_once
        && at_once < wanted
    {
        to.note(field.note("all pods queue at once; the node's resources hold them back, not this number"));
    }
    if let Some((0, field)) = &parallelism {
        to.note(field.note("the Job is paused: none of its pods is run"));
        return Some(0);
    }
    let Some((count, field)) = completions.or(parallelism) else { return Some(1) };
    if count > PODS_MAX {
        to.refuse(field.problem(
            format!("{count} pods are more than this version runs"),
            format!("Ask for {PODS_MAX} at most"),
        ));
        return None;
    }
    Some(count)
}

fn indexed(spec: &Field<'_>, to: &mut Findings) -> bool {
    let Some(mode) = spec.get("completionMode") else { return false };
    match mode.text(to) {
        Some("Indexed") => true,
        Some("NonIndexed") | None => false,
        Some(other) => {
            to.refuse(
                mode.problem(format!("unknown completion mode `{other}`"), "Use `Indexed` or `NonIndexed`"),
            );
            false
        }
    }
}
