//! The report of a finished run: one JSON document.

use std::io::{self, Write};

use casemate_model::{Bytes, Fingerprint, NodeName, Pages, Tee};
use serde::Serialize;

use crate::wire;
use crate::{Verdict, WorkloadReport};

/// Everything a run has to say at its end. Printed by `casemate run -o json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunReport {
    /// Name and version of this layout: always [`RunReport::SCHEMA`]. Keys are only added within a version.
    pub schema: &'static str,
    /// Whether everything was placed and ended with 0. The process exits with 0 exactly then.
    pub succeeded: bool,
    /// One entry a container, in the order of the manifests.
    pub workloads: Vec<WorkloadReport>,
    /// The node it ran on. Null where the run ended before there was one.
    pub node: Option<NodeReport>,
    /// The pool of encrypted memory. Null where there was none.
    pub epc: Option<EpcReport>,
    /// The appraisal policy in force. Null where none could be read.
    pub policy: Option<PolicyReport>,
    /// What the independent checker saw. Null where nothing ran.
    pub checker: Option<CheckerReport>,
    /// Path of the event log.
    pub events: Option<String>,
    /// Path of the page that was asked for. Null where none was, or it could not be written.
    pub report: Option<String>,
    /// Path of the Perfetto trace that was asked for. Null where none was, or it could not be written.
    pub trace: Option<String>,
    /// What was wrong with the input as a whole: files that could not be read, documents refused.
    pub problems: Vec<String>,
}

/// The node of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeReport {
    /// Its name.
    #[serde(serialize_with = "wire::display")]
    pub name: NodeName,
    /// Its TEE.
    #[serde(serialize_with = "wire::display")]
    pub tee: Tee,
    /// Size of the pool of encrypted memory, bytes.
    #[serde(serialize_with = "wire::bytes")]
    pub epc_bytes: Bytes,
    /// CPUs that run enclaves.
    pub cpus: u16,
    /// How pages move in and out of the pool, in words.
    pub paging: String,
    /// SHA-256 over the DER of the root certificate its evidence chains to.
    #[serde(serialize_with = "wire::optional_display")]
    pub root: Option<Fingerprint>,
    /// What the appraisal of its platform evidence said.
    pub verdict: Option<Verdict>,
    /// Why it was refused. Empty where it was not.
    pub reasons: Vec<String>,
}

/// The pool of encrypted memory over the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EpcReport {
    /// Frames that pods can be promised.
    #[serde(serialize_with = "wire::pages")]
    pub capacity_pages: Pages,
    /// Frames beside those, which enclaves being entered can count on.
    #[serde(serialize_with = "wire::pages")]
    pub working_pages: Pages,
    /// Most frames in use at once. Null where it was not tracked.
    #[serde(serialize_with = "wire::optional_pages")]
    pub resident_pages_max: Option<Pages>,
    /// Pages unsealed and brought back in, all enclaves.
    pub page_ins: u64,
    /// Pages sealed and put out, all enclaves.
    pub page_outs: u64,
}

/// The appraisal policy in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyReport {
    /// Its `metadata.name`.
    pub name: String,
    /// The file it was read from, or that it is the built-in one.
    pub source: String,
    /// The software roots it accepts.
    pub software_root: Vec<SoftwareRoot>,
}

/// One accepted software root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SoftwareRoot {
    /// As the policy writes it: `this-machine` or `sha256:…`.
    pub written: String,
    /// What that is on this machine.
    #[serde(serialize_with = "wire::display")]
    pub fingerprint: Fingerprint,
}

/// What the independent checker saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckerReport {
    /// Decisions it re-checked.
    pub observations: u64,
    /// Rules it saw broken. Each is a bug in Casemate.
    pub violations: Vec<String>,
}

impl RunReport {
    /// Name and version of the JSON layout.
    pub const SCHEMA: &'static str = "casemate.run/v1";

    /// A report of nothing, not succeeded.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            schema: Self::SCHEMA,
            succeeded: false,
            workloads: Vec::new(),
            node: None,
            epc: None,
            policy: None,
            checker: None,
            events: None,
            report: None,
            trace: None,
            problems: Vec::new(),
        }
    }

    /// Adds a problem that keeps the run from being a success.
    pub fn failed(&mut self, problem: String) {
        self.problems.push(problem);
        self.succeeded = false;
    }

    /// Writes the report as one indented JSON document and a newline.
    ///
    /// # Errors
    ///
    /// Where the writer fails.
    pub fn write_json(&self, mut to: impl Write) -> io::Result<()> {
        let mut document = serde_json::to_vec_pretty(self)?;
        document.push(b'\n');
        to.write_all(&document)
    }
}
