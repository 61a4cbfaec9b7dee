//! What a run tells the world: the event schema and its log, the report of a
//! finished run as a JSON document, and both again in words for people.
//!
//! This crate renders; it decides nothing, reads no clock and no environment.
//! Width and colour come as a [`Style`], time comes inside each [`Event`], and
//! bytes go to whatever writer the caller passes. Names and messages that come
//! from guests are stripped of control characters before a person's terminal
//! sees them ([`text::clean`]); JSON keeps them, escaped.
//!
//! Stable, and checked by golden tests: the keys and kinds of the event log
//! (`docs/events.md`) and of the run report ([`RunReport::SCHEMA`]).

#![forbid(unsafe_code)]

mod catalogue;
mod event;
mod event_log;
mod fields;
mod history;
mod inspection;
mod line;
pub mod live;
mod observation;
pub mod page;
mod plan;
mod recording;
mod run;
mod state;
mod style;
mod table;
pub mod text;
pub mod trace;
mod verdicts;
mod wire;
mod workload;

pub use catalogue::events_markdown;
pub use event::{Event, Subject, What};
pub use event_log::EventLog;
pub use fields::{FieldRow, field_tree};
pub use inspection::{Inspected, Remark, Weight, inspection_table};
pub use line::line;
pub use observation::{Claims, EnclaveSample, EnclaveState, Observer, Sample, Stay, StayEnd};
pub use page::{write_html, write_plan_html};
pub use plan::{
    NodeUse, PendingPods, PlanCheck, PlanReport, PlannedBound, PlannedHurdle, PlannedMove, PlannedNode,
    PlannedPod, PlannedResource, PlannedVariant, PlannedVictim, StrandedPod, TenantPods, VariantResource,
    plan_table,
};
pub use recording::{Limits, Recording};
pub use run::{CheckerReport, EpcReport, NodeReport, PolicyReport, RunReport, SoftwareRoot};
pub use state::{State, Verdict};
pub use style::Style;
pub use table::table;
pub use trace::write_trace;
pub use verdicts::{Judged, verdict_table};
pub use workload::WorkloadReport;
