//! The two files of a catalogue: lines of cells between commas, nothing quoted; `#` begins a
//! comment line, and the first line that is none names the columns.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use casemate_model::tee::Route;
use casemate_model::{Bytes, Tee};
use jiff::civil::Date;

use crate::problem::{CatalogueError, File, Problem};
use crate::{Covers, Gpus, InstanceType, Provider, Sold, Source, Status};

const SOURCE_COLUMNS: &str = "source,url,dated,seen";
const TYPE_COLUMNS: &str = "provider,name,tee,covers,vcpus,memory_mib,epc_mib,numa_nodes,enclaves,parent_vcpus,gpus,evidence,status,retires,sources";

/// The sources, in the order written.
pub(crate) fn sources(text: &str) -> Result<Vec<Arc<Source>>, CatalogueError> {
    let mut sources: Vec<Arc<Source>> = Vec::new();
    each_line(text, File::Sources, SOURCE_COLUMNS, |cells: [&str; 4]| {
        let [id, url, dated, seen] = cells;
        let id = required("source", id)?.to_owned();
        if !url.starts_with("https://") {
            return Err(Problem::NotHttps(url.into()));
        }
        if sources.iter().any(|it| it.id == id) {
            return Err(Problem::Twice(id));
        }
        let seen = parsed("seen", seen)?;
        sources.push(Arc::new(Source { id, url: url.into(), dated: optional("dated", dated)?, seen }));
        Ok(())
    })?;
    Ok(sources)
}

/// The types, in the order written.
pub(crate) fn types(text: &str, sources: &[Arc<Source>]) -> Result<Vec<InstanceType>, CatalogueError> {
    let by_id: BTreeMap<&str, &Arc<Source>> = sources.iter().map(|it| (it.id.as_str(), it)).collect();
    let mut seen = BTreeSet::new();
    let mut types = Vec::new();
    each_line(text, File::Types, TYPE_COLUMNS, |cells| {
        let row = instance_type(cells, &by_id)?;
        if !seen.insert((row.provider, row.name.clone(), row.tee.tee(), row.tee)) {
            return Err(Problem::Twice(format!("{} {} {}", row.provider, row.name, row.tee)));
        }
        types.push(row);
        Ok(())
    })?;
    Ok(types)
}

fn instance_type(cells: [&str; 15], sources: &BTreeMap<&str, &Arc<Source>>) -> Result<InstanceType, Problem> {
    let [
        provider,
        name,
        tee,
        covers,
        vcpus,
        memory,
        epc,
        numa,
        enclaves,
        parent,
        gpus,
        evidence,
        status,
        retires,
        cited,
    ] = cells;
    let row = InstanceType {
        provider: word("provider", provider, Provider::parse)?,
        name: required("name", name)?.to_owned(),
        tee: word("tee", tee, Sold::parse)?,
        covers: word("covers", covers, Covers::parse)?,
        vcpus: count("vcpus", required("vcpus", vcpus)?)?,
        memory: mebibytes("memory_mib", required("memory_mib", memory)?)?,
        epc: stated(epc, |it| mebibytes("epc_mib", it))?,
        numa_nodes: stated(numa, |it| count("numa_nodes", it))?,
        enclaves_max: stated(enclaves, |it| count("enclaves", it))?,
        parent_vcpus: stated(parent, |it| count("parent_vcpus", it))?,
        gpus: stated(gpus, |it| word("gpus", it, gpus_of))?,
        evidence: list(evidence).map(|it| word("evidence", it, route)).collect::<Result<_, _>>()?,
        status: word("status", status, Status::parse)?,
        retires: optional("retires", retires)?,
        sources: list(required("sources", cited)?)
            .map(|id| {
                sources.get(id).map(|it| Arc::clone(it)).ok_or_else(|| Problem::UnknownSource(id.into()))
            })
            .collect::<Result<_, _>>()?,
    };
    consistent(&row)?;
    Ok(row)
}

/// That no cell contradicts another.
fn consistent(row: &InstanceType) -> Result<(), Problem> {
    let out_of_place = |column| Err(Problem::OutOfPlace { column });
    if row.epc.is_some_and(|epc| epc > row.memory) {
        return Err(Problem::EpcExceedsMemory);
    }
    if row.epc.is_some() && row.tee.tee() != Some(Tee::Sgx) {
        return out_of_place("epc_mib");
    }
    if row.covers != Covers::Enclaves && row.enclaves_max.is_some() {
        return out_of_place("enclaves");
    }
    if row.parent_vcpus.is_some_and(|parent| row.covers != Covers::Enclaves || parent >= row.vcpus) {
        return out_of_place("parent_vcpus");
    }
    Ok(())
}

/// Calls `read` with the cells of each line that holds any.
fn each_line<const N: usize>(
    text: &str,
    file: File,
    heading: &'static str,
    mut read: impl FnMut([&str; N]) -> Result<(), Problem>,
) -> Result<(), CatalogueError> {
    let mut lines = text.lines().zip(1..).filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    let (first, line) = lines.next().unwrap_or(("", 1));
    if first != heading {
        return Err(CatalogueError { file, line, problem: Problem::Heading { expected: heading } });
    }
    for (text, line) in lines {
        let cells: Vec<&str> = text.split(',').map(str::trim).collect();
        let found = cells.len();
        let cells = <[&str; N]>::try_from(cells).map_err(|_| Problem::Cells { expected: N, found });
        cells.and_then(&mut read).map_err(|problem| CatalogueError { file, line, problem })?;
    }
    Ok(())
}

fn required<'a>(column: &'static str, cell: &'a str) -> Result<&'a str, Problem> {
    if cell.is_empty() { Err(Problem::Empty { column }) } else { Ok(cell) }
}

/// What the cell says, unless it is empty.
fn stated<'a, T>(
    cell: &'a str,
    read: impl FnOnce(&'a str) -> Result<T, Problem>,
) -> Result<Option<T>, Problem> {
    if cell.is_empty() { Ok(None) } else { read(cell).map(Some) }
}

fn word<'a, T>(
    column: &'static str,
    cell: &'a str,
    read: impl FnOnce(&'a str) -> Option<T>,
) -> Result<T, Problem> {
    read(required(column, cell)?).ok_or_else(|| Problem::Word { column, found: cell.into() })
}

fn parsed<T: std::str::FromStr>(column: &'static str, cell: &str) -> Result<T, Problem> {
    word(column, cell, |it| it.parse().ok())
}

fn optional(column: &'static str, cell: &str) -> Result<Option<Date>, Problem> {
    stated(cell, |it| parsed(column, it))
}

/// A number that is not zero.
fn count(column: &'static str, cell: &str) -> Result<u32, Problem> {
    word(column, cell, |it| it.parse().ok().filter(|number| *number != 0))
}

fn mebibytes(column: &'static str, cell: &str) -> Result<Bytes, Problem> {
    Ok(Bytes::mib(u64::from(count(column, cell)?)))
}

fn list(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('+').filter(|it| !it.is_empty())
}

fn route(word: &str) -> Option<Route> {
    Route::ALL.into_iter().find(|it| it.as_str() == word)
}

/// `1xH100`.
fn gpus_of(cell: &str) -> Option<Gpus> {
    let (count, model) = cell.split_once('x')?;
    let count = count.parse().ok().filter(|it| *it != 0)?;
    (!model.is_empty()).then(|| Gpus { count, model: model.into() })
}
