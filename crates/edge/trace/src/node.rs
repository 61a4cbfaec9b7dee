//! OpenB's list of nodes.

use crate::limits::Limits;
use crate::problem::{Problem, TraceError};
use crate::table::{Columns, Row, rows};

/// A node as the list has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// Its name, `sn`; no other node has it.
    pub name: String,
    /// CPU, in thousandths of a core.
    pub cpu_milli: u64,
    /// Memory, in MiB.
    pub memory_mib: u64,
    /// GPUs. Each is 1000 shares.
    pub gpus: u32,
    /// Model of its GPUs; empty where it has none.
    pub model: String,
}

impl Node {
    /// Its GPUs, in thousandths of one.
    #[must_use]
    pub const fn gpu_milli(&self) -> u64 {
        self.gpus as u64 * 1000
    }
}

/// The nodes of a list (columns `sn`, `cpu_milli`, `memory_mib`, `gpu`, `model`), in its order.
///
/// # Errors
///
/// The first mistake, with its line and column: the list's maker erred, or it is another list.
pub fn nodes(bytes: &[u8], limits: &Limits) -> Result<Vec<Node>, TraceError> {
    rows(bytes, limits, &COLUMNS, "sn", node)
}

const COLUMNS: Columns = Columns {
    required: &["sn", "cpu_milli", "memory_mib", "gpu", "model"],
    optional: &[],
    told: "sn, cpu_milli, memory_mib, gpu, model",
};

/// Of CPU and memory: sums over millions of nodes stay far from the largest number.
pub(crate) const MOST: u64 = 1 << 40;
const GPUS_MOST: u64 = 1024;

fn node(row: &Row<'_>) -> Result<Node, TraceError> {
    let node = Node {
        name: row.text("sn")?.to_owned(),
        cpu_milli: row.number("cpu_milli", MOST)?,
        memory_mib: row.number("memory_mib", MOST)?,
        gpus: u32::try_from(row.number("gpu", GPUS_MOST)?).unwrap_or(0),
        model: row.text("model")?.to_owned(),
    };
    if (node.gpus == 0) != node.model.is_empty() {
        let what = "a node has a GPU model if and only if it has GPUs";
        return Err(row.error("model", Problem::Contradiction(what)));
    }
    Ok(node)
}
