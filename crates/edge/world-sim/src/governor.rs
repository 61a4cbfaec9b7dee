//! The REE's governor: at each look a CPU gets the frequency that a quarter more than its utilisation needs, as
//! Linux' schedutil has it, and its utilisation is an average over the past that forgets half in 32 ms, as Linux'
//! load tracking (PELT) does. It goes by what it is told: the CPU's time with or without what the TEE gives back.

use crate::cpu::FULL;
use crate::load::nanos;
use crate::sim::Sim;

/// What is left of the past after so long is half: 32 ms divided by the logarithm of 2.
const MEMORY_MICROS: u64 = 46_166;

impl Sim<'_> {
    /// Looks at every CPU.
    pub(crate) fn govern(&mut self) {
        let machine = &self.load.scenario.machine;
        let period = nanos(machine.governor_micros);
        let memory = nanos(MEMORY_MICROS);
        let slowest = FULL * u64::from(machine.slowest_percent) / 100;
        let (mut least, mut most) = (FULL, 0);
        for at in 0..self.count {
            self.advance(at);
            let corrected = self.corrected;
            let cpu = &mut self.cpus[at];
            let window = cpu.window;
            let of_window = |part: u64| (part.saturating_mul(FULL) / period).min(FULL);
            let (seen, busy) = (of_window(window.seen), of_window(window.busy));
            (least, most) = (least.min(busy), most.max(busy));
            self.meter.error_uncorrected += busy.saturating_sub(seen);
            self.meter.error_corrected += busy.abs_diff(of_window(window.corrected));
            self.meter.jumps += u64::from(seen.abs_diff(window.before) > FULL / 4);
            let sample = if corrected { of_window(window.corrected) } else { seen } * cpu.frequency / FULL;
            cpu.utilisation = (cpu.utilisation * memory + sample * period) / (memory + period);
            cpu.frequency = (cpu.utilisation * 5 / 4).clamp(slowest, FULL);
            cpu.window = crate::cpu::Window { before: seen, ..Default::default() };
            self.arm(at);
        }
        self.meter.imbalance += most.saturating_sub(least);
        self.meter.windows += 1;
    }
}
