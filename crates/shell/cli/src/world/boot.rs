//! `casemate world boot`: a design on metal, below a bare REE or an unmodified Linux.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use casemate_metal::{Boot, Cache, End, Plan, Prepared, Refusal, Report, Sources, Wanted, setup};
use casemate_world_config::Design;
use casemate_world_log::Ree;
use casemate_world_metal::{Log, scenario, spans};
use casemate_world_report::{Booted, Checked, SimulationTrace, write_boot_html};
use clap::{Args, ValueEnum};

use crate::files;
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::output::Format;
use crate::picture::Picture;
use crate::terminal::{Stream, Terminal};

/// It ran, and nothing is wrong.
const HELD: u8 = 0;
/// A law was broken on metal, or a check failed.
const VIOLATED: u8 = 1;
/// Nothing was booted.
const NOT_BOOTED: u8 = 2;

/// Boot a design on metal: monitor and TEE kernel under QEMU, below a bare REE or Debian's own Linux.
///
/// The firmware is built, QEMU and Linux are found or fetched into a cache (CASEMATE_CACHE, else
/// $XDG_CACHE_HOME/casemate, else ~/.cache/casemate); nothing is installed for the whole machine. Time is counted in
/// instructions, so the same sources and the same design give the same log. Every step that the kernel took is decided
/// again by the same core and compared; docs/metal.md has the document.
///
/// Exit codes: 0 it ran and nothing is wrong; 1 a law was broken, a check failed, or the machine did not end
/// well; 2 nothing was booted: the command line or the design would not do, or toolchain, QEMU or kernel are
/// missing, which is said; 130 interrupted.
///
/// Examples:
///
///   casemate world boot
///   casemate world boot --ree bare --cpus 4 -o json
///   casemate world boot -o html > boot.html
///   casemate world boot --config design.yaml --trace boot.pftrace --keep boot
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct BootArguments {
    /// What runs in the normal world.
    #[arg(long, value_enum, value_name = "REE", default_value_t = Normal::Linux)]
    ree: Normal,

    /// What the REE does. Bare: requests (unless said), smoke, isolation, fuzz or bench; Linux: all (unless said),
    /// checks, ssr, idle or stall.
    #[arg(long, value_name = "NAME")]
    plan: Option<String>,

    /// How many CPUs, 1 to 8; without it, what the design says, or 2.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=8))]
    cpus: Option<u8>,

    /// The design, YAML or JSON; `-` is stdin. What it leaves out is as in the default design.
    #[arg(long, value_name = "CONFIG")]
    config: Option<PathBuf>,

    /// Write a trace for Perfetto (ui.perfetto.dev): each CPU has a track for the REE and one for the TEE.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,

    /// Keep what the boot was made of and left in this folder: flash image, both serial lines, world.log.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,

    /// How long the machine may take, in seconds on this host.
    #[arg(long, value_name = "SECS", default_value_t = 840, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,

    /// The folder `firmware` of Casemate's sources; without it, the one beside which this program was built, or the one
    /// in this folder.
    #[arg(long, value_name = "DIR")]
    firmware: Option<PathBuf>,

    /// What is printed on stdout. With json and html it is exactly one document, also where nothing was booted, and
    /// all else goes to stderr.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    output: Format,
}

/// What runs in the normal world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Normal {
    /// A program that needs no operating system.
    Bare,
    /// Debian's Linux, unmodified, with its own driver for OP-TEE.
    Linux,
}

/// Runs the command.
pub(crate) fn boot(arguments: &BootArguments) -> ExitCode {
    let terminal = Terminal::new(Stream::Stderr);
    let output = arguments.output;
    let watched = Interrupt::watch(&terminal, move || {
        print_refused(output, &refusal("interrupted before anything was booted".to_owned()));
    });
    let interrupt = watched.unwrap_or_else(|error| {
        terminal.print_error(&format!("warning: {error}\n"));
        Interrupt::default()
    });
    match attempt(arguments, &interrupt, &terminal) {
        Ok((report, log, code)) => {
            print(output, &report, log.as_ref());
            ExitCode::from(code)
        }
        Err(refusal) => {
            terminal.clear();
            terminal.print_error(&format!("error: {refusal}\n"));
            print_refused(output, &refusal);
            ExitCode::from(NOT_BOOTED)
        }
    }
}

/// Prints the document of a boot that never began.
pub(crate) fn refuse(cause: String) {
    print_refused(Format::Json, &refusal(cause));
}

fn refusal(cause: String) -> Refusal {
    Refusal::new(cause, "see casemate world boot --help")
}

/// For people, why nothing was booted is on stderr.
fn print_refused(output: Format, refusal: &Refusal) {
    if output != Format::Table {
        print(output, &Report::refused(refusal), None);
    }
}

fn print(output: Format, report: &Report, log: Option<&Log>) {
    match output {
        Format::Table => Terminal::new(Stream::Stdout).print(&report.text()),
        Format::Json => super::print_json(report),
        // A reader that has gone away is told nothing.
        Format::Html => {
            let out = io::BufWriter::new(io::stdout().lock());
            drop(write_boot_html(&booted(report, log), out));
        }
    }
}

fn booted<'a>(report: &'a Report, log: Option<&'a Log>) -> Booted<'a> {
    let checks = report.checks.iter();
    Booted {
        holds: report.holds(),
        log: log.zip(report.summary()),
        checks: checks.map(|it| Checked { name: &it.name, failed: it.failed.as_deref() }).collect(),
        said: &report.said,
        qemu: report.qemu.as_deref(),
        linux: report.linux.as_deref(),
        problems: &report.problems,
    }
}

fn attempt(
    arguments: &BootArguments,
    interrupt: &Interrupt,
    terminal: &Terminal,
) -> Result<(Report, Option<Log>, u8), Refusal> {
    let ree = match arguments.ree {
        Normal::Bare => Ree::Bare,
        Normal::Linux => Ree::Linux,
    };
    let plan = Plan::named(ree, arguments.plan.as_deref())?;
    let setup = setup(design(arguments)?, plan)?;
    let trace = arguments.trace.as_deref().map(Picture::open).transpose();
    let trace = trace.map_err(|why| Refusal::new(format!("--trace {why}"), "nothing was booted"))?;
    let sources = Sources::find(arguments.firmware.as_deref())?;
    let cache = Cache::of_environment()?;
    let prepared = Prepared::prepare(ree, &sources, &cache, &mut |step| terminal.tell(step))?;

    let stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stopped);
    interrupt.stops("the machine", move || flag.store(true, SeqCst));
    terminal.tell("booting");
    let wanted = Wanted {
        setup: &setup,
        plan,
        most: Duration::from_secs(arguments.timeout),
        keep: arguments.keep.as_deref(),
    };
    let boot = prepared.boot(&wanted, &mut |line| {
        if let Some(line) = line {
            terminal.tell(line.trim());
        }
        !stopped.load(SeqCst)
    })?;
    terminal.clear();
    let (mut report, log) = Report::of(&boot);
    report.qemu = Some(prepared.qemu().to_owned());
    report.linux = prepared.release().map(str::to_owned);
    if let (Some(trace), Some(log)) = (trace, &log)
        && let Err(why) = trace.write(|to| draw(log, to))
    {
        terminal.print_error(&format!("error: {why}\n"));
        report.problems.push(why);
    }
    let code = code(&boot, &report);
    Ok((report, log, code))
}

fn code(boot: &Boot, report: &Report) -> u8 {
    match boot.end {
        End::Stopped => INTERRUPTED,
        _ if report.holds() => HELD,
        _ => VIOLATED,
    }
}

fn design(arguments: &BootArguments) -> Result<casemate_world::Config, Refusal> {
    let read = |path: &Path| {
        let design = files::source(path).and_then(|source| casemate_manifest::document::<Design>(&source));
        design.map_err(|problem| Refusal::new(problem.to_string(), "nothing was booted"))
    };
    let design = arguments.config.as_deref().map(read).transpose()?.unwrap_or_default();
    let design = arguments.cpus.map_or(design, |cpus| design.on_cpus(cpus));
    design.config().map_err(|reason| {
        Refusal::new(format!("the design makes no sense: {reason}"), "docs/world.md has what goes together")
    })
}

fn draw(log: &Log, to: &mut dyn io::Write) -> io::Result<()> {
    let scenario = scenario(log);
    let mut trace = SimulationTrace::begin(to, scenario.designs.len())?;
    let mut kept = trace.recorder();
    for span in spans(log) {
        kept.add(span);
    }
    for design in &scenario.designs {
        trace.design(&scenario, design, &kept)?;
    }
    trace.finish()
}
