//! The run queue itself: who is ready, who runs where, who is blocked.

use alloc::collections::BTreeMap;
use core::num::NonZeroU16;

use casemate_model::{EnclaveId, Nanos, Timestamp, WorkerId};
use casemate_mutant::{Mutant, active as seeded};

use crate::active::Active;
use crate::claim::Claim;
use crate::entity::{Entity, Sleeper};
use crate::ready::Ready;
use crate::vtime::{Lag, SCALE};
use crate::{After, Misuse, Next, Standing, Wake, Weight};

/// The queue's one setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuConfig {
    /// The slice of an enclave that asks for no other. Longer slices page less, shorter ones answer sooner.
    pub slice: Nanos,
}

impl Default for CpuConfig {
    /// 10 ms: ten ticks of the epoch clock.
    fn default() -> Self {
        Self { slice: Nanos::from_millis(10) }
    }
}

/// All enclaves of a node that want CPU, shared by its workers.
///
/// An enclave is ready, or on one worker, or blocked. Whoever picks accounts for the run.
#[derive(Debug)]
pub struct RunQueue {
    workers: NonZeroU16,
    config: CpuConfig,
    ready: Ready,
    running: BTreeMap<WorkerId, Turn>,
    blocked: BTreeMap<EnclaveId, Sleeper>,
    /// Sums over `ready` and `running`.
    active: Active,
    /// The longest slice anyone ever asked for: the bound of what can be owed.
    longest_request: Nanos,
    /// How far virtual time was renormalised so far.
    origin: i128,
}

/// An enclave on a worker.
#[derive(Debug)]
struct Turn {
    entity: Entity,
    /// A wake-up arrived during this run.
    woken: bool,
}

impl RunQueue {
    /// The longest slice there can be, 10 s.
    pub const LONGEST_SLICE: Nanos = Nanos::from_secs(10);
    /// What a nanosecond of service adds to the virtual runtime of an enclave of weight 1.
    pub const VRUNTIME_PER_NANO: u64 = SCALE as u64;
    /// The most enclaves a queue takes: what the bounds on its sums are proven for.
    pub const MOST_ENCLAVES: usize = 1 << 20;

    /// Where V is brought back to zero. Far below what 128 bits hold, and 2^32 ns of
    /// service at the least weight: over an hour. Renormalising changes no decision.
    const RENORMALISE_AT: i128 = 1 << 52;

    /// An empty queue for this many workers. The number is needed only to know what share one enclave
    /// can use; any worker may pick.
    ///
    /// # Errors
    ///
    /// [`Misuse::SliceOutOfRange`] where the slice is zero or over [`Self::LONGEST_SLICE`].
    pub fn new(workers: NonZeroU16, config: CpuConfig) -> Result<Self, Misuse> {
        check_slice(config.slice)?;
        Ok(Self {
            workers,
            config,
            ready: Ready::default(),
            running: BTreeMap::new(),
            blocked: BTreeMap::new(),
            active: Active::default(),
            longest_request: config.slice,
            origin: 0,
        })
    }

    /// Takes in a new enclave, ready, owed nothing and owing nothing.
    ///
    /// # Errors
    ///
    /// [`Misuse::AlreadyQueued`], [`Misuse::Full`].
    pub fn add(&mut self, id: EnclaveId, weight: Weight, now: Timestamp) -> Result<(), Misuse> {
        if self.standing(id).is_some() {
            return Err(Misuse::AlreadyQueued(id));
        }
        if self.len() >= Self::MOST_ENCLAVES {
            return Err(Misuse::Full(Self::MOST_ENCLAVES));
        }
        self.make_ready(id, Sleeper { weight, request: self.config.slice, lag: Lag::ZERO }, now);
        Ok(())
    }

    /// Takes out an enclave that is ready or blocked. One that runs leaves by
    /// [`account`](Self::account) with [`After::Done`].
    ///
    /// # Errors
    ///
    /// [`Misuse::NotQueued`], [`Misuse::StillRunning`].
    pub fn remove(&mut self, id: EnclaveId) -> Result<(), Misuse> {
        if let Some(entity) = self.ready.remove(id) {
            self.active.leave(entity.weight, entity.vruntime);
            return Ok(());
        }
        if self.blocked.remove(&id).is_some() {
            return Ok(());
        }
        Err(self.worker_of(id).map_or(Misuse::NotQueued(id), |worker| Misuse::StillRunning(id, worker)))
    }

    /// Ends an enclave's wait. May come at any time, from anyone.
    pub fn wake(&mut self, id: EnclaveId, now: Timestamp) -> Wake {
        if let Some(sleeper) = self.blocked.remove(&id) {
            self.make_ready(id, sleeper, now);
            return Wake::BecameReady;
        }
        if let Some(turn) = self.running.values_mut().find(|turn| turn.entity.id == id) {
            turn.woken = true;
            return Wake::Remembered;
        }
        if self.ready.get(id).is_some() { Wake::WasReady } else { Wake::Gone }
    }

    /// Chooses what `worker` runs next. A worker that has not accounted for its run is told the same again.
    pub fn pick(&mut self, worker: WorkerId, now: Timestamp) -> Next {
        if let Some(Turn { entity, .. }) = self.running.get(&worker) {
            return Next::Run { id: entity.id, slice: entity.slice_left(), waited: Nanos::ZERO };
        }
        let eligible = self.ready.earliest_eligible(&self.active);
        let least_served = self.ready.least_served().filter(|_| !seeded(Mutant::CpuIdlesOnDebtors));
        let chosen = eligible.filter(|_| !seeded(Mutant::CpuIgnoresDeadlines)).or(least_served);
        let Some(mut entity) = chosen.map(|entity| entity.id).and_then(|id| self.ready.remove(id)) else {
            return Next::Idle;
        };
        let next = Next::Run { id: entity.id, slice: entity.slice_left(), waited: now.since(entity.since) };
        entity.since = now;
        self.running.insert(worker, Turn { entity, woken: false });
        next
    }

    /// Whether `pick` would rather have another enclave on this worker than the one it runs, and which:
    /// an eligible one that is due earlier. Asked at ticks and after wake-ups.
    #[must_use]
    pub fn contender(&self, worker: WorkerId) -> Option<EnclaveId> {
        let running = &self.running.get(&worker)?.entity;
        let first = self.ready.earliest_eligible(&self.active)?;
        first.deadline.is_earlier_than(running.deadline).then_some(first.id)
    }

    /// Ends an enclave's run: charges what it ran, and puts it where it wants to be next.
    ///
    /// An enclave that was woken while it ran and now says it blocks stays ready: the wake-up may
    /// have been what it is about to wait for.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotRunning`].
    pub fn account(&mut self, id: EnclaveId, ran: Nanos, now: Timestamp, after: After) -> Result<(), Misuse> {
        let turn = self.worker_of(id).and_then(|worker| self.running.remove(&worker));
        let Some(Turn { mut entity, woken }) = turn else {
            return Err(Misuse::NotRunning(id));
        };
        let picked_at = entity.vruntime;
        entity.charge(ran);
        self.active.moved(entity.weight, picked_at, entity.vruntime);
        self.forgive_unusable(&mut entity);
        entity.since = now;
        match after {
            After::Ready => self.ready.insert(entity),
            After::Blocked if woken => self.ready.insert(entity),
            After::Blocked => self.put_to_sleep(entity),
            After::Done => self.active.leave(entity.weight, entity.vruntime),
        }
        self.renormalise();
        Ok(())
    }

    /// Changes how much service an enclave asks for at a time, from its next request on.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotQueued`], [`Misuse::SliceOutOfRange`].
    pub fn set_slice(&mut self, id: EnclaveId, slice: Nanos) -> Result<(), Misuse> {
        check_slice(slice)?;
        let running = self.running.values_mut().map(|turn| &mut turn.entity).find(|entity| entity.id == id);
        let request = (running.or_else(|| self.ready.get_mut(id)).map(|entity| &mut entity.request))
            .or_else(|| self.blocked.get_mut(&id).map(|sleeper| &mut sleeper.request))
            .ok_or(Misuse::NotQueued(id))?;
        *request = slice;
        self.longest_request = self.longest_request.max(slice);
        Ok(())
    }

    /// Where an enclave is; `None` where it is not in the queue.
    #[must_use]
    pub fn standing(&self, id: EnclaveId) -> Option<Standing> {
        if self.ready.get(id).is_some() {
            return Some(Standing::Ready);
        }
        if self.blocked.contains_key(&id) {
            return Some(Standing::Blocked);
        }
        self.worker_of(id).map(Standing::Running)
    }

    /// What an enclave is owed. That of a running enclave is as of when it was picked; that of a
    /// blocked one is what it will wake with.
    #[must_use]
    pub fn lag(&self, id: EnclaveId) -> Option<Lag> {
        let running = self.running.values().map(|turn| &turn.entity).find(|entity| entity.id == id);
        let active = self.ready.get(id).or(running);
        active
            .map(|entity| self.active.lag(entity.weight, entity.vruntime))
            .or_else(|| self.blocked.get(&id).map(|sleeper| sleeper.lag))
    }

    /// Enclaves waiting for a worker, by id.
    pub fn ready(&self) -> impl Iterator<Item = EnclaveId> {
        self.ready.iter().map(|entity| entity.id)
    }

    /// Enclaves on a worker, by worker.
    pub fn running(&self) -> impl Iterator<Item = (WorkerId, EnclaveId)> {
        self.running.iter().map(|(worker, turn)| (*worker, turn.entity.id))
    }

    /// Enclaves waiting for a wake-up, by id.
    pub fn blocked(&self) -> impl Iterator<Item = EnclaveId> {
        self.blocked.keys().copied()
    }

    /// Everybody who wants CPU, ready and running: what [`pick`](Self::pick) chooses by.
    pub fn claims(&self) -> impl Iterator<Item = Claim> {
        let ready = self.ready.iter().map(|entity| Claim::of(entity, false, self.origin));
        ready.chain(self.running.values().map(|turn| Claim::of(&turn.entity, true, self.origin)))
    }

    /// How many enclaves there are, wherever they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ready.len() + self.running.len() + self.blocked.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn worker_of(&self, id: EnclaveId) -> Option<WorkerId> {
        self.running.iter().find(|(_, turn)| turn.entity.id == id).map(|(worker, _)| *worker)
    }

    fn make_ready(&mut self, id: EnclaveId, sleeper: Sleeper, now: Timestamp) {
        let Sleeper { weight, request, lag } = sleeper;
        let vruntime = self.active.place(weight, lag);
        self.active.join(weight, vruntime);
        self.ready.insert(Entity::starting(id, weight, request, vruntime, now));
    }

    fn put_to_sleep(&mut self, entity: Entity) {
        let Entity { id, weight, request, vruntime, .. } = entity;
        let lag = self.active.lag(weight, vruntime).kept_over_sleep(request);
        self.active.leave(weight, vruntime);
        self.blocked.insert(id, Sleeper { weight, request, lag });
    }

    /// Writes off what is owed beyond one longest request to an enclave whose
    /// weight entitles it to more than the one worker it can use.
    fn forgive_unusable(&mut self, entity: &mut Entity) {
        let lag = self.active.lag(entity.weight, entity.vruntime);
        let allowed = Lag::owed(self.longest_request);
        if lag.is_owed_more_than(allowed) && self.active.exceeds_one_worker(entity.weight, self.workers.get())
        {
            let before = entity.vruntime;
            entity.forgive(self.active.forgiving_step(entity.weight, lag, allowed));
            self.active.moved(entity.weight, before, entity.vruntime);
        }
    }

    fn renormalise(&mut self) {
        let shift = self.active.mean();
        if shift.abs() < Self::RENORMALISE_AT {
            return;
        }
        self.origin += shift;
        self.active.rebase(shift);
        self.ready.rebase(shift);
        self.running.values_mut().for_each(|turn| turn.entity.rebase(shift));
    }
}

fn check_slice(slice: Nanos) -> Result<(), Misuse> {
    let allowed = slice > Nanos::ZERO && slice <= RunQueue::LONGEST_SLICE;
    if allowed { Ok(()) } else { Err(Misuse::SliceOutOfRange(slice)) }
}

#[cfg(test)]
mod tests;
