//! `bench-attest [-o json]`: how fast evidence is verified, against dcap-qvl and sev in the same run.
//!
//! One core: what is counted is this thread's time on the CPU. Ours and the peer take turns, so that
//! both meet the same noise; each figure is the median of the turns, each ratio the median of the
//! turns' ratios. Real evidence where the data is there; the rows that need it are otherwise
//! reported as not measured.

#![forbid(unsafe_code)]

mod appraisal;
mod dcap;
#[path = "../../../benches/src/row.rs"]
mod row;
mod snp;
mod turns;

use std::process::ExitCode;

use row::Bench;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let json = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["-o" | "--output", "json"] | ["-ojson" | "--output=json"] => true,
        _ => {
            eprintln!("usage: bench-attest [-o json]");
            return ExitCode::from(2);
        }
    };
    let mut bench = Bench::default();
    dcap::measure(&mut bench);
    snp::measure(&mut bench);
    appraisal::measure(&mut bench);
    if json {
        println!("{}", bench.to_json())
    } else {
        print!("{bench}")
    }
    ExitCode::SUCCESS
}
