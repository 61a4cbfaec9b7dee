//! The REE's interrupts: its tick, the one that the TEE gives it, and doorbells.

use core::sync::atomic::{AtomicU64, Ordering};

use casemate_machine::sys::{cpu, mmio};
use casemate_machine::write;
use casemate_metal_abi::{map, own};

use crate::CPUS;
use crate::sys::call;

/// What came to each CPU.
pub(crate) struct Counts {
    pub(crate) ticks: AtomicU64,
    pub(crate) given: AtomicU64,
    pub(crate) doorbells: AtomicU64,
    /// Ticks of the counter from tick to tick; 0: there is none.
    period: AtomicU64,
    /// Whether the TEE is told of each.
    tells: AtomicU64,
}

static COUNTS: [Counts; CPUS] = [const {
    Counts {
        ticks: AtomicU64::new(0),
        given: AtomicU64::new(0),
        doorbells: AtomicU64::new(0),
        period: AtomicU64::new(0),
        tells: AtomicU64::new(0),
    }
}; CPUS];

/// Those of this CPU.
pub(crate) fn here() -> &'static Counts {
    &COUNTS[cpu::number() % CPUS]
}

/// Those of all.
pub(crate) fn all() -> &'static [Counts] {
    &COUNTS
}

/// A redistributor's second page, that of private interrupts; from there, which are enabled.
const PRIVATE: u64 = 0x1_0000;
const ISENABLER: u64 = 0x100;

/// This CPU hears its interrupts.
pub(crate) fn begin() {
    write!("S3_0_C12_C12_5", 7);
    cpu::isb();
    write!("S3_0_C4_C6_0", 0xff);
    write!("S3_0_C12_C12_7", 1);
    cpu::isb();
    let private = map::GICR + (cpu::number() % CPUS) as u64 * map::GICR_STRIDE + PRIVATE;
    mmio::write32(private + ISENABLER, 1 << map::TIMER | 0xff);
}

/// A tick comes every so many ticks of the counter, from now; 0: none. The TEE is told of each, or not.
pub(crate) fn tick_every(period: u64, tells: bool) {
    here().period.store(period, Ordering::Relaxed);
    here().tells.store(tells.into(), Ordering::Relaxed);
    if period == 0 {
        write!("cntp_ctl_el0", 0);
    } else {
        write!("cntp_tval_el0", period);
        write!("cntp_ctl_el0", 1);
    }
    cpu::isb();
}

/// Takes what is pending.
pub(crate) fn take() {
    let id = cpu::acknowledge();
    if id >= 1020 {
        return;
    }
    let counts = here();
    let mut tells = false;
    match id {
        map::TIMER => {
            counts.ticks.fetch_add(1, Ordering::Relaxed);
            write!("cntp_tval_el0", counts.period.load(Ordering::Relaxed).max(1));
            tells = counts.tells.load(Ordering::Relaxed) != 0;
        }
        own::TICK_SGI => {
            counts.given.fetch_add(1, Ordering::Relaxed);
        }
        own::DOORBELL_SGI => {
            counts.doorbells.fetch_add(1, Ordering::Relaxed);
        }
        _ => {}
    }
    cpu::end_of_interrupt(id);
    if tells {
        call::smc([own::REE_TICK.into(), 0, 0, 0, 0, 0, 0, 0]);
    }
}
