//! `cpu` on three workers: enclaves run, block, wake and end at random.

use std::num::NonZeroU16;

use casemate_checker::{Contender, Findings, HowLeft, Judge, Limits, Observation};
use casemate_cpu::{After, CpuConfig, Next, RunQueue, Weight};
use casemate_model::{EnclaveId, Nanos, Timestamp, WorkerId};

use crate::dice::Dice;
use crate::stage;

const ENCLAVES: u32 = 9;
const WORKERS: u16 = 3;
const STEPS: u32 = 400;

pub(crate) fn schedule(seed: u64) -> Findings {
    let limits =
        Limits { workers: WORKERS, vruntime_per_nano: RunQueue::VRUNTIME_PER_NANO, ..stage::limits() };
    let mut judge = stage::set(limits, ENCLAVES);
    stage::attest(&mut judge, ENCLAVES);
    let mut run = Run::new(judge, Dice::new(seed));
    for _ in 0..STEPS {
        run.step();
    }
    for number in 1..=WORKERS {
        run.come_out(number, After::Done);
    }
    stage::strike(&mut run.judge, ENCLAVES);
    run.judge.finish()
}

struct Run {
    judge: Judge,
    dice: Dice,
    queue: RunQueue,
    now: Timestamp,
    /// Whom each worker runs, and since when.
    inside: [Option<(EnclaveId, Timestamp)>; WORKERS as usize],
}

impl Run {
    fn new(judge: Judge, mut dice: Dice) -> Self {
        let workers = NonZeroU16::new(WORKERS).expect("three");
        let mut queue =
            RunQueue::new(workers, CpuConfig { slice: Nanos::from_millis(2) }).expect("a good slice");
        for index in 0..ENCLAVES {
            let weight = Weight::new(dice.one_of(&[100, 512, 1024, 2048, 5000])).expect("within range");
            queue.add(stage::enclave(index), weight, stage::START).expect("room for all");
            let slice = Nanos::from_millis(1 + dice.below(8));
            queue.set_slice(stage::enclave(index), slice).expect("it is queued");
        }
        Self { judge, dice, queue, now: stage::START, inside: [None; WORKERS as usize] }
    }

    /// Some time passes, then one worker comes out, if it is inside, and picks anew.
    fn step(&mut self) {
        self.now = self.now.after(Nanos(1 + self.dice.below(3_000_000)));
        if self.dice.once_in(3) {
            let id = stage::enclave(self.dice.below(u64::from(ENCLAVES)) as u32);
            let _ = self.queue.wake(id, self.now);
        }
        let number = 1 + self.dice.below(u64::from(WORKERS)) as u16;
        let after = if self.dice.once_in(4) { After::Blocked } else { After::Ready };
        self.come_out(number, after);
        self.pick(number);
    }

    fn come_out(&mut self, number: u16, after: After) {
        let Some((enclave, since)) = self.inside[usize::from(number - 1)].take() else { return };
        let (at, ran) = (self.now, self.now.since(since));
        let how = match after {
            After::Ready => HowLeft::Aex,
            After::Blocked => HowLeft::Blocked,
            After::Done => HowLeft::Ended,
        };
        self.judge.observe(Observation::EnclaveLeft { enclave, worker: stage::worker(number), at, ran, how });
        self.queue.account(enclave, ran, at, after).expect("it was running");
    }

    fn pick(&mut self, number: u16) {
        let worker: WorkerId = stage::worker(number);
        let contenders = self.queue.claims().map(|claim| Contender {
            enclave: claim.id,
            weight: u64::from(claim.weight.units()),
            vruntime: claim.vruntime,
            deadline: claim.deadline,
            running: claim.running,
        });
        let contenders = contenders.collect();
        let picked = match self.queue.pick(worker, self.now) {
            Next::Run { id, .. } => Some(id),
            Next::Idle => None,
        };
        self.judge.observe(Observation::CpuPicked { worker, picked, contenders });
        if let Some(enclave) = picked {
            self.judge.observe(Observation::EnclaveEntered { enclave, worker, at: self.now });
        }
        self.inside[usize::from(number - 1)] = picked.map(|enclave| (enclave, self.now));
    }
}
