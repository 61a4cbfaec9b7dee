//! OpenB's list of pods.

use std::collections::BTreeSet;

use crate::limits::Limits;
use crate::node::{MOST, Node};
use crate::problem::{Problem, TraceError};
use crate::table::{Columns, Row, rows};

/// A pod as the list has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pod {
    /// Its name; no other pod has it.
    pub name: String,
    /// CPU it asks for, in thousandths of a core.
    pub cpu_milli: u64,
    /// Memory it asks for, in MiB.
    pub memory_mib: u64,
    /// GPUs it asks for.
    pub gpus: u32,
    /// What it asks for of each, in thousandths; less than 1000 only of a single one.
    pub gpu_milli: u64,
    /// Models it runs on; empty where any node will do.
    pub models: BTreeSet<String>,
    /// When it was created, in seconds from the trace's start, where the list says it.
    pub created_s: Option<u64>,
    /// When it was deleted, in seconds from the trace's start, where the list says it.
    pub deleted_s: Option<u64>,
}

impl Pod {
    /// What it asks for of all its GPUs, in thousandths of one.
    #[must_use]
    pub const fn total_gpu_milli(&self) -> u64 {
        self.gpus as u64 * self.gpu_milli
    }

    /// Whether the node's model is one it runs on.
    #[must_use]
    pub fn accepts(&self, node: &Node) -> bool {
        self.models.is_empty() || self.models.contains(&node.model)
    }
}

/// The pods of a list, in its order. Columns: `name`, `cpu_milli`, `memory_mib`, `num_gpu`, `gpu_milli`, and
/// perhaps `gpu_spec` (models, with `|` between), `qos`, `pod_phase`, `creation_time`, `deletion_time`,
/// `scheduled_time`.
///
/// # Errors
///
/// The first mistake, with its line and column: the list's maker erred, or it is another list.
pub fn pods(bytes: &[u8], limits: &Limits) -> Result<Vec<Pod>, TraceError> {
    rows(bytes, limits, &COLUMNS, "name", pod)
}

const COLUMNS: Columns = Columns {
    required: &["name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli"],
    optional: &["gpu_spec", "qos", "pod_phase", "creation_time", "deletion_time", "scheduled_time"],
    told: "name, cpu_milli, memory_mib, num_gpu, gpu_milli, gpu_spec, qos, pod_phase, creation_time, \
           deletion_time, scheduled_time",
};

const GPUS_MOST: u64 = 1024;
const WHOLE: u64 = 1000;

fn pod(row: &Row<'_>) -> Result<Pod, TraceError> {
    let pod = Pod {
        name: row.text("name")?.to_owned(),
        cpu_milli: row.number("cpu_milli", MOST)?,
        memory_mib: row.number("memory_mib", MOST)?,
        gpus: u32::try_from(row.number("num_gpu", GPUS_MOST)?).unwrap_or(0),
        gpu_milli: row.number("gpu_milli", WHOLE)?,
        models: row.text("gpu_spec")?.split('|').filter(|it| !it.is_empty()).map(str::to_owned).collect(),
        created_s: row.number_if_any("creation_time", MOST)?,
        deleted_s: row.number_if_any("deletion_time", MOST)?,
    };
    let contradiction = match (pod.gpus, pod.gpu_milli) {
        (0, 0) | (1, 1..) => None,
        (0, _) => Some("a pod without GPUs cannot ask for shares of one"),
        (_, 0) => Some("a pod with GPUs asks for at least 1 thousandth of each"),
        (_, WHOLE) => None,
        _ => Some("several GPUs are asked for whole: 1000 thousandths of each"),
    };
    match contradiction {
        Some(what) => Err(row.error("gpu_milli", Problem::Contradiction(what))),
        None => Ok(pod),
    }
}
