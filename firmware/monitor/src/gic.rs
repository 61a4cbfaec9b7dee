//! The interrupt controller: which interrupts are the TEE's (Arm IHI 0069).
//!
//! The TEE's are of secure group 1: a tick and a few interrupts between CPUs on every CPU, and the test device's.
//! All others are the REE's, of non-secure group 1. There is no group 0.

use casemate_machine::sys::{cpu, mmio};
use casemate_machine::{read, write};
use casemate_metal_abi::{map, own};

use crate::sys::context::{SCR_REE, SCR_TEE};

/// Interrupts between CPUs that are the TEE's: 8 to 15.
const SECURE_SGIS: u32 = 0xff00;
/// A priority in the upper half, which the REE cannot reach.
const SECURE_PRIORITY: u8 = 0x20;
/// One in the lower half.
const PRIORITY: u32 = 0xa0a0_a0a0;
/// The interrupt by which a CPU is told that it is on.
pub(crate) const WAKE_SGI: u32 = 9;

const CTLR: u64 = 0;
const IGROUPR: u64 = 0x80;
const ISENABLER: u64 = 0x100;
const IPRIORITYR: u64 = 0x400;
const ICFGR: u64 = 0xc00;
const IGRPMODR: u64 = 0xd00;
const IROUTER: u64 = 0x6000;
const WAKER: u64 = 0x14;
/// From a redistributor to its second page, that of private interrupts.
const PRIVATE: u64 = 0x1_0000;

/// CTLR: routing by affinity, both worlds; then all groups.
const ROUTING: u32 = 1 << 4 | 1 << 5;
const GROUPS: u32 = 0b111;

/// What is common to all CPUs, once.
pub(crate) fn begin() {
    let gic = map::GICD;
    mmio::write32(gic + CTLR, ROUTING);
    mmio::write32(gic + CTLR, ROUTING | GROUPS);
    for word in 1..9 {
        mmio::write32(gic + IGROUPR + word * 4, u32::MAX);
    }
    let (word, bit) = (u64::from(own::DEVICE_SPI / 32) * 4, 1_u32 << (own::DEVICE_SPI % 32));
    mmio::write32(gic + IGROUPR + word, !bit);
    mmio::write32(gic + IGRPMODR + word, bit);
    mmio::write8(gic + IPRIORITYR + u64::from(own::DEVICE_SPI), SECURE_PRIORITY);
    // By edge: raised once, taken once. Two bits each.
    let edge = 2_u32 << (own::DEVICE_SPI % 16 * 2);
    mmio::write32(gic + ICFGR + u64::from(own::DEVICE_SPI / 16) * 4, edge);
    // To CPU 0.
    mmio::write64(gic + IROUTER + u64::from(own::DEVICE_SPI) * 8, 0);
    mmio::write32(gic + ISENABLER + word, bit);
}

/// What each CPU has.
pub(crate) fn begin_here(number: usize) {
    let redistributor = map::GICR + number as u64 * map::GICR_STRIDE;
    mmio::write32(redistributor + WAKER, mmio::read32(redistributor + WAKER) & !2);
    while mmio::read32(redistributor + WAKER) & 4 != 0 {}
    let private = redistributor + PRIVATE;
    let secure = 1 << map::SECURE_TIMER | SECURE_SGIS;
    mmio::write32(private + IGROUPR, !secure);
    mmio::write32(private + IGRPMODR, secure);
    for word in 0..8 {
        mmio::write32(private + IPRIORITYR + word * 4, PRIORITY);
    }
    for id in (0..32).filter(|id| secure >> id & 1 != 0) {
        mmio::write8(private + IPRIORITYR + id, SECURE_PRIORITY);
    }
    mmio::write32(private + ISENABLER, secure);

    // ICC_SRE_EL3, then that of EL1 in either world: registers, not memory.
    write!("S3_6_C12_C12_5", 0xf);
    for world in [SCR_REE, SCR_TEE] {
        write!("scr_el3", world);
        cpu::isb();
        write!("S3_0_C12_C12_5", 7);
        cpu::isb();
    }
    // ICC_PMR_EL1: all priorities; ICC_IGRPEN1_EL3: group 1 of both worlds.
    write!("S3_0_C4_C6_0", 0xff);
    write!("S3_6_C12_C12_7", 3);
    cpu::isb();
    debug_assert!(read!("scr_el3") == SCR_TEE);
}
