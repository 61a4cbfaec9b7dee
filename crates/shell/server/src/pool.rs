//! The threads that verify, one a core, fed by the verifier's [`Queue`]: fair to tenants, in the order of
//! priority and deadline, each platform verified once, each identical question asked once.
//!
//! What waits is bounded by the queue; whoever no longer waits for an answer is struck from it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use casemate_verifier::queue::{Busy, Limits, Name, Queue, Request, Ticket};
use tokio::sync::oneshot;

use crate::clock::Clock;

type Work<T> = Box<dyn FnOnce() -> T + Send>;

/// Waits for an answer; dropped, it waits no longer.
pub(crate) struct Answer<T: Send + Sync + 'static> {
    receiver: oneshot::Receiver<Arc<T>>,
    ticket: Ticket,
    shared: Arc<Shared<T>>,
    /// Whether somebody else had asked the same before.
    pub(crate) coalesced: bool,
}

impl<T: Send + Sync + 'static> Answer<T> {
    /// `None` where the work panicked, took too long, or the pool has stopped.
    pub(crate) async fn get(mut self) -> Option<Arc<T>> {
        (&mut self.receiver).await.ok()
    }
}

impl<T: Send + Sync + 'static> Drop for Answer<T> {
    fn drop(&mut self) {
        self.shared.lock().cancel(self.ticket);
    }
}

/// Worker threads and what they have to do.
pub(crate) struct Pool<T> {
    shared: Arc<Shared<T>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    clock: Arc<dyn Clock>,
    work: Condvar,
}

struct State<T> {
    queue: Queue,
    /// Of everything somebody waits for.
    asked: BTreeMap<Name, Asked<T>>,
    waiters: BTreeMap<Ticket, (Name, oneshot::Sender<Arc<T>>)>,
    stopped: bool,
}

struct Asked<T> {
    /// `None` once a thread has taken it, until somebody asks the same again.
    work: Option<Work<T>>,
    waiters: usize,
}

impl<T: Send + Sync + 'static> Pool<T> {
    /// Starts `workers` threads.
    pub(crate) fn new(workers: usize, limits: Limits, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let (asked, waiters) = Default::default();
        let state = State { queue: Queue::new(limits), asked, waiters, stopped: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), clock, work: Condvar::new() });
        let start = |nth: usize| {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("verify-{nth}")).spawn(move || shared.run())
        };
        let threads = (0..workers.max(1)).map(start).collect::<Result<_, _>>()?;
        Ok(Self { shared, threads: Mutex::new(threads) })
    }

    /// Has the work done, unless the same is under way. After the stop it is not done, which is what
    /// whoever waits is told.
    ///
    /// # Errors
    ///
    /// Where there is no room for it now.
    pub(crate) fn submit(
        &self,
        request: Request,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Answer<T>, Busy> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.shared.lock();
        let name = request.evidence;
        let ticket = state.queue.push(request, self.shared.clock.now())?;
        let asked = state.asked.entry(name).or_insert(Asked { work: None, waiters: 0 });
        let coalesced = asked.waiters > 0;
        asked.waiters += 1;
        // Where a thread is at it, this is for the case that it is taken for lost.
        asked.work.get_or_insert_with(|| Box::new(work));
        state.waiters.insert(ticket, (name, sender));
        if state.stopped {
            state.cancel(ticket);
        }
        drop(state);
        self.shared.work.notify_one();
        Ok(Answer { receiver, ticket, shared: Arc::clone(&self.shared), coalesced })
    }

    /// Requests that wait or are in work.
    pub(crate) fn depth(&self) -> usize {
        self.shared.lock().queue.len()
    }

    /// Has what was submitted done, and ends the threads.
    pub(crate) fn stop(&self) {
        self.shared.lock().stopped = true;
        self.shared.work.notify_all();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A worker catches what its work throws.
            let _ = thread.join();
        }
    }
}

impl<T> Shared<T> {
    fn run(&self) {
        while let Some((job, work)) = self.next() {
            match catch_unwind(AssertUnwindSafe(work)) {
                Ok(answer) => self.lock().answer(job, &Arc::new(answer)),
                Err(_) => {
                    // The hook has printed where. Whoever waits is told by the sender's end.
                    tracing::error!("verification panicked; the request is answered 500");
                    let mut state = self.lock();
                    state.queue.done(job).into_iter().for_each(|it| drop(state.leave(it)));
                }
            }
            // What was held back for this platform may go on, and who stops may be waiting for the last.
            self.work.notify_all();
        }
    }

    fn next(&self) -> Option<(Ticket, Work<T>)> {
        let mut state = self.lock();
        loop {
            let now = self.clock.now();
            state.queue.lost(now).into_iter().for_each(|it| drop(state.leave(it)));
            if let Some(job) = state.queue.next(now) {
                match state.asked.get_mut(&job.evidence).and_then(|it| it.work.take()) {
                    Some(work) => return Some((job.ticket, work)),
                    // Nobody waits for it any more.
                    None => drop(state.queue.done(job.ticket)),
                }
            } else if state.stopped && state.queue.is_empty() {
                return None;
            } else {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn answer(&mut self, job: Ticket, answer: &Arc<T>) {
        for waiter in self.queue.done(job) {
            if let Some(sender) = self.leave(waiter) {
                // Who went away meanwhile needs no answer.
                drop(sender.send(Arc::clone(answer)));
            }
        }
    }

    fn cancel(&mut self, ticket: Ticket) {
        if self.leave(ticket).is_some() {
            self.queue.cancel(ticket);
        }
    }

    /// Somebody waits no more. What nobody waits for is dropped.
    fn leave(&mut self, ticket: Ticket) -> Option<oneshot::Sender<Arc<T>>> {
        let (name, sender) = self.waiters.remove(&ticket)?;
        if let Some(asked) = self.asked.get_mut(&name) {
            asked.waiters = asked.waiters.saturating_sub(1);
            if asked.waiters == 0 {
                self.asked.remove(&name);
            }
        }
        Some(sender)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::mpsc;

    use casemate_model::{Nanos, Timestamp};
    use casemate_verifier::queue::{Full, Priority};

    use super::*;
    use crate::clock::SystemClock;

    fn limits() -> Limits {
        Limits { total: 16, per_tenant: 10, ..Limits::default() }
    }

    fn pool<T: Send + Sync + 'static>() -> Pool<T> {
        Pool::new(1, limits(), Arc::new(SystemClock)).expect("threads")
    }

    fn request(tenant: &str, name: u8) -> Request {
        Request {
            tenant: tenant.to_owned(),
            priority: Priority::Normal,
            deadline: Timestamp(u64::MAX),
            evidence: [name; 32],
            flight: None,
        }
    }

    fn wait<T: Send + Sync + 'static>(answer: Answer<T>) -> Option<Arc<T>> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(answer.get())
    }

    /// A pool whose one thread is held by a job until something is sent.
    fn held<T: Send + Sync + 'static>(answer: T) -> (Pool<T>, Answer<T>, mpsc::Sender<()>) {
        let (pool, (go, gate), (begin, begun)) = (pool(), mpsc::channel(), mpsc::channel());
        let work = move || {
            begin.send(()).expect("somebody waits for that");
            gate.recv().expect("it is sent");
            answer
        };
        let first = pool.submit(request("a", 1), work).expect("room");
        begun.recv().expect("it begins");
        (pool, first, go)
    }

    #[test]
    fn the_same_question_is_asked_once_while_it_is_under_way() {
        let (pool, first, go) = held(7);
        let second = pool.submit(request("a", 1), || 8).expect("room");
        let other = pool.submit(request("a", 2), || 9).expect("room");
        assert!(!first.coalesced && second.coalesced && !other.coalesced);
        go.send(()).expect("it waits");
        assert_eq!(wait(first).as_deref(), Some(&7));
        assert_eq!(wait(second).as_deref(), Some(&7));
        assert_eq!(wait(other).as_deref(), Some(&9));
        let later = pool.submit(request("a", 1), || 10).expect("room");
        assert_eq!(wait(later).as_deref(), Some(&10), "an answer is not kept");
        pool.stop();
    }

    #[test]
    fn a_tenant_that_floods_is_sent_away_and_delays_nobody_else() {
        let (pool, first, go) = held(0);
        let flood: Vec<_> = (2..=10).map(|it| pool.submit(request("a", it), || 1).expect("room")).collect();
        let busy = pool.submit(request("a", 11), || 1).err().expect("its share is full");
        assert_eq!(busy.full, Full::Tenant { limit: 10 });
        let (order, done) = mpsc::channel();
        let tell = |tenant: &'static str| {
            let order = order.clone();
            move || order.send(tenant).map_or(0, |()| 2)
        };
        let other = pool.submit(request("b", 12), tell("b")).expect("room for others");
        drop(flood.into_iter().next());
        let last = pool.submit(request("a", 13), tell("a")).expect("who left made room");
        go.send(()).expect("it waits");
        assert_eq!((wait(first).as_deref(), wait(other).as_deref()), (Some(&0), Some(&2)));
        assert_eq!(wait(last).as_deref(), Some(&2));
        assert_eq!(done.try_iter().collect::<Vec<_>>(), ["b", "a"]);
        pool.stop();
    }

    #[test]
    fn what_is_urgent_is_done_first() {
        let (pool, first, go) = held(0);
        let (order, done) = mpsc::channel();
        let submit = |name: u8, priority| {
            let order = order.clone();
            let work = move || order.send(name).map_or(0, |()| 1);
            pool.submit(Request { priority, ..request("a", name) }, work).expect("room")
        };
        let answers = [(2, Priority::Renewal), (3, Priority::Normal), (4, Priority::Urgent)];
        let answers = answers.map(|(name, priority)| submit(name, priority));
        go.send(()).expect("it waits");
        answers.into_iter().chain([first]).for_each(|it| assert!(wait(it).is_some()));
        assert_eq!(done.try_iter().collect::<Vec<_>>(), [4, 3, 2]);
        pool.stop();
    }

    #[test]
    fn who_waits_no_more_leaves_no_work_behind() {
        let (pool, first, go) = held(0);
        let (tell, told) = mpsc::channel::<()>();
        let left = pool.submit(request("a", 2), move || tell.send(()).map_or(0, |()| 1)).expect("room");
        assert_eq!(pool.depth(), 2);
        drop(left);
        assert_eq!(pool.depth(), 1);
        assert_eq!(told.recv(), Err(mpsc::RecvError), "it was dropped, not done");
        drop(first);
        go.send(()).expect("it is in work all the same");
        assert_eq!(wait(pool.submit(request("a", 3), || 4).expect("room")).as_deref(), Some(&4));
        assert_eq!(pool.depth(), 0);
        pool.stop();
    }

    #[test]
    fn platforms_are_verified_once_at_a_time() {
        let pool = Pool::new(2, limits(), Arc::new(SystemClock)).expect("threads");
        let of_platform = |name| Request { flight: Some([9; 32]), ..request("a", name) };
        let ((go, gate), (begin, begun)) = (mpsc::channel::<()>(), mpsc::channel::<()>());
        let first = move || {
            begin.send(()).expect("somebody waits for that");
            gate.recv().map_or(0, |()| 1)
        };
        let first = pool.submit(of_platform(1), first).expect("room");
        begun.recv().expect("it begins");
        let held_back = pool.submit(of_platform(2), || 2).expect("room");
        let free = pool.submit(request("a", 3), || 3).expect("room");
        assert_eq!(wait(free).as_deref(), Some(&3), "the other thread is not held up");
        assert_eq!(pool.depth(), 2);
        go.send(()).expect("it waits");
        assert_eq!((wait(first).as_deref(), wait(held_back).as_deref()), (Some(&1), Some(&2)));
        pool.stop();
    }

    #[test]
    fn work_that_panics_fails_alone() {
        let pool = pool::<u8>();
        let broken = pool.submit(request("a", 1), || panic!("as tests do")).expect("room");
        let whole = pool.submit(request("a", 2), || 1).expect("room");
        assert_eq!(wait(broken), None);
        assert_eq!(wait(whole).as_deref(), Some(&1));
        assert_eq!(pool.depth(), 0);
        pool.stop();
    }

    #[test]
    fn work_that_does_not_end_is_given_up() {
        let limits = Limits { patience: Nanos(0), per_second: NonZeroU32::MIN, ..limits() };
        let pool = Pool::new(2, limits, Arc::new(SystemClock)).expect("threads");
        let ((go, gate), (begin, begun)) = (mpsc::channel::<()>(), mpsc::channel::<()>());
        let stuck = move || {
            begin.send(()).expect("somebody waits for that");
            gate.recv().map_or(0, |()| 1)
        };
        let stuck = pool.submit(request("a", 1), stuck).expect("room");
        begun.recv().expect("it begins");
        // Whatever comes next has the other thread look.
        assert_eq!(wait(pool.submit(request("a", 2), || 2).expect("room")).as_deref(), Some(&2));
        assert_eq!(wait(stuck), None);
        go.send(()).expect("it waits");
        pool.stop();
    }

    #[test]
    fn a_stop_has_the_rest_done_and_takes_nothing_on() {
        let pool = pool();
        let answers: Vec<_> =
            (0..10_u8).map(|nth| pool.submit(request("a", nth), move || nth).expect("room")).collect();
        pool.stop();
        let done: Vec<_> = answers.into_iter().map(|it| wait(it).map(|it| *it)).collect();
        assert_eq!(done, (0..10).map(Some).collect::<Vec<_>>());
        assert_eq!(wait(pool.submit(request("a", 1), || 1).expect("room")), None);
    }
}
