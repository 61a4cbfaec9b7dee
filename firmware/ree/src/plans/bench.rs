//! What calls cost, in instructions: the cycle counter under QEMU's `-icount shift=0` counts them.

use casemate_machine::sys::cpu;
use casemate_machine::{read, write};
use casemate_metal_abi::{apps, own};

use crate::sys::shared::Page;
use crate::{check, power, say, tee};

const PAGE: Page = Page::new(0);
const ROUNDS: u64 = 200;
/// A gap between two looks at the counter that is longer than this is time that was taken.
const GAP: u64 = 100;
/// Looks for so many instructions: some tens of ticks.
const LOOKS: u64 = 60_000_000;

#[derive(Clone, Copy)]
struct Cost {
    n: u64,
    min: u64,
    max: u64,
    sum: u64,
}

impl Cost {
    const NONE: Self = Self { n: 0, min: u64::MAX, max: 0, sum: 0 };

    fn add(&mut self, cost: u64) {
        *self =
            Self { n: self.n + 1, min: self.min.min(cost), max: self.max.max(cost), sum: self.sum + cost };
    }

    fn say(&self, name: &str) {
        let avg = self.sum / self.n.max(1);
        say!("bench {name} n={} min={} avg={avg} max={}", self.n, self.min, self.max);
    }
}

fn counted() -> u64 {
    cpu::isb();
    read!("pmccntr_el0")
}

/// What it takes to look is taken off.
fn measure(name: &str, what: impl Fn()) {
    let one = |what: &dyn Fn()| {
        let from = counted();
        what();
        counted() - from
    };
    let looking = one(&|| {});
    let mut cost = Cost::NONE;
    for _ in 0..ROUNDS {
        cost.add(one(&what).saturating_sub(looking));
    }
    cost.say(name);
}

pub(crate) fn run() {
    // PMCR: on, long counter, and not off where events are prohibited; all levels, both worlds.
    write!("pmcr_el0", (read!("pmcr_el0") & !(1 << 5)) | 1 | 1 << 6);
    write!("pmccfiltr_el0", 0);
    write!("pmcntenset_el0", 1 << 31);
    cpu::isb();
    measure("smc-el3", || {
        power::version();
    });
    measure("fast-call", || {
        tee::ask(own::NOTHING, [0; 4]);
    });
    match tee::open(PAGE, &apps::ECHO) {
        Ok(session) => {
            tee::write_head(PAGE, casemate_metal_abi::message::INVOKE_COMMAND, 0, session, 0);
            measure("yielding-call", || {
                tee::call(PAGE);
            });
            check("echo", Ok(()));
        }
        Err(error) => check("echo", Err(&format_args!("{error:#x}"))),
    }
    let (began, mut cost) = (counted(), Cost::NONE);
    let mut last = began;
    while last - began < LOOKS {
        let now = read!("pmccntr_el0");
        if now - last > GAP {
            cost.add(now - last);
        }
        last = now;
    }
    cost.say("stolen-tick");
}
