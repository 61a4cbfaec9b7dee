//! What a filter says of a pod on a node, both written as [`words`].
//!
//! Beside a node's own words, `used-epc=32` and so on is reserved, and `unattested`,
//! `lapsed` and `held=pod` say what they say.

pub(crate) mod words;

use casemate_model::{Pod, Timestamp};
use casemate_policy::Expired;

use self::words::{capacity, devices, key, node, pod, word};
use super::{Company, Hold, Site};
use crate::Objection;
use crate::amounts::Amounts;
use crate::ask::Ask;
use crate::grounds::Trust;

/// Asserts what a filter says of a pod on a node: `passes`, or `waits: …`, or `never: …`.
#[track_caller]
pub(crate) fn check(
    filter: fn(&Ask<'_>, &Site<'_>) -> Vec<Objection>,
    pod_words: &str,
    node_words: &str,
    expected: &str,
) {
    check_pod(filter, &pod(pod_words), node_words, expected);
}

/// The same for a pod that words do not tell.
#[track_caller]
pub(crate) fn check_pod(
    filter: fn(&Ask<'_>, &Site<'_>) -> Vec<Objection>,
    pod: &Pod,
    node_words: &str,
    expected: &str,
) {
    check_beside(filter, pod, node_words, None, expected);
}

/// The same of a pod that would be in this company.
#[track_caller]
pub(crate) fn check_beside(
    filter: fn(&Ask<'_>, &Site<'_>) -> Vec<Objection>,
    pod: &Pod,
    node_words: &str,
    company: Option<Company<'_>>,
    expected: &str,
) {
    let node = node(node_words);
    let held = word(node_words, "held=").map(|name| Hold { pod: key(name), passed_over: 3 });
    let expired = Expired {
        not_before: Timestamp(0),
        not_after: Timestamp::from_unix_secs(5),
        now: Timestamp::from_unix_secs(9),
    };
    let trust = match node_words {
        words if words.contains("unattested") => Trust::Unattested,
        words if words.contains("lapsed") => Trust::Lapsed(expired),
        _ => Trust::Assumed,
    };
    let used = Amounts {
        capacity: capacity(node_words, "used-"),
        devices: devices(node_words, "used-"),
        ..Amounts::NOTHING
    };
    let site = Site { node: &node, used: &used, room: None, trust, hold: held.as_ref(), company };
    let ask = Ask::under(pod, casemate_model::PlacementPolicy::default())
        .unwrap_or_else(|resource| panic!("{resource} overflows"));
    let found = filter(&ask, &site).iter().map(said).collect::<Vec<_>>().join("; ");
    let found = if found.is_empty() { "passes" } else { &found };
    assert_eq!(found, expected, "pod {:?} on node {node_words:?}", pod.key);
}

fn said(objection: &Objection) -> String {
    format!("{}: {objection}", if objection.is_permanent() { "never" } else { "waits" })
}
