//! What is read of ELF files: what is to be in memory, and what a module of Linux' needs.

use object::elf::PT_LOAD;
use object::read::elf::{ElfFile64, ProgramHeader as _};
use object::{Endianness, Object as _, ObjectSection as _};

use crate::refusal::Refusal;

const REBUILD: &str = "build the firmware again from its own sources";

/// The bytes of a program from its first address on, which has to be `at`; zeroes that only memory has are left out.
///
/// # Errors
/// Where it is no 64-bit ELF file, begins elsewhere, or is longer than `room`.
pub(crate) fn flat(name: &str, file: &[u8], at: u64, room: u64) -> Result<Vec<u8>, Refusal> {
    let refused = |why: String| Refusal::new(format!("the {name}: {why}"), REBUILD);
    let elf = ElfFile64::<Endianness>::parse(file).map_err(|error| refused(error.to_string()))?;
    let endian = elf.endian();
    let mut image = Vec::new();
    let mut begins = u64::MAX;
    for header in elf.elf_program_headers() {
        let filled = header.p_filesz(endian);
        if header.p_type(endian) != PT_LOAD || filled == 0 {
            continue;
        }
        let from = header.p_paddr(endian);
        begins = begins.min(from);
        let end = from.checked_sub(at).and_then(|it| it.checked_add(filled)).filter(|it| *it <= room);
        let Some(end) = end.and_then(|it| usize::try_from(it).ok()) else {
            return Err(refused(format!(
                "{filled:#x} bytes at {from:#x} are not within {room:#x} from {at:#x}"
            )));
        };
        let bytes = header.data(endian, file).map_err(|()| refused("it is cut off".to_owned()))?;
        if image.len() < end {
            image.resize(end, 0);
        }
        // As long as `p_filesz` says, by what `data` answers.
        image[end - bytes.len()..end].copy_from_slice(bytes);
    }
    if begins != at {
        return Err(refused(format!("it has to begin at {at:#x}, where it has nothing")));
    }
    Ok(image)
}

/// Names of the modules that a module of Linux' depends on, without `.ko`: `depends` of its `.modinfo`.
///
/// # Errors
/// Where it is no module.
pub(crate) fn depends(name: &str, module: &[u8]) -> Result<Vec<String>, Refusal> {
    let refused = |why: String| Refusal::new(format!("the module {name}: {why}"), "delete it from the cache");
    let elf = ElfFile64::<Endianness>::parse(module).map_err(|error| refused(error.to_string()))?;
    let section = elf.section_by_name(".modinfo").ok_or_else(|| refused("it has no .modinfo".to_owned()))?;
    let entries = section.data().map_err(|error| refused(error.to_string()))?;
    let depends = entries.split(|it| *it == 0).find_map(|it| it.strip_prefix(b"depends="));
    let names = String::from_utf8_lossy(depends.unwrap_or_default()).into_owned();
    Ok(names.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const HEADER: usize = 64;
    const PROGRAM_HEADER: usize = 56;

    /// An ELF file with these pieces: physical address, bytes, and bytes in memory.
    pub(crate) fn program(pieces: &[(u64, &[u8], u64)]) -> Vec<u8> {
        let mut file = vec![0; HEADER + PROGRAM_HEADER * pieces.len()];
        file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        let mut put = |at: usize, value: &[u8]| file[at..at + value.len()].copy_from_slice(value);
        put(16, &2_u16.to_le_bytes());
        put(18, &183_u16.to_le_bytes());
        put(20, &1_u32.to_le_bytes());
        put(32, &(HEADER as u64).to_le_bytes());
        put(52, &(HEADER as u16).to_le_bytes());
        put(54, &(PROGRAM_HEADER as u16).to_le_bytes());
        put(56, &(pieces.len() as u16).to_le_bytes());
        put(58, &64_u16.to_le_bytes());
        for (index, (address, bytes, in_memory)) in pieces.iter().enumerate() {
            let (at, offset) = (HEADER + PROGRAM_HEADER * index, file.len() as u64);
            let mut put = |from: usize, value: &[u8]| {
                file[at + from..at + from + value.len()].copy_from_slice(value);
            };
            put(0, &PT_LOAD.to_le_bytes());
            let words = [offset, *address, *address, bytes.len() as u64, *in_memory, 16];
            for (index, word) in words.iter().enumerate() {
                put(8 + 8 * index, &word.to_le_bytes());
            }
            file.extend(*bytes);
        }
        file
    }

    #[test]
    fn pieces_lie_where_they_belong_and_memory_that_is_zero_is_left_out() {
        let file = program(&[(0x1000, b"code", 4), (0x1008, b"data", 0x100), (0x2000, b"", 0x1000)]);
        assert_eq!(flat("kernel", &file, 0x1000, 0x100).unwrap(), b"code\0\0\0\0data");
    }

    #[test]
    fn what_is_elsewhere_or_too_long_is_refused() {
        let file = program(&[(0x1000, b"code", 4)]);
        for (at, room) in [(0x2000, 0x100), (0xf00, 0x1000), (0x1000, 3)] {
            let refusal = flat("kernel", &file, at, room).unwrap_err();
            assert!(refusal.cause.starts_with("the kernel: "), "{refusal}");
        }
        assert!(flat("kernel", &[], 0, 1).is_err());
        assert!(flat("kernel", &file[..file.len() - 1], 0x1000, 0x100).is_err());
        assert!(flat("kernel", b"MZ", 0, 1).is_err());
    }
}
