//! The kernel's own memory: what is mapped, the set-up, and the journal's room.

use casemate_machine::sys::cpu;
use casemate_machine::tables::{self, Full, Kind, PAGE, Regime, Tables};
use casemate_metal_abi::map;

use crate::sys::cell::Own;
use crate::sys::context;

static TABLES: Own<Tables<12>> = Own::new(Tables::new(Regime::El1));

unsafe extern "C" {
    static __text_end: u8;
    static __rodata_end: u8;
}

/// Maps memory, once, with so much of the REE's.
pub(crate) fn map_all(dram: u64) -> Result<(), Full> {
    let text_end = &raw const __text_end as u64;
    let rodata_end = &raw const __rodata_end as u64;
    // SAFETY: called on the first CPU before there are others.
    let tables = unsafe { TABLES.get() };
    tables.map(map::KERNEL, text_end, Kind::Text)?;
    tables.map(text_end, rodata_end, Kind::ReadOnly)?;
    tables.map(rodata_end, map::SETUP, Kind::Data)?;
    tables.map(map::SETUP, map::SETUP + PAGE, Kind::ReadOnly)?;
    tables.map(map::LOG, map::LOG + map::LOG_LEN, Kind::Data)?;
    tables.map(map::GICD, map::SECURE_UART + PAGE, Kind::Device)?;
    tables.map(map::DRAM, map::DRAM + dram, Kind::NonSecure)?;
    context::guards().try_for_each(|guard| tables.unmap(guard, guard + PAGE))
}

/// Begins to translate addresses on this CPU.
pub(crate) fn begin() {
    // SAFETY: nobody changes the tables any more.
    let root = unsafe { TABLES.get() }.root();
    cpu::begin_translation_el1(root, tables::CONTROL_EL1, tables::ATTRIBUTES);
}

/// The set-up as it came with the image.
pub(crate) fn set_up() -> &'static [u8] {
    // SAFETY: the monitor copied it there, and nobody writes it.
    unsafe { core::slice::from_raw_parts(map::SETUP as *const u8, PAGE as usize) }
}

/// The room for records; whoever takes it has it alone, and takes it once.
pub(crate) fn journal() -> &'static mut [u8] {
    // SAFETY: memory of its own that nobody else names; taken at the start by the one journal.
    unsafe { core::slice::from_raw_parts_mut(map::LOG as *mut u8, map::LOG_LEN as usize) }
}
