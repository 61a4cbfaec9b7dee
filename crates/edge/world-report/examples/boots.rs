//! Writes pages of boots that were driven here: `boots DIR`. `cargo xtask browser` loads them, and they are there to be
//! looked at while changing the page.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::PathBuf;

use casemate_world::{Config, Order, Tick};
use casemate_world_metal::Summary;
use casemate_world_report::{Booted, Checked, write_boot_html};

#[path = "../tests/it/booted.rs"]
mod booted;

fn main() -> io::Result<()> {
    let Some(directory) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::other("usage: boots DIR"));
    };
    std::fs::create_dir_all(&directory)?;
    let create = |name: &str| File::create(directory.join(name)).map(BufWriter::new);
    let other = Config { order: Order::Fifo, tick: Tick::Own, ..Config::new(8) };
    for (name, config, steps, words) in [
        ("boot", Config::new(2), 6_000, ""),
        ("boot-many", other, 60_000, ""),
        ("boot-hostile", Config::new(2), 300, booted::HOSTILE),
    ] {
        let log = booted::log(config, steps);
        let mut summary = Summary::of(&log);
        let names: Vec<_> =
            ["echo", "aes", "long", "chain"].iter().map(|it| format!("{words}{it}")).collect();
        let failed = (!words.is_empty()).then_some(words);
        let checks = names.iter().map(|name| Checked { name, failed }).collect();
        summary.violations.extend(failed.map(str::to_owned));
        let said = [format!("{words}ssr completed=4 failed=0")];
        let versions = [format!("7.2.22{words}"), format!("6.1.0-56-arm64{words}")];
        let page = Booted {
            holds: failed.is_none(),
            log: Some((&log, &summary)),
            checks,
            said: &said,
            qemu: Some(&versions[0]),
            linux: Some(&versions[1]),
            problems: &[],
        };
        write_boot_html(&page, create(&format!("{name}.html"))?)?;
    }
    let problems = ["QEMU for AArch64 is not here: apt-get install qemu-system-arm".to_owned()];
    write_boot_html(&Booted { problems: &problems, ..Booted::default() }, create("boot-nothing.html")?)
}
