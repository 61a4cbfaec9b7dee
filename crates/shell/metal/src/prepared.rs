//! Everything that a boot needs, found or built.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use casemate_world_log::{Ree, Setup};

use crate::boot::{Boot, Booting, Payload};
use crate::cache::Cache;
use crate::firmware::{Firmware, Sources};
use crate::flash::flash;
use crate::initramfs::Initramfs;
use crate::linux::Linux;
use crate::plan::Plan;
use crate::qemu::Qemu;
use crate::refusal::{Missing, Refusal};
use crate::setup::machine;

/// Lines that matter come without the many of a boot; a panic ends the machine by a reset.
const ARGUMENTS: &str = "console=ttyAMA0 earlycon=pl011,0x9000000 nokaslr loglevel=7 panic=-1 rdinit=/init";
/// The number of Linux' console.
const CONSOLE: [u32; 2] = [5, 1];

/// What a boot needs, for one of the REEs.
#[derive(Clone, Debug)]
pub struct Prepared {
    qemu: Qemu,
    firmware: Firmware,
    linux: Option<(Linux, PathBuf)>,
}

/// How a boot is to be.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// What the machine begins with.
    pub setup: &'a Setup,
    /// What the REE is to do, as the set-up says too.
    pub plan: Plan,
    /// How long it may take.
    pub most: Duration,
    /// Where its files stay; without it they are gone afterwards.
    pub keep: Option<&'a Path>,
}

impl Prepared {
    /// Finds, fetches and builds, and tells of what takes its time.
    ///
    /// # Errors
    /// What is missing.
    pub fn prepare(
        ree: Ree,
        sources: &Sources,
        cache: &Cache,
        tell: &mut dyn FnMut(&str),
    ) -> Result<Self, Refusal> {
        let qemu = Qemu::prepare(cache, tell).map_err(|it| it.for_want_of(Missing::Qemu))?;
        let firmware = sources.firmware(cache, ree, tell)?;
        let linux = match ree {
            Ree::Bare => None,
            Ree::Linux => {
                let linux = Linux::prepare(cache, tell).map_err(|it| it.for_want_of(Missing::Kernel))?;
                Some((linux, sources.client(cache, tell)?))
            }
        };
        Ok(Self { qemu, firmware, linux })
    }

    /// QEMU's version.
    #[must_use]
    pub fn qemu(&self) -> &str {
        &self.qemu.version
    }

    /// Linux' release, where there is Linux.
    #[must_use]
    pub fn release(&self) -> Option<&str> {
        self.linux.as_ref().map(|(linux, _)| linux.release.as_str())
    }

    /// Boots; see [`Booting::run`].
    ///
    /// # Errors
    /// Where a file cannot be read or written, a part of the firmware does not fit, or QEMU cannot be started.
    pub fn boot(
        &self,
        wanted: &Wanted<'_>,
        goes_on: &mut dyn FnMut(Option<&str>) -> bool,
    ) -> Result<Boot, Refusal> {
        let setup = wanted.setup;
        let flash = flash(&read(&self.firmware.monitor)?, &read(&self.firmware.kernel)?, &setup.encode())?;
        let initramfs;
        let arguments = format!("{ARGUMENTS} {}", wanted.plan.words(&setup.config));
        let payload = match (&self.linux, &self.firmware.bare) {
            (Some((linux, client)), _) => {
                initramfs = archive(linux, client)?;
                Payload::Linux { image: &linux.image, initramfs: &initramfs, arguments: &arguments }
            }
            (None, Some(bare)) => Payload::Bare(bare),
            (None, None) => {
                return Err(Refusal::new("the firmware has no bare REE", "boot with --ree linux"));
            }
        };
        let machine = machine(wanted.plan, setup.config.cpus);
        let Wanted { most, keep, .. } = *wanted;
        Booting { qemu: &self.qemu, machine, flash: &flash, payload, most, keep }.run(goes_on)
    }
}

/// What Linux starts with: the client as the first of all programs, modules in `/modules`, and beside them the order in
/// which they are to be loaded.
fn archive(linux: &Linux, client: &Path) -> Result<Vec<u8>, Refusal> {
    let mut archive = Initramfs::default();
    for directory in ["dev", "proc", "sys", "modules"] {
        archive.directory(directory);
    }
    archive.device("dev/console", CONSOLE);
    archive.program("init", &read(client)?);
    let mut order = String::new();
    for module in &linux.modules {
        let name = module.file_name().unwrap_or_default().to_string_lossy();
        archive.file(&format!("modules/{name}"), &read(module)?);
        order.push_str(&name);
        order.push('\n');
    }
    archive.file("modules/order", order.as_bytes());
    Ok(archive.finish())
}

fn read(path: &Path) -> Result<Vec<u8>, Refusal> {
    fs::read(path).map_err(|error| Refusal::of_file(path, &error))
}
