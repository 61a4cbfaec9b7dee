//! Entries of an inspection as rows of its table.

use casemate_manifest::{Class, Entry, Finding, Severity, Technology};
use casemate_model::Bytes;
use casemate_report::{Inspected, Remark, Weight};

/// The row of an entry.
pub(super) fn row(entry: &Entry) -> Inspected {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Inspected {
        place: format!("{}:{}", entry.file, entry.line),
        kind: text(&entry.kind),
        namespace: text(&entry.namespace),
        name: text(&entry.name),
        class: entry.class.as_str(),
        weight: match entry.class {
            Class::Confidential => Weight::Good,
            Class::Ambiguous => Weight::Warning,
            Class::NotConfidential => Weight::Info,
        },
        reason: entry.reason.clone(),
        tee: entry.tee.map(Technology::as_str),
        epc_guaranteed: entry.epc_guaranteed_bytes.map(Bytes),
        epc_limit: entry.epc_limit_bytes.map(Bytes),
        enclaves: entry.enclaves,
        key_slots: entry.key_slots,
        overhead_memory: entry.overhead_memory_bytes.map(Bytes),
        remarks: entry.findings.iter().map(|finding| remark(entry, finding)).collect(),
    }
}

fn remark(entry: &Entry, finding: &Finding) -> Remark {
    Remark {
        weight: match finding.severity {
            Severity::Error => Weight::Error,
            Severity::Warning => Weight::Warning,
            Severity::Info => Weight::Info,
        },
        place: format!("{}:{}:{}", entry.file, finding.line, finding.column),
        id: finding.id.as_str(),
        text: format!("{}. {}", finding.cause, finding.remedy),
    }
}
