//! Writes the page and the trace of scenarios: `simulations DIR SCENARIO…`, to be looked at while changing them.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use casemate_manifest::Source;
use casemate_world_report::{SimulationTrace, write_simulation_html};
use casemate_world_sim::{Comparison, Comparisons, Row, Scenario};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let directory = arguments.next().ok_or("usage: simulations DIR SCENARIO…")?;
    std::fs::create_dir_all(&directory)?;
    let create = |name: &str| File::create(directory.join(name)).map(BufWriter::new);
    let mut compared = Vec::new();
    for path in arguments {
        let name = path.display().to_string();
        let source = Source { name: name.clone(), text: std::fs::read_to_string(&path)? };
        let scenario: Scenario =
            casemate_manifest::document(&source).map_err(|problem| problem.to_string())?;
        let mut comparison = Comparison::of(name, &scenario);
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut trace = SimulationTrace::begin(create(&format!("{stem}.pftrace"))?, scenario.designs.len())?;
        for design in &scenario.designs {
            let mut kept = trace.recorder();
            let row = Row::simulated(&scenario, design, &mut |span| kept.add(span));
            comparison.designs.push(row.map_err(|mistake| mistake.to_string())?);
            trace.design(&scenario, design, &kept)?;
        }
        trace.finish()?;
        compared.push(comparison);
    }
    write_simulation_html(&Comparisons::of(compared, Vec::new()), create("simulations.html")?)?;
    Ok(())
}
