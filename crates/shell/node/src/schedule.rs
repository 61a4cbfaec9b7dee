//! Who runs next: the run queue, the enclaves in it and the workers waiting for work.
//!
//! The decision is `cpu`'s; here are the lock around it, the workers that wait
//! for it and the wakers that reach it from outside.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Wake, Waker};

use casemate_cpu::{After, Claim, CpuConfig, Lag, Misuse, Next, RunQueue, Standing, Wake as Woken, Weight};
use casemate_model::{EnclaveId, Nanos, Timestamp, WorkerId};

use crate::clock::Clock;
use crate::task::Task;
use crate::watch::Watch;

/// The node's run queue.
pub(crate) struct Schedule {
    inner: Mutex<Inner>,
    /// Signalled when an enclave becomes ready and when the schedule closes.
    work: Condvar,
    clock: Clock,
    watch: Watch,
}

struct Inner {
    queue: RunQueue,
    tasks: BTreeMap<EnclaveId, Arc<Task>>,
    closed: bool,
}

/// One turn on a CPU.
pub(crate) struct Turn {
    pub(crate) task: Arc<Task>,
    /// How long it may take.
    pub(crate) slice: Nanos,
}

/// An enclave's share of the CPU, as of its last exit.
pub(crate) struct Share {
    pub(crate) standing: Standing,
    /// What it received.
    pub(crate) cpu: Nanos,
    /// What its weight entitled it to: received and owed together.
    pub(crate) fair: Nanos,
}

impl Schedule {
    /// # Errors
    ///
    /// A slice the run queue does not accept.
    pub(crate) fn new(
        workers: NonZeroU16,
        config: CpuConfig,
        clock: Clock,
        watch: Watch,
    ) -> Result<Arc<Self>, Misuse> {
        let queue = RunQueue::new(workers, config)?;
        let inner = Inner { queue, tasks: BTreeMap::new(), closed: false };
        Ok(Arc::new(Self { inner: Mutex::new(inner), work: Condvar::new(), clock, watch }))
    }

    /// Lets an attested enclave compete for the CPU.
    ///
    /// # Errors
    ///
    /// Where the queue is full or has an enclave of this id.
    pub(crate) fn add(&self, task: Arc<Task>, weight: Weight) -> Result<(), Misuse> {
        let mut inner = self.lock();
        inner.queue.add(task.id(), weight, self.now())?;
        inner.tasks.insert(task.id(), task);
        self.work.notify_one();
        Ok(())
    }

    /// Makes a blocked enclave ready. One that is running is not lost: it goes on.
    pub(crate) fn wake(&self, id: EnclaveId) {
        if self.lock().queue.wake(id, self.now()) == Woken::BecameReady {
            self.work.notify_one();
        }
    }

    /// Ends the slice of every enclave that should make way for a more urgent one.
    /// Each looks at its slice when the present epoch ends.
    pub(crate) fn preempt_where_due(&self) {
        let inner = self.lock();
        for (worker, id) in inner.queue.running() {
            if inner.queue.contender(worker).is_some()
                && let Some(task) = inner.tasks.get(&id)
            {
                task.control.end_slice();
            }
        }
    }

    /// Waits until there is an enclave for `worker` to run; `None` once closed.
    pub(crate) fn next(&self, worker: WorkerId) -> Option<Turn> {
        let mut inner = self.lock();
        loop {
            if inner.closed {
                return None;
            }
            let claims: Vec<Claim> = inner.queue.claims().collect();
            let next = inner.queue.pick(worker, self.now());
            let picked = match next {
                Next::Run { id, .. } => Some(id),
                Next::Idle => None,
            };
            self.watch.picked(worker, picked, &claims);
            if let Next::Run { id, slice, .. } = next
                && let Some(task) = inner.tasks.get(&id)
            {
                return Some(Turn { task: Arc::clone(task), slice });
            }
            inner = self.work.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends a turn in which `worker` was inside: `id` left at `at`, used `ran` of CPU time and is now `after`.
    ///
    /// # Errors
    ///
    /// Where the queue did not have it running: a fault of the worker.
    pub(crate) fn left(
        &self,
        id: EnclaveId,
        worker: WorkerId,
        at: Timestamp,
        ran: Nanos,
        after: After,
    ) -> Result<(), Misuse> {
        let mut inner = self.lock();
        self.watch.left(id, worker, at, ran, after);
        inner.account(id, ran, self.now(), after)
    }

    /// Ends a turn in which nobody went in; the enclave waits to be woken.
    ///
    /// # Errors
    ///
    /// As [`Schedule::left`].
    pub(crate) fn turned_away(&self, id: EnclaveId) -> Result<(), Misuse> {
        self.lock().account(id, Nanos::ZERO, self.now(), After::Blocked)
    }

    /// What each enclave has had of the CPU, at one moment.
    pub(crate) fn shares(&self) -> BTreeMap<EnclaveId, Share> {
        let inner = self.lock();
        let share = |(&id, task): (&EnclaveId, &Arc<Task>)| {
            let cpu = task.control.charged();
            let owed = inner.queue.lag(id).map_or(0, Lag::as_nanos);
            let fair = Nanos(cpu.0.saturating_add_signed(owed));
            Some((id, Share { standing: inner.queue.standing(id)?, cpu, fair }))
        };
        inner.tasks.iter().filter_map(share).collect()
    }

    /// Takes out an enclave: at once, or after its present turn. Nothing where it is not here.
    pub(crate) fn remove(&self, id: EnclaveId) {
        let mut inner = self.lock();
        inner.tasks.remove(&id);
        // One that is on a worker leaves when its turn is accounted for.
        let _ = inner.queue.remove(id);
    }

    /// Tells every worker to stop after its present turn.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
    }

    /// Wakes enclave `id` when the host has what it waited for. Outliving the
    /// schedule or the enclave, it does nothing.
    pub(crate) fn waker(self: &Arc<Self>, id: EnclaveId) -> Waker {
        Waker::from(Arc::new(Alarm { schedule: Arc::downgrade(self), id }))
    }

    /// The queue's time is the node's monotonic clock, counted from its start.
    fn now(&self) -> Timestamp {
        Timestamp(self.clock.monotonic().0)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A worker that panicked under the lock left the queue between two of its
        // own transitions; the others go on.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn account(&mut self, id: EnclaveId, ran: Nanos, now: Timestamp, after: After) -> Result<(), Misuse> {
        let after = match self.tasks.get(&id) {
            Some(task) => {
                task.control.charge(ran);
                after
            }
            None => After::Done,
        };
        self.queue.account(id, ran, now, after)?;
        if after == After::Done {
            self.tasks.remove(&id);
        }
        Ok(())
    }
}

struct Alarm {
    schedule: Weak<Schedule>,
    id: EnclaveId,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(schedule) = self.schedule.upgrade() {
            schedule.wake(self.id);
        }
    }
}
