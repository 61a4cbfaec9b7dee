//! Jobs (batch/v1) and CronJobs as the pods they make.
//!
//! As many pods as `completions` says; where only `parallelism` is written (a work
//! queue), as many as that; else one. They are named `<job>-<index>` from 0, and
//! all are offered to placement at once: with `completionMode: Indexed` each gets
//! `JOB_COMPLETION_INDEX` in its environment, as in Kubernetes. A CronJob is run once, now.
//!
//! `backoffLimit` is the most restarts of each pod's containers under `restartPolicy: OnFailure`,
//! 6 where it is absent; under `Never` the most times each pod is begun anew after it failed, none
//! where it is absent: whoever watches a run learns of a failure the first time.
//! `activeDeadlineSeconds` counts for each pod from its own start.
//!
//! Not done, with a note: `parallelism` below `completions` does not hold pods back, the node's
//! resources do; policies for failure and success. A suspended Job or CronJob runs nothing. Where pods
//! are planned, those that have succeeded or are on nodes are not made again.
//! Refused: more than [`PODS_MAX`](super::members::PODS_MAX) pods, `restartPolicy: Always`.

use std::collections::BTreeMap;

use casemate_model::{Pod, PodKey, RestartPolicy};

use super::Made;
use super::members::{Own, Template, pod_count};
use crate::field::Field;
use crate::inputs::{Context, Purpose};
use crate::metadata;
use crate::pod::active_deadline;
use crate::problem::{Findings, shown};
use crate::workload::WorkloadKind;

/// Restarts where `backoffLimit` is absent (`batch/v1`).
const BACKOFF_LIMIT: u32 = 6;

/// The pods of a Job.
pub(crate) fn job(document: &Field<'_>, context: &Context<'_>, to: &mut Findings) -> Option<Made> {
    to.sound(|to| {
        let key = metadata::key(document, to);
        let spec = document.need("spec", "Describe the Job's pods under `spec.template`", to)?;
        pods(key, document, &spec, false, context, to, |index| WorkloadKind::Job { index })
    })
}

/// The pods of one run of a CronJob.
pub(crate) fn cron_job(document: &Field<'_>, context: &Context<'_>, to: &mut Findings) -> Option<Made> {
    to.sound(|to| {
        let key = metadata::key(document, to);
        let spec = document.need("spec", "Describe its Job under `spec.jobTemplate`", to)?;
        let schedule = spec.need("schedule", "Say when it runs, as in `\"0 3 * * *\"`", to);
        let schedule = schedule.filter(|field| field.text(to).is_some());
        let suspended = is_suspended(&spec, "the CronJob is suspended: its Job is not run", to)?;
        if let Some(field) = schedule.filter(|_| !suspended) {
            to.note(field.note("its Job is run once, now"));
        }
        let job = spec
            .need("jobTemplate", "Describe its Job here", to)
            .and_then(|template| template.need("spec", "Describe the Job's pods under `template`", to))?;
        pods(key, document, &job, suspended, context, to, |index| WorkloadKind::CronJob { index })
    })
}

fn is_suspended(spec: &Field<'_>, note: &str, to: &mut Findings) -> Option<bool> {
    let Some(field) = spec.get("suspend") else { return Some(false) };
    let suspended = field.boolean(to)?;
    if suspended {
        to.note(field.note(note));
    }
    Some(suspended)
}

fn pods(
    key: Option<PodKey>,
    document: &Field<'_>,
    spec: &Field<'_>,
    suspended: bool,
    context: &Context<'_>,
    to: &mut Findings,
    kind: impl Fn(u32) -> WorkloadKind,
) -> Option<Made> {
    if !spec.map(to) {
        return None;
    }
    let count = if suspended { Some(0) } else { count(spec, to) };
    let indexed = is_indexed(spec, to);
    if indexed && spec.get("completions").is_none() {
        let _ = spec.need("completions", "Say how many indexes there are", to);
    }
    let template = spec.need("template", "Describe the pods under `spec.template.spec`", to)?;
    let restarts_max = restarts_max(spec, &template, count, to);
    let deadline = active_deadline(spec, 0, to);
    for (key, instead) in NOT_DONE {
        if let Some(field) = spec.get(key).filter(|field| !field.is_empty()) {
            to.note(field.note(instead));
        }
    }
    let restarts: &'static [RestartPolicy] = &[RestartPolicy::OnFailure, RestartPolicy::Never];
    let mut count = count?;
    if context.purpose == Purpose::Plan {
        // Those that have succeeded are not made again.
        let done = document.at(&["status", "succeeded"]).and_then(|field| field.integer::<u32>(to));
        let owner = if matches!(kind(0), WorkloadKind::CronJob { .. }) { "CronJob" } else { "Job" };
        count = count.saturating_sub(done.unwrap_or(0));
        count = context.inputs.owners.left(owner, key.as_ref(), count, document, to);
    }
    let template = Template { key, template, first: 0, count, there: None, restarts: (restarts, "Job") };
    let mut of_job = BTreeMap::new();
    if let (Purpose::Plan, Some(key)) = (context.purpose, &template.key) {
        // By these the pods of a Job are meant, by one another too.
        let names = ["batch.kubernetes.io/job-name", "job-name"];
        of_job.extend(names.map(|label| (label.to_owned(), key.name.clone())));
    }
    let own = |index: u32, _: &str| {
        let mut own = if indexed { told(index) } else { Own::default() };
        own.labels.extend(of_job.clone());
        own
    };
    let finish = |pod: &mut Pod| {
        pod.restarts_max = restarts_max;
        pod.active_deadline = [pod.active_deadline, deadline].into_iter().flatten().min();
    };
    template.make(context, to, kind, own, finish)
}

/// What is understood but not done, and what happens instead.
const NOT_DONE: [(&str, &str); 3] = [
    ("podFailurePolicy", "not considered: a pod is begun anew whatever it failed of, up to `backoffLimit`"),
    ("successPolicy", "not considered: every pod has to succeed"),
    ("maxFailedIndexes", "not considered: every pod is run"),
];

/// What an indexed Job tells each of its pods.
fn told(index: u32) -> Own {
    let index = index.to_string();
    let texts = || BTreeMap::from([("batch.kubernetes.io/job-completion-index".to_owned(), index.clone())]);
    Own {
        labels: texts(),
        annotations: texts(),
        env: vec![("JOB_COMPLETION_INDEX".to_owned(), index.clone())],
    }
}

fn restarts_max(
    spec: &Field<'_>,
    template: &Field<'_>,
    count: Option<u32>,
    to: &mut Findings,
) -> Option<u32> {
    let never = template.at(&["spec", "restartPolicy"]).is_some_and(|it| it.plain() == Some("Never"));
    let mut limit = (!never).then_some(BACKOFF_LIMIT);
    for key in ["backoffLimit", "backoffLimitPerIndex"] {
        let Some(field) = spec.get(key) else { continue };
        limit = field.integer(to).or(limit);
        if limit > Some(0) && key == "backoffLimit" && count.is_some_and(|count| count > 1) {
            to.note(field.note("counted for each pod by itself"));
        }
    }
    limit
}

fn count(spec: &Field<'_>, to: &mut Findings) -> Option<u32> {
    let (completions, parallelism) = (spec.get("completions"), spec.get("parallelism"));
    if is_suspended(spec, "the Job is suspended: none of its pods is run", to)? {
        return Some(0);
    }
    let at_once = parallelism.as_ref().map(|field| field.integer::<u32>(to));
    let at_once = match at_once {
        Some(read) => Some(read?),
        None => None,
    };
    let count = pod_count(completions.as_ref().or(parallelism.as_ref()), to)?;
    match (at_once, &parallelism) {
        (Some(0), Some(field)) => {
            to.note(field.note("the Job is paused: none of its pods is run"));
            return Some(0);
        }
        (Some(at_once), Some(field)) if at_once < count => {
            to.note(
                field.note("all pods queue at once; the node's resources hold them back, not this number"),
            );
        }
        _ => {}
    }
    Some(count)
}

fn is_indexed(spec: &Field<'_>, to: &mut Findings) -> bool {
    let Some(mode) = spec.get("completionMode") else { return false };
    match mode.text(to) {
        Some("Indexed") => true,
        Some("NonIndexed") | None => false,
        Some(other) => {
            let cause = format!("unknown completion mode `{}`", shown(other));
            to.refuse(mode.problem(cause, "Use `Indexed` or `NonIndexed`"));
            false
        }
    }
}
