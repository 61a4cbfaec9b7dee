//! An archive of the files that Linux starts with: cpio in its `newc` form
//! (Linux `Documentation/driver-api/early-userspace/buffer-format.rst`).
//!
//! Each file is a header of 110 characters (a magic number and thirteen numbers of eight hexadecimal digits), its name
//! ended by a zero, and its bytes; name and bytes are each filled up to a multiple of four.

const MAGIC: &str = "070701";
const TRAILER: &str = "TRAILER!!!";

const DIRECTORY: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const FILE: u32 = 0o100_644;
const CHARACTER_DEVICE: u32 = 0o020_600;

/// The archive being written. Owner, times and numbers of files are the same in every run.
#[derive(Default)]
pub struct Initramfs {
    bytes: Vec<u8>,
    count: u32,
}

impl Initramfs {
    /// A directory; those above it come first. Names have no leading slash.
    pub fn directory(&mut self, name: &str) {
        self.entry(name, DIRECTORY, [0, 0], &[]);
    }

    /// A program.
    pub fn program(&mut self, name: &str, bytes: &[u8]) {
        self.entry(name, PROGRAM, [0, 0], bytes);
    }

    /// A file that is read.
    pub fn file(&mut self, name: &str, bytes: &[u8]) {
        self.entry(name, FILE, [0, 0], bytes);
    }

    /// A character device of this major and minor number.
    pub fn device(&mut self, name: &str, number: [u32; 2]) {
        self.entry(name, CHARACTER_DEVICE, number, &[]);
    }

    /// The archive.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.entry(TRAILER, 0, [0, 0], &[]);
        self.bytes
    }

    fn entry(&mut self, name: &str, mode: u32, device: [u32; 2], bytes: &[u8]) {
        self.count += 1;
        let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        let [major, minor] = device;
        // Number, mode, owner, group, links, time, size, device of the file (2), number of the device (2),
        // length of the name with its zero, checksum (unused).
        let fields = [
            self.count,
            mode,
            0,
            0,
            1,
            0,
            length(bytes.len()),
            0,
            0,
            major,
            minor,
            length(name.len() + 1),
            0,
        ];
        self.bytes.extend(MAGIC.bytes());
        for field in fields {
            self.bytes.extend(format!("{field:08x}").bytes());
        }
        self.bytes.extend(name.bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend(bytes);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, mode, device and bytes of each file.
    fn read(archive: &[u8]) -> Vec<(String, u32, [u32; 2], Vec<u8>)> {
        let (mut at, mut found) = (0, Vec::new());
        loop {
            assert_eq!(&archive[at..at + 6], b"070701");
            let field = |index: usize| {
                let begin = at + 6 + 8 * index;
                u32::from_str_radix(str::from_utf8(&archive[begin..begin + 8]).unwrap(), 16).unwrap()
            };
            let (mode, size, name) = (field(1), field(6) as usize, field(11) as usize);
            let device = [field(9), field(10)];
            let name_at = at + 110;
            let bytes_at = (name_at + name).next_multiple_of(4);
            assert_eq!(archive[name_at + name - 1], 0);
            let name = String::from_utf8(archive[name_at..name_at + name - 1].to_vec()).unwrap();
            if name == TRAILER {
                assert_eq!(archive.len(), bytes_at);
                return found;
            }
            found.push((name, mode, device, archive[bytes_at..bytes_at + size].to_vec()));
            at = (bytes_at + size).next_multiple_of(4);
        }
    }

    #[test]
    fn every_file_is_in_the_archive_as_it_was_given() {
        let mut archive = Initramfs::default();
        archive.directory("dev");
        archive.device("dev/console", [5, 1]);
        archive.program("init", b"\x7fELF and five");
        archive.file("plan", b"a");
        let files = read(&archive.finish());
        let expected = [
            ("dev", 0o040_755, [0, 0], &b""[..]),
            ("dev/console", 0o020_600, [5, 1], b""),
            ("init", 0o100_755, [0, 0], b"\x7fELF and five"),
            ("plan", 0o100_644, [0, 0], b"a"),
        ];
        assert_eq!(
            files,
            expected.map(|(name, mode, device, bytes)| (name.into(), mode, device, bytes.into()))
        );
    }

    #[test]
    fn the_same_files_are_the_same_archive() {
        let archive = || {
            let mut archive = Initramfs::default();
            archive.program("init", b"program");
            archive.finish()
        };
        assert_eq!(archive(), archive());
    }
}
