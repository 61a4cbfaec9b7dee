//! `epc` with two workers and four enclaves whose memory is more than three times the pool.

use std::sync::Arc;

use casemate_checker::{Findings, HowLeft, Judge, Limits, Observation};
use casemate_epc::{
    Config, Entry, Fault, Gate, Load, LoadSource, Manager, PageNo, PageTable, Running, Slot, Victims,
};
use casemate_model::{EnclaveId, Nanos, Pages, WorkerId};

use crate::dice::Dice;
use crate::stage;

const ENCLAVES: u32 = 4;
const PAGES: u32 = 40;
const FRAMES: u64 = 48;
const WORKERS: u16 = 2;
const STEPS: u32 = 600;

pub(crate) fn schedule(seed: u64) -> Findings {
    let limits = Limits { frames: FRAMES, ..stage::limits() };
    let mut judge = stage::set(limits, ENCLAVES);
    stage::attest(&mut judge, ENCLAVES);
    let mut run = Run::new(judge, Dice::new(seed));
    for _ in 0..STEPS {
        run.step();
    }
    run.end()
}

struct Run {
    judge: Judge,
    dice: Dice,
    manager: Manager,
    slots: Vec<Slot>,
    /// What each worker runs.
    inside: [Option<Running>; WORKERS as usize],
}

impl Run {
    fn new(judge: Judge, dice: Dice) -> Self {
        let config = Config {
            frames: Pages(FRAMES),
            entries: WORKERS,
            enclaves: ENCLAVES as u16,
            batch: 4,
            active_percent: 50,
        };
        let mut manager = Manager::new(config).expect("a pool that works");
        let guaranteed = Pages(stage::PAGES_GUARANTEED);
        let slots = (0..ENCLAVES).map(|index| {
            let table = PageTable::new(stage::enclave(index), PAGES);
            let slot = manager.create(table, Arc::new(Gate::new()), guaranteed).expect("a slot for each");
            manager.resize(slot, PAGES).expect("the table is that large");
            slot
        });
        let slots = slots.collect();
        Self { judge, dice, manager, slots, inside: [const { None }; WORKERS as usize] }
    }

    /// One worker goes in, touches a page, or comes out.
    fn step(&mut self) {
        let number = 1 + self.dice.below(u64::from(WORKERS)) as u16;
        match self.inside[usize::from(number - 1)].take() {
            None => self.enter(number),
            Some(running) if self.dice.once_in(16) => self.leave(number, running),
            Some(running) => {
                let page = self.page();
                self.touch(running.slot(), page, stage::worker(number));
                self.inside[usize::from(number - 1)] = Some(running);
            }
        }
        if self.dice.once_in(50) {
            let census = self.manager.census();
            self.judge.observe(Observation::Pool {
                frames_capacity: census.capacity.0,
                frames_resident: census.resident.0,
            });
        }
    }

    /// Mostly a few hot pages, now and then any.
    fn page(&mut self) -> PageNo {
        let span = if self.dice.once_in(3) { PAGES } else { 8 };
        PageNo(self.dice.below(u64::from(span)) as u32)
    }

    fn enter(&mut self, number: u16) {
        let (worker, slot) = (stage::worker(number), self.dice.one_of(&self.slots));
        loop {
            match self.manager.enter(slot, worker) {
                Entry::Entered(running) => {
                    let enclave = self.enclave(slot);
                    self.judge.observe(Observation::EnclaveEntered { enclave, worker, at: stage::START });
                    self.inside[usize::from(number - 1)] = Some(running);
                    return;
                }
                Entry::Shrink(victims) => self.evict(victims, worker),
                Entry::Wait | Entry::Refused(_) => return,
            }
        }
    }

    fn leave(&mut self, number: u16, running: Running) {
        self.judge.observe(Observation::EnclaveLeft {
            enclave: self.enclave(running.slot()),
            worker: stage::worker(number),
            at: stage::START,
            ran: Nanos::ZERO,
            how: HowLeft::Aex,
        });
        self.manager.leave(running);
    }

    fn touch(&mut self, slot: Slot, page: PageNo, worker: WorkerId) {
        loop {
            match self.manager.begin_fault(slot, page, Some(worker)) {
                Fault::Load(load) => return self.load(load),
                Fault::Evict(victims) => self.evict(victims, worker),
                Fault::AlreadyResident | Fault::Wait | Fault::Outside => return,
            }
        }
    }

    fn load(&mut self, load: Load) {
        let sealed = load.source() == LoadSource::Sealed;
        for (binding, frame) in load.bindings().zip(load.frames()) {
            self.judge.observe(Observation::PageIn {
                enclave: binding.enclave,
                page: u64::from(binding.page.0),
                version: sealed.then_some(binding.version.get()),
                frame: u64::from(frame.index()),
            });
        }
        self.manager.loaded(load);
    }

    fn evict(&mut self, victims: Victims, worker: WorkerId) {
        for victim in victims.iter() {
            let binding = victim.binding().expect("far from the last version");
            self.judge.observe(Observation::PageOut {
                enclave: binding.enclave,
                page: u64::from(binding.page.0),
                version: binding.version.get(),
                frame: u64::from(victim.frame().index()),
                by: Some(worker),
            });
        }
        self.manager.evicted(victims);
    }

    fn enclave(&self, slot: Slot) -> EnclaveId {
        let index = self.slots.iter().position(|other| *other == slot).expect("one of ours");
        stage::enclave(index as u32)
    }

    fn end(mut self) -> Findings {
        for number in 1..=WORKERS {
            if let Some(running) = self.inside[usize::from(number - 1)].take() {
                self.leave(number, running);
            }
        }
        for slot in self.slots.clone() {
            let closing = self.manager.close(slot).expect("nobody runs it");
            let mut frames = 0;
            while let Some(removals) = self.manager.remove(&closing) {
                frames += removals.victims().iter().count() as u64;
                self.manager.removed(removals);
            }
            assert!(self.manager.destroyed(closing).is_ok(), "all its pages are removed");
            self.judge.observe(Observation::EnclaveDestroyed {
                enclave: self.enclave(slot),
                frames_returned: frames,
                frames_zeroed: frames,
                keys_zeroed: true,
            });
        }
        self.judge.observe(Observation::PodReleased { pod: stage::pod_key("stage") });
        self.judge.finish()
    }
}
