//! What the machine starts from: monitor, kernel and set-up in one image.

use casemate_metal_abi::map;

use crate::elf;
use crate::refusal::Refusal;

/// The image of the flash memory, of [`map::FLASH_LEN`] bytes: from the ELF files of monitor and kernel and from the
/// set-up as firmware reads it.
///
/// # Errors
/// Where a part is not linked for its place, or longer than that.
pub fn flash(monitor: &[u8], kernel: &[u8], setup: &[u8]) -> Result<Vec<u8>, Refusal> {
    let room = [
        map::FLASH_KERNEL - map::FLASH_MONITOR,
        map::FLASH_SETUP - map::FLASH_KERNEL,
        map::FLASH_LEN - map::FLASH_SETUP,
    ];
    let parts = [
        (map::FLASH_MONITOR, elf::flat("monitor", monitor, map::MONITOR, room[0])?),
        (map::FLASH_KERNEL, elf::flat("kernel", kernel, map::KERNEL, room[1])?),
        (map::FLASH_SETUP, setup.to_vec()),
    ];
    if setup.len() as u64 > room[2] {
        let cause =
            format!("the set-up has {} bytes, and the flash memory room for {}", setup.len(), room[2]);
        return Err(Refusal::new(cause, "report this: firmware and host do not agree"));
    }
    let mut image = vec![0; bytes(map::FLASH_LEN)];
    for (at, part) in parts {
        image[bytes(at)..bytes(at) + part.len()].copy_from_slice(&part);
    }
    Ok(image)
}

/// Two megabytes fit wherever this runs.
fn bytes(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::tests::program;

    #[test]
    fn each_part_lies_where_the_firmware_looks_for_it() {
        let monitor = program(&[(map::MONITOR, b"monitor", 7)]);
        let kernel = program(&[(map::KERNEL, b"kernel", 6)]);
        let image = flash(&monitor, &kernel, &[7; 4096]).unwrap();
        assert_eq!(image.len() as u64, map::FLASH_LEN);
        assert!(image.starts_with(b"monitor\0"));
        assert_eq!(image[0x10_0000..][..7], *b"kernel\0");
        assert_eq!(image[0x20_0000..], [7; 4096]);
    }

    #[test]
    fn parts_that_are_mixed_up_are_refused() {
        let monitor = program(&[(map::MONITOR, b"monitor", 7)]);
        let kernel = program(&[(map::KERNEL, b"kernel", 6)]);
        assert!(flash(&kernel, &monitor, &[]).unwrap_err().cause.starts_with("the monitor: "));
        assert!(flash(&monitor, &kernel, &[0; 4097]).is_err());
    }
}
