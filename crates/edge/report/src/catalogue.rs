//! The reference page of the event log, generated from one example of each kind.
//!
//! `docs/events.md` is exactly this text; a test holds them together.

use std::fmt::Write as _;

use casemate_model::{
    Bytes, ContainerKey, EnclaveId, Fingerprint, Measurement, Nanos, NodeName, Pages, PodKey, Tee, Timestamp,
};

use crate::{Claims, Event, Subject, What};

/// The text of `docs/events.md`.
///
/// # Panics
///
/// Never: every example serialises.
#[must_use]
pub fn events_markdown() -> String {
    let mut page = String::from(HEAD);
    for (description, event) in examples() {
        let json = serde_json::to_string(&event).expect("an event holds only text, numbers and booleans");
        // Writing to a String cannot fail.
        let _ = write!(page, "\n## `{}`\n\n{description}\n\n```json\n{json}\n```\n", event.what.kind());
    }
    page
}

const HEAD: &str = "\
# The event log

`casemate run` writes every state change to one file in JSON Lines: one object a line, UTF-8, in the order
observed. This page is generated from the code (`crates/edge/report`); a test fails when it differs.

Every object has `time` (RFC 3339, UTC, nanoseconds), `kind` (below) and `subject`:

| subject | is |
|---|---|
| `{\"node\"}` | a node, or the run as a whole |
| `{\"namespace\",\"name\"}` | a pod |
| `{\"namespace\",\"name\",\"container\"}` | a container, which is one enclave |

The other keys depend on the kind. Sizes are in bytes, pages are 4 KiB, digests are lower-case hex. Kinds and keys
are only ever added: skip those you do not know.
";

/// One example of each kind, in the order a run meets them.
fn examples() -> Vec<(&'static str, Event)> {
    let node = || Subject::Node(NodeName("laptop".into()));
    let key = || PodKey { namespace: "default".into(), name: "quick-hog".into() };
    let pod = || Subject::Pod(key());
    let container = || Subject::Container(ContainerKey { pod: key(), container: "app".into() });
    let claims = || {
        let claims = [("tee", "software"), ("debug", "false"), ("isv_svn", "0")];
        Claims(claims.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    };
    let until = || Timestamp::from_unix_secs(1_767_225_900);
    let kinds = vec![
        (
            "The node's platform evidence was verified and appraised. Placement on it is open until `not_after`.",
            node(),
            What::NodeAttested {
                claims: claims(),
                tee: Tee::Software,
                root: Fingerprint([0xab; 32]),
                not_after: until(),
            },
        ),
        (
            "The node's platform evidence was refused. Nothing confidential is placed on it.",
            node(),
            What::NodeRefused {
                claims: claims(),
                reasons: vec!["the policy does not accept the root".into()],
            },
        ),
        (
            "The pod fits, but not now. It is tried again when something ends.",
            pod(),
            What::PodQueued { reasons: vec!["laptop: 32Mi of EPC asked for, 16Mi left".into()] },
        ),
        (
            "The pod has its place; its resources are reserved.",
            pod(),
            What::PodPlaced { node: NodeName("laptop".into()), why: "the only node".into() },
        ),
        (
            "No node could take the pod even if it were empty. It ends as Pending.",
            pod(),
            What::PodNeverFits { reasons: vec!["laptop: 128Mi of EPC asked for, the node has 64Mi".into()] },
        ),
        (
            "The container could not be started: its image is missing or is no program.",
            container(),
            What::Failed { why: "no such file: hog.wasm".into() },
        ),
        (
            "The enclave exists and its memory is reserved; it cannot be entered yet. `epc_limit` is null where the \
             manifest names none.",
            container(),
            What::EnclaveCreated {
                enclave: EnclaveId { index: 2, generation: 0 },
                epc_guaranteed: Bytes::mib(1),
                epc_limit: Some(Bytes::mib(2)),
            },
        ),
        (
            "The enclave's measurement (MRENCLAVE) is final.",
            container(),
            What::EnclaveMeasured { measurement: Measurement([0xcd; 32]) },
        ),
        (
            "The enclave's own quote was verified and appraised. It may be entered until `not_after`.",
            container(),
            What::WorkloadAttested { claims: claims(), not_after: until() },
        ),
        (
            "The enclave's own quote was refused. It is never entered.",
            container(),
            What::WorkloadRefused {
                claims: claims(),
                reasons: vec!["the nonce is not the one asked for".into()],
            },
        ),
        ("The enclave was entered for the first time.", container(), What::Entered),
        (
            "The enclave may not be entered until it is attested again.",
            container(),
            What::Suspended { why: "its verdict lapsed".into() },
        ),
        (
            "A suspended enclave was attested again and goes on.",
            container(),
            What::Resumed { not_after: until() },
        ),
        (
            "A verdict, of an enclave or of the node, was replaced by a fresh one before it lapsed.",
            container(),
            What::Renewed { not_after: until() },
        ),
        ("The program ended by itself.", container(), What::Exited { code: 0 }),
        (
            "The program did what WebAssembly does not allow.",
            container(),
            What::Trapped { message: "integer divide by zero".into() },
        ),
        (
            "The runtime ended the enclave: a sealed page that does not verify, a memory limit, an interrupt.",
            container(),
            What::Killed { why: "page 17 does not verify: it was changed outside the enclave".into() },
        ),
        (
            "The enclave is gone: its frames were zeroed and its keys destroyed.",
            container(),
            What::Destroyed { pages_zeroed: Pages(256) },
        ),
        (
            "The container ended and is started again, the `restarts`th time, after `delay` seconds: as a new enclave, \
             measured and attested anew.",
            container(),
            What::Restarting { restarts: 2, delay: Nanos::from_secs(1) },
        ),
        (
            "The independent checker saw a decision that breaks a rule. This is a bug in Casemate.",
            node(),
            What::CheckerViolation { violation: "two enclaves own frame 7".into() },
        ),
        (
            "The run is over. `succeeded`: everything was placed and ended with 0.",
            node(),
            What::RunEnded { succeeded: true },
        ),
    ];
    (1_u64..)
        .zip(kinds)
        .map(|(millis, (description, subject, what))| {
            let time = Timestamp(1_767_225_600_000_000_000 + millis * 1_000_000);
            (description, Event { time, subject, what })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Style, line};
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_its_own_name_and_it_is_the_one_on_the_wire() {
        let mut seen = BTreeSet::new();
        for (_, event) in examples() {
            let value = serde_json::to_value(&event).unwrap();
            assert_eq!(value["kind"], event.what.kind());
            assert!(seen.insert(event.what.kind()), "{} twice", event.what.kind());
        }
        assert_eq!(seen.len(), 21, "a new kind needs an example here");
    }

    #[test]
    fn every_event_has_a_line_for_people() {
        let start = Timestamp(1_767_225_600_000_000_000);
        let lines: Vec<String> = examples().iter().map(|(_, e)| line(e, start, Style::plain())).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
