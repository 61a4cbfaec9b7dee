//! What a node is made of beside its amounts: NUMA nodes, hardware threads, the platform's FMSPC, devices in units.
//!
//! NUMA nodes come from the NodeResourceTopology of the node's name and from annotations, whose word is
//! taken where both say something: `numa-epc`, `numa-cpu`, `numa-memory`, `numa-bandwidth` list an amount
//! for each, in order, and `numa-distances` a row for each. An amount that nobody says is zero, which is to say
//! not known. No standard source says how encrypted memory is spread; a machine does, in
//! `/sys/devices/system/node/node*/x86/sgx_total_bytes`.
//!
//! Refused: lists of different lengths, encrypted memory that does not add up to what the node has, a FMSPC
//! that is not six bytes, units that do not add up.

use std::collections::BTreeMap;

use casemate_model::{Bytes, DeviceKind, Devices, Fmspc, Hardware, MilliCpu, NumaNode};

use crate::field::Field;
use crate::ours::Ours;
use crate::problem::{Findings, shown};
use crate::quantity::Quantity;
use crate::resources::refusal;
use crate::topology::{NUMA_MAX, Topology};
use crate::{Problem, ProblemKind};

/// Annotations of nodes.
const KNOWN: [&str; 8] = [
    "fmspc",
    "numa-bandwidth",
    "numa-cpu",
    "numa-distances",
    "numa-epc",
    "numa-memory",
    "threads-per-core",
    "units",
];

/// Most units of one kind of device.
const UNITS_MAX: usize = 1 << 10;

/// What is read of a node beside.
pub(super) struct Source<'s, 'a> {
    pub(super) metadata: &'s Field<'a>,
    pub(super) topology: Option<&'s Topology>,
    /// Its encrypted memory in all.
    pub(super) epc: Bytes,
    pub(super) devices: &'s mut Devices,
}

/// Reads what a node is made of. The problem, if any, is that of another document.
pub(super) fn hardware(source: Source<'_, '_>, to: &mut Findings) -> (Hardware, Option<Problem>) {
    let Source { metadata, topology, epc, devices } = source;
    let ours = Ours::of(Some(metadata));
    ours.note_unknown(&KNOWN, to);
    let label = |key: &str| metadata.get("labels")?.get(key);
    let fmspc = ours.get("fmspc").map(|(text, field)| (text, field.clone()));
    let fmspc = fmspc.or_else(|| label("casemate.dev/fmspc").and_then(|field| Some((field.plain()?, field))));
    let written = ours.get("threads-per-core").map(|(text, field)| threads(text, field, to));
    let threads_per_core = match written {
        Some(threads) => threads.unwrap_or_default(),
        // One label of node-feature-discovery: whether a core has several. Of x86, that is two.
        None => {
            match label("feature.node.kubernetes.io/cpu-hardware_multithreading").and_then(|it| it.plain()) {
                Some("true") => 2,
                Some("false") => 1,
                _ => 0,
            }
        }
    };
    let (numa, problem) = numa(&ours, topology, epc, to);
    let fmspc = fmspc.and_then(|(text, field)| of_hex(text, &field, to));
    let units = units(&ours, devices, to);
    (Hardware { numa, threads_per_core, fmspc, units, ..Hardware::default() }, problem)
}

fn threads(text: &str, field: &Field<'_>, to: &mut Findings) -> Option<u8> {
    let threads = text.parse().ok().filter(|threads| (1..=8).contains(threads));
    if threads.is_none() {
        let cause = format!("`{}` is no number of hardware threads", shown(text));
        to.refuse(field.problem(cause, "Write how many a core has, 1 to 8"));
    }
    threads
}

fn of_hex(text: &str, field: &Field<'_>, to: &mut Findings) -> Option<Fmspc> {
    let bytes = || {
        let mut bytes = Fmspc::default();
        let digits = text.as_bytes();
        if digits.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit =
                |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let [high, low] = pair else { return None };
            *byte = digit(high)? << 4 | digit(low)?;
        }
        Some(bytes)
    };
    let read = bytes();
    if read.is_none() {
        let cause = format!("`{}` is no FMSPC", shown(text));
        to.refuse(field.problem(cause, "Write its 12 hexadecimal digits, as in `00906ED50000`"));
    }
    read
}

fn numa(
    ours: &Ours<'_>,
    topology: Option<&Topology>,
    epc: Bytes,
    to: &mut Findings,
) -> (Vec<NumaNode>, Option<Problem>) {
    let topology = topology.filter(|topology| !topology.numa.is_empty());
    let mut numa = topology.map(|topology| topology.numa.clone()).unwrap_or_default();
    // Who listed how many there are, for what is told of another list.
    let mut counted = topology.map(|_| "zones of its NodeResourceTopology".to_owned());
    type Set = fn(&mut NumaNode, u64);
    let lists: [(&str, bool, Set); 4] = [
        ("numa-epc", false, |numa, amount| numa.epc = Bytes(amount)),
        ("numa-cpu", true, |numa, amount| numa.cpu = MilliCpu(amount)),
        ("numa-memory", false, |numa, amount| numa.memory = Bytes(amount)),
        ("numa-bandwidth", false, |numa, amount| numa.bandwidth = Some(amount)),
    ];
    for (name, thousandths, set) in lists {
        let Some((text, field)) = ours.get(name) else { continue };
        let Some(amounts) = amounts(text, thousandths, field, to) else { continue };
        if !is_as_long(amounts.len(), &mut numa, &mut counted, name, field, to) {
            continue;
        }
        numa.iter_mut().zip(amounts).for_each(|(numa, amount)| set(numa, amount));
    }
    if let Some((text, field)) = ours.get("numa-distances") {
        let rows: Option<Vec<Vec<u8>>> = text.split(';').map(row).collect();
        let is_square =
            |rows: &Vec<Vec<u8>>| rows.len() <= NUMA_MAX && rows.iter().all(|row| row.len() == rows.len());
        match rows.filter(is_square) {
            Some(rows) if is_as_long(rows.len(), &mut numa, &mut counted, "numa-distances", field, to) => {
                numa.iter_mut().zip(rows).for_each(|(numa, row)| numa.distances = row);
            }
            Some(_) => {}
            None => to.refuse(field.problem(
                "is no table of distances",
                "Write a row for each NUMA node with semicolons between, as in `10,21;21,10`; each up to 255",
            )),
        }
    }
    let sum = sum(numa.iter().map(|numa| numa.epc.0));
    if sum == 0 || sum == u128::from(epc.0) {
        return (numa, None);
    }
    let cause =
        format!("the encrypted memory of its NUMA nodes adds up to {sum} bytes, and it has {}", epc.0);
    let remedy = "Write what each NUMA node has, or take it out: then nobody knows";
    if let Some((_, field)) = ours.get("numa-epc") {
        to.refuse(field.problem(cause, remedy));
        return (numa, None);
    }
    let problem = topology.map(|topology| Problem {
        kind: ProblemKind::Invalid,
        place: topology.place.clone(),
        field: "zones".to_owned(),
        cause,
        remedy: remedy.to_owned(),
    });
    (Vec::new(), problem)
}

/// What a thousand amounts add up to is never cut short.
fn sum(amounts: impl Iterator<Item = u64>) -> u128 {
    amounts.fold(0, |sum: u128, amount| sum.saturating_add(u128::from(amount)))
}

fn row(text: &str) -> Option<Vec<u8>> {
    text.split(',').map(|distance| distance.trim().parse().ok()).collect()
}

/// Whether a list names as many NUMA nodes as those before it. The first says how many there are.
fn is_as_long(
    len: usize,
    numa: &mut Vec<NumaNode>,
    counted: &mut Option<String>,
    name: &str,
    field: &Field<'_>,
    to: &mut Findings,
) -> bool {
    let Some(by) = counted else {
        *counted = Some(format!("entries of `casemate.dev/{name}`"));
        numa.resize(len, NumaNode::default());
        return true;
    };
    let is = numa.len() == len;
    if !is {
        let cause = format!("names {len} NUMA nodes, and there are {} {by}", numa.len());
        to.refuse(field.problem(cause, "Write one for each NUMA node, in their order"));
    }
    is
}

/// Quantities with commas between them.
fn amounts(text: &str, thousandths: bool, field: &Field<'_>, to: &mut Findings) -> Option<Vec<u64>> {
    let mut amounts = Vec::new();
    for one in text.split(',').map(str::trim) {
        if amounts.len() == NUMA_MAX {
            let cause = format!("lists more than {NUMA_MAX} NUMA nodes");
            to.refuse(field.problem(cause, "Write one for each NUMA node, in their order"));
            return None;
        }
        match Quantity::parse(one).and_then(|quantity| quantity.at_most(thousandths)) {
            Ok(amount) => amounts.push(amount),
            Err(error) => {
                to.refuse(refusal(field, one, error));
                return None;
            }
        }
    }
    Some(amounts)
}

/// Device plugins that share GPUs list how many units there are beside what they have in all, and count
/// them as equal (gpushare of Alibaba Cloud, device sharing of Volcano).
const SHARED: [(&str, &str); 2] =
    [("aliyun.com/gpu-mem", "aliyun.com/gpu-count"), ("volcano.sh/gpu-memory", "volcano.sh/gpu-number")];

/// Devices that come in units: `kind=amount,amount`, with semicolons between kinds; `4x16` is four of 16.
fn units(ours: &Ours<'_>, devices: &mut Devices, to: &mut Findings) -> BTreeMap<DeviceKind, Vec<u64>> {
    let mut all = BTreeMap::new();
    for (kind, count) in SHARED {
        let Some((total, count)) = devices.get(kind).copied().zip(devices.get(count).copied()) else {
            continue;
        };
        let Some(units) = usize::try_from(count).ok().filter(|count| *count <= UNITS_MAX) else { continue };
        // What is left over is on no unit.
        let each = total / count.max(1);
        if each == 0 {
            continue;
        }
        devices.insert(DeviceKind::from(kind), each.saturating_mul(count));
        all.insert(DeviceKind::from(kind), vec![each; units]);
    }
    let Some((text, field)) = ours.get("units") else { return all };
    for entry in text.split(';').map(str::trim).filter(|entry| !entry.is_empty()) {
        let parts = entry.split_once('=').and_then(|(kind, list)| Some((kind.trim(), units_of(list)?)));
        let Some((kind, units)) = parts else {
            let cause = format!("`{}` is no list of units", shown(entry));
            to.refuse(field.problem(
                cause,
                "Write the kind and what each unit has, as in `example.com/gpu-memory=16,16` or `=2x16`",
            ));
            continue;
        };
        let sum = sum(units.iter().copied());
        let total = devices.get(kind).copied().unwrap_or(0);
        if sum != u128::from(total) {
            let cause = format!("the units of `{}` add up to {sum}, and the node has {total}", shown(kind));
            to.refuse(field.problem(cause, "Write what each unit has"));
            continue;
        }
        all.insert(DeviceKind::from(kind), units);
    }
    all
}

fn units_of(list: &str) -> Option<Vec<u64>> {
    let mut units = Vec::new();
    for one in list.split(',').map(str::trim) {
        let (count, amount) = one.split_once('x').unwrap_or(("1", one));
        let count: usize = count.trim().parse().ok()?;
        let amount = Quantity::parse(amount.trim()).ok()?.at_most(false).ok()?;
        if amount == 0 || units.len().saturating_add(count) > UNITS_MAX {
            return None;
        }
        units.extend(std::iter::repeat_n(amount, count));
    }
    (!units.is_empty()).then_some(units)
}
