//! One boot: QEMU in a folder of its own, from its start to its end.
//!
//! With [`Machine::shift`] virtual time is counted in instructions and never waits for the host's: the same files give
//! the same boot, byte by byte. CPUs then take turns.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use casemate_metal_abi::map;

use crate::device_tree::{Chosen, device_tree};
use crate::qemu::Qemu;
use crate::refusal::Refusal;

/// Where Linux' initramfs is put.
pub const INITRAMFS: u64 = map::DRAM + 0x800_0000;
/// Where Linux' device tree is put, of which the first argument of its entry tells.
pub const DEVICE_TREE: u64 = map::DRAM + 0xf00_0000;

/// How often is looked whether QEMU has ended or said something.
const LOOKED_EVERY: Duration = Duration::from_millis(20);
const FLASH: &str = "flash.bin";
const REE: &str = "ree.txt";
const TEE: &str = "tee.txt";
/// The name that the firmware opens by semihosting.
const LOG: &str = "world.log";

/// The machine to be booted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// How many CPUs, 1 to 8.
    pub cpus: u8,
    /// Bytes of memory, a multiple of a megabyte; for Linux at least 512 MB.
    pub memory: u64,
    /// Virtual time goes by 2 to this power nanoseconds with each instruction. `None`: it goes by as it does, CPUs run
    /// at once, and no boot is like another.
    pub shift: Option<u8>,
}

/// What runs in the normal world.
pub enum Payload<'a> {
    /// An ELF file that needs no operating system, linked for [`map::REE`].
    Bare(&'a Path),
    /// Linux.
    Linux {
        /// The uncompressed image.
        image: &'a Path,
        /// The archive it starts with.
        initramfs: &'a [u8],
        /// Its command line.
        arguments: &'a str,
    },
}

/// How QEMU ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Code(i32),
    /// By a signal that was not ours.
    Killed,
    /// It took too long.
    TimedOut,
    /// It was no longer wanted.
    Stopped,
}

/// What a boot left behind.
#[derive(Clone, Debug)]
pub struct Boot {
    /// How it ended.
    pub end: End,
    /// What the REE said on its serial line.
    pub ree: String,
    /// What the TEE said.
    pub tee: String,
    /// What QEMU itself complained of.
    pub complaint: String,
    /// The firmware's log: a set-up and records; empty where it wrote none.
    pub log: Vec<u8>,
    /// How long it took on the host.
    pub took: Duration,
}

/// Boots a machine from this flash image.
pub struct Booting<'a> {
    /// What boots it.
    pub qemu: &'a Qemu,
    /// Which machine.
    pub machine: Machine,
    /// What it starts from.
    pub flash: &'a [u8],
    /// What runs in the normal world.
    pub payload: Payload<'a>,
    /// How long it may take.
    pub most: Duration,
    /// Where its files stay; without it they are gone afterwards.
    pub keep: Option<&'a Path>,
}

impl Booting<'_> {
    /// Runs to the end, or as long as `goes_on` says so. It is called many times a second, with each whole line that
    /// the REE has said meanwhile, or with none.
    ///
    /// # Errors
    /// Where a file cannot be written or QEMU cannot be started.
    pub fn run(&self, goes_on: &mut dyn FnMut(Option<&str>) -> bool) -> Result<Boot, Refusal> {
        let private = match self.keep {
            Some(_) => None,
            None => {
                Some(tempfile::tempdir().map_err(|error| Refusal::of_file(&std::env::temp_dir(), &error))?)
            }
        };
        let folder = match (self.keep, &private) {
            (Some(keep), _) => keep,
            (None, Some(private)) => private.path(),
            (None, None) => Path::new("."),
        };
        crate::cache::make(folder)?;
        for stale in [REE, TEE, LOG] {
            drop(fs::remove_file(folder.join(stale)));
        }
        write(&folder.join(FLASH), self.flash)?;
        let complaints = folder.join("qemu.txt");
        let stderr = File::create(&complaints).map_err(|error| Refusal::of_file(&complaints, &error))?;
        let mut command = self.qemu.command();
        command.current_dir(folder).args(self.arguments(folder)?);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        let began = Instant::now();
        let child = command.spawn().map_err(|error| self.qemu.refused(&error))?;
        let mut lines = Lines { path: folder.join(REE), at: 0, rest: Vec::new() };
        let end = Running { child }.until(began + self.most, &mut lines, goes_on);
        Ok(Boot {
            end,
            ree: text(&folder.join(REE)),
            tee: text(&folder.join(TEE)),
            complaint: text(&complaints),
            log: fs::read(folder.join(LOG)).unwrap_or_default(),
            took: began.elapsed(),
        })
    }

    fn arguments(&self, folder: &Path) -> Result<Vec<String>, Refusal> {
        let Machine { cpus, memory, shift } = self.machine;
        let mut arguments: Vec<_> = [
            // TEE and REE, and nothing that nobody needs.
            "-M virt,secure=on,gic-version=3 -cpu cortex-a57 -nodefaults -display none -monitor none -nic none",
            // A reset is the end; the clock is the machine's own and begins at a fixed time.
            "-no-reboot -rtc base=2025-01-01,clock=vm -semihosting-config enable=on,target=native",
        ]
        .iter()
        .flat_map(|it| it.split(' '))
        .map(str::to_owned)
        .collect();
        arguments.extend([
            "-smp".to_owned(),
            cpus.to_string(),
            "-m".to_owned(),
            format!("{}M", memory >> 20),
        ]);
        arguments.extend(["-bios", FLASH, "-serial"].map(str::to_owned));
        arguments.extend([format!("file:{REE}"), "-serial".to_owned(), format!("file:{TEE}")]);
        if let Some(shift) = shift {
            arguments.extend(["-icount".to_owned(), format!("shift={shift},sleep=off")]);
        }
        match &self.payload {
            Payload::Bare(program) => {
                let link = linked(program, &folder.join("ree.elf"))?;
                arguments.extend(["-device".to_owned(), format!("loader,file={link}")]);
            }
            Payload::Linux { image, initramfs, arguments: words } => {
                let end = INITRAMFS + initramfs.len() as u64;
                if end > DEVICE_TREE {
                    let cause = format!("the initramfs has {} bytes", initramfs.len());
                    return Err(Refusal::new(
                        cause,
                        format!("make it shorter than {}", DEVICE_TREE - INITRAMFS),
                    ));
                }
                let chosen = Chosen { cpus, memory, arguments: words, initramfs: [INITRAMFS, end] };
                write(&folder.join("initramfs.cpio"), initramfs)?;
                write(&folder.join("linux.dtb"), &device_tree(&chosen))?;
                let link = linked(image, &folder.join("linux.image"))?;
                let loaded = [(&*link, map::REE), ("initramfs.cpio", INITRAMFS), ("linux.dtb", DEVICE_TREE)];
                for (file, at) in loaded {
                    arguments.push("-device".to_owned());
                    arguments.push(format!("loader,file={file},addr={at:#x},force-raw=on"));
                }
            }
        }
        Ok(arguments)
    }
}

/// A process that is ended when it is no longer wanted.
struct Running {
    child: Child,
}

impl Running {
    fn until(
        mut self,
        deadline: Instant,
        lines: &mut Lines,
        goes_on: &mut dyn FnMut(Option<&str>) -> bool,
    ) -> End {
        loop {
            let ended = self.child.try_wait();
            let mut wanted = goes_on(None);
            for line in lines.more() {
                wanted &= goes_on(Some(&line));
            }
            match ended {
                Ok(Some(status)) => return status.code().map_or(End::Killed, End::Code),
                Ok(None) => {}
                Err(_) => return End::Killed,
            }
            if !wanted {
                return End::Stopped;
            }
            if Instant::now() > deadline {
                return End::TimedOut;
            }
            thread::sleep(LOOKED_EVERY);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Of one that has ended neither does anything.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whole lines of a file that grows.
struct Lines {
    path: PathBuf,
    at: u64,
    rest: Vec<u8>,
}

impl Lines {
    fn more(&mut self) -> Vec<String> {
        let mut read = Vec::new();
        let opened = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.at))?;
            file.read_to_end(&mut read)
        });
        // Not there yet, or told another time.
        if opened.is_err() {
            return Vec::new();
        }
        self.at += read.len() as u64;
        self.rest.extend(read);
        let Some(last) = self.rest.iter().rposition(|it| *it == b'\n') else { return Vec::new() };
        let whole: Vec<_> = self.rest.drain(..=last).collect();
        String::from_utf8_lossy(&whole).lines().map(str::to_owned).collect()
    }
}

/// A name in QEMU's folder for a file elsewhere: commas in a path would end it for QEMU.
fn linked(file: &Path, link: &Path) -> Result<String, Refusal> {
    let real = fs::canonicalize(file).map_err(|error| Refusal::of_file(file, &error))?;
    drop(fs::remove_file(link));
    std::os::unix::fs::symlink(&real, link).map_err(|error| Refusal::of_file(link, &error))?;
    Ok(link.file_name().unwrap_or_default().to_string_lossy().into_owned())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Refusal> {
    fs::write(path, bytes).map_err(|error| Refusal::of_file(path, &error))
}

/// What cannot be read was not written.
fn text(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}
