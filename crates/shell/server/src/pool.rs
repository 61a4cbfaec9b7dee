//! The threads that verify: one a core, fed in the order of arrival, each identical question asked
//! once however many wait for its answer.
//!
//! Bounded by whoever submits: a job exists only while a request holds a permit.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::watch;

/// What makes two jobs the same: a digest over everything that decides the answer.
pub(crate) type Key = [u8; 32];

type Work<T> = Box<dyn FnOnce() -> T + Send>;

/// Waits for an answer. `None` where the work panicked, or the pool has stopped.
pub(crate) struct Answer<T> {
    receiver: watch::Receiver<Option<Arc<T>>>,
    /// Whether somebody else had asked the same before.
    pub(crate) coalesced: bool,
}

impl<T> Answer<T> {
    pub(crate) async fn get(mut self) -> Option<Arc<T>> {
        self.receiver.wait_for(Option::is_some).await.ok()?.clone()
    }
}

/// Worker threads and what they have to do.
pub(crate) struct Pool<T> {
    shared: Arc<Shared<T>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    work: Condvar,
}

struct Job<T> {
    key: Key,
    work: Work<T>,
    sender: watch::Sender<Option<Arc<T>>>,
}

struct State<T> {
    queue: VecDeque<Job<T>>,
    flights: BTreeMap<Key, watch::Receiver<Option<Arc<T>>>>,
    stopped: bool,
}

impl<T: Send + Sync + 'static> Pool<T> {
    /// Starts `workers` threads.
    pub(crate) fn new(workers: usize) -> std::io::Result<Self> {
        let state = State { queue: VecDeque::new(), flights: BTreeMap::new(), stopped: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), work: Condvar::new() });
        let start = |nth: usize| {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("verify-{nth}")).spawn(move || shared.run())
        };
        let threads = (0..workers.max(1)).map(start).collect::<Result<_, _>>()?;
        Ok(Self { shared, threads: Mutex::new(threads) })
    }

    /// Has the work done, unless the same is under way.
    pub(crate) fn submit(&self, key: Key, work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
        let mut state = self.shared.lock();
        if let Some(receiver) = state.flights.get(&key) {
            return Answer { receiver: receiver.clone(), coalesced: true };
        }
        let (sender, receiver) = watch::channel(None);
        // After the stop the sender is dropped, which is what whoever waits is told by.
        if !state.stopped {
            state.flights.insert(key, receiver.clone());
            state.queue.push_back(Job { key, work: Box::new(work), sender });
            self.shared.work.notify_one();
        }
        Answer { receiver, coalesced: false }
    }

    /// Jobs that wait for a thread.
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
        while let Some(Job { key, work, sender }) = self.next() {
            let answer = catch_unwind(AssertUnwindSafe(work));
            self.lock().flights.remove(&key);
            match answer {
                Ok(answer) => drop(sender.send(Some(Arc::new(answer)))),
                // The hook has printed where. Whoever waits is told by the sender's end.
                Err(_) => tracing::error!("verification panicked; the request is answered 500"),
            }
        }
    }

    fn next(&self) -> Option<Job<T>> {
        let state = self.lock();
        let idle = |state: &mut State<T>| state.queue.is_empty() && !state.stopped;
        self.work.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner).queue.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn wait<T>(answer: Answer<T>) -> Option<Arc<T>> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(answer.get())
    }

    #[test]
    fn the_same_question_is_asked_once_while_it_is_under_way() {
        let pool = Pool::new(1).expect("threads");
        let (go, gate) = mpsc::channel::<()>();
        let first = pool.submit([1; 32], move || gate.recv().map(|()| 7));
        let second = pool.submit([1; 32], || Ok(8));
        let other = pool.submit([2; 32], || Ok(9));
        assert!(!first.coalesced && second.coalesced && !other.coalesced);
        go.send(()).expect("it waits");
        assert_eq!(wait(first).as_deref(), Some(&Ok(7)));
        assert_eq!(wait(second).as_deref(), Some(&Ok(7)));
        assert_eq!(wait(other).as_deref(), Some(&Ok(9)));
        let later = pool.submit([1; 32], || Ok(10));
        assert_eq!(wait(later).as_deref(), Some(&Ok(10)), "an answer is not kept");
        pool.stop();
    }

    #[test]
    fn work_that_panics_fails_alone() {
        let pool = Pool::<u8>::new(1).expect("threads");
        let broken = pool.submit([1; 32], || panic!("as tests do"));
        let whole = pool.submit([2; 32], || 1);
        assert_eq!(wait(broken), None);
        assert_eq!(wait(whole).as_deref(), Some(&1));
        pool.stop();
    }

    #[test]
    fn a_stop_has_the_rest_done_and_takes_nothing_on() {
        let pool = Pool::new(1).expect("threads");
        let answers: Vec<_> = (0..10_u8).map(|nth| pool.submit([nth; 32], move || nth)).collect();
        pool.stop();
        let done: Vec<_> = answers.into_iter().map(|it| wait(it).map(|it| *it)).collect();
        assert_eq!(done, (0..10).map(Some).collect::<Vec<_>>());
        assert_eq!(wait(pool.submit([1; 32], || 1)), None);
    }
}
