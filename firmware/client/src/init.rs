//! What the first process has to see to.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::sys;

/// How long the driver may take.
const DRIVER_TAKES: Duration = Duration::from_secs(20);
const DEVICE: &str = "/dev/tee0";

/// Processes, devices and the system's own files are where they are looked for.
pub(crate) fn mount() {
    for (kind, at) in [(c"proc", c"/proc"), (c"sysfs", c"/sys"), (c"devtmpfs", c"/dev")] {
        let _ = fs::create_dir_all(at.to_str().unwrap_or_default());
        sys::power::mount(kind, at);
    }
}

/// Loads the modules that came along.
pub(crate) fn load_modules() -> Result<(), String> {
    let order = fs::read_to_string("/modules/order").map_err(|error| format!("/modules/order: {error}"))?;
    for name in order.lines().filter(|it| !it.is_empty()) {
        let file =
            File::open(Path::new("/modules").join(name)).map_err(|error| format!("{name}: {error}"))?;
        sys::power::load_module(&file).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// The driver has found the TEE.
pub(crate) fn wait_for_device() -> Result<(), String> {
    let until = Instant::now() + DRIVER_TAKES;
    while !Path::new(DEVICE).exists() {
        if Instant::now() > until {
            return Err(format!("there is no {DEVICE}: the driver has not found the TEE"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
