//! Writes pages and traces of synthetic runs, and pages of plans: `pages DIR`. `cargo xtask browser` loads
//! them, and they are there to be looked at while changing the page.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::PathBuf;

use casemate_model::Nanos;
use casemate_report::{Recording, RunReport, write_html, write_plan_html, write_trace};

#[path = "../tests/it/planned.rs"]
mod planned;
#[path = "../tests/it/synthetic.rs"]
mod synthetic;

use synthetic::Shape;

fn main() -> io::Result<()> {
    let Some(directory) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::other("usage: pages DIR"));
    };
    std::fs::create_dir_all(&directory)?;
    let create = |name: &str| File::create(directory.join(name)).map(BufWriter::new);
    let seconds = Nanos::from_secs;
    let shapes = [
        ("quickstart", Shape::of(9, seconds(4))),
        ("one", Shape::of(1, seconds(2))),
        ("blink", Shape { interval: Nanos::from_millis(10), ..Shape::of(3, Nanos::from_millis(50)) }),
        ("many", Shape::of(200, seconds(20))),
        ("long", Shape { interval: seconds(1), ..Shape::of(12, seconds(600)) }),
        ("hostile", Shape { hostile: synthetic::HOSTILE, ..Shape::of(9, seconds(4)) }),
    ];
    for (name, shape) in shapes {
        let mut recording = Recording::default();
        let report = synthetic::run(&shape, &mut recording);
        write_html(&report, &recording, create(&format!("{name}.html"))?)?;
        write_trace(&recording, create(&format!("{name}.pftrace"))?)?;
    }
    for (name, words) in [("plan", ""), ("plan-hostile", synthetic::HOSTILE)] {
        write_plan_html(&planned::report(words), create(&format!("{name}.html"))?)?;
    }
    write_html(&RunReport::empty(), &Recording::default(), create("empty.html")?)?;
    write_trace(&Recording::default(), create("empty.pftrace")?)
}
