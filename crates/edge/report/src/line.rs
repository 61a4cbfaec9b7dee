//! One event in one line, for live output: elapsed time, subject, what happened.

use casemate_model::{Nanos, Timestamp};

use crate::style::Tone;
use crate::text;
use crate::{Event, Style, What};

/// Renders `event` as one line without a line end; time is counted from `start`.
#[must_use]
pub fn line(event: &Event, start: Timestamp, style: Style) -> String {
    let elapsed = format!("{:>8}", text::span(event.time.since(start)));
    let subject = event.subject.to_string();
    let (tone, words) = words(&event.what);
    format!(
        "{}  {}  {}",
        style.paint(Tone::Faint, &elapsed),
        text::clean(&subject),
        style.paint(tone, &text::clean(&words)),
    )
}

pub(crate) fn words(what: &What) -> (Tone, String) {
    match what {
        What::NodeAttested { tee, root, not_after, .. } => (
            Tone::Good,
            format!("attested: {tee} TEE under root {root}, until {}", text::rfc3339_seconds(*not_after)),
        ),
        What::NodeRefused { reasons, .. } => (Tone::Bad, format!("node refused: {}", reasons.join("; "))),
        What::PodQueued { reasons } => (Tone::Waiting, format!("waits: {}", reasons.join("; "))),
        What::PodPlaced { node, why } => (Tone::Plain, format!("placed on {node}: {why}")),
        What::PodNeverFits { reasons } => (Tone::Bad, format!("can never fit: {}", reasons.join("; "))),
        What::Failed { why } => (Tone::Bad, format!("could not start: {why}")),
        What::EnclaveCreated { enclave, epc_guaranteed, epc_limit } => (
            Tone::Plain,
            match epc_limit {
                Some(limit) => {
                    format!(
                        "enclave {enclave} created: {epc_guaranteed} guaranteed, {limit} at most; building"
                    )
                }
                None => format!("enclave {enclave} created: {epc_guaranteed} guaranteed, no limit; building"),
            },
        ),
        What::EnclaveMeasured { measurement } => (Tone::Plain, format!("measured: {measurement}")),
        What::WorkloadAttested { not_after, .. } => {
            (Tone::Good, format!("attested until {}", text::rfc3339_seconds(*not_after)))
        }
        What::WorkloadRefused { reasons, .. } => (Tone::Bad, format!("refused: {}", reasons.join("; "))),
        What::Entered => (Tone::Plain, "entered".to_owned()),
        What::Suspended { why } => (Tone::Waiting, format!("suspended: {why}")),
        What::Resumed { not_after } => {
            (Tone::Good, format!("attested again and resumed, until {}", text::rfc3339_seconds(*not_after)))
        }
        What::Renewed { not_after } => {
            (Tone::Plain, format!("verdict renewed until {}", text::rfc3339_seconds(*not_after)))
        }
        What::Exited { code: 0 } => (Tone::Good, "exited with 0".to_owned()),
        What::Exited { code } => (Tone::Bad, format!("exited with {code}")),
        What::Trapped { message } => (Tone::Bad, format!("trapped: {message}")),
        What::Killed { why } => (Tone::Bad, format!("killed: {why}")),
        What::Restarting { restarts, delay: Nanos::ZERO } => {
            (Tone::Waiting, format!("starts again ({restarts}.)"))
        }
        What::Restarting { restarts, delay } => {
            (Tone::Waiting, format!("starts again ({restarts}.) in {}", text::span(*delay)))
        }
        What::Destroyed { pages_zeroed } => (Tone::Plain, format!("destroyed: {pages_zeroed} zeroed")),
        What::CheckerViolation { violation } => (Tone::Bad, format!("CHECKER: {violation}")),
        What::RunEnded { succeeded: true } => (Tone::Good, "run ended: everything succeeded".to_owned()),
        What::RunEnded { succeeded: false } => (Tone::Bad, "run ended: not everything succeeded".to_owned()),
    }
}
