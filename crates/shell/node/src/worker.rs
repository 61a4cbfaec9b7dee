//! One CPU of the node: takes the next enclave, enters it, runs it for a slice.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};

use casemate_cpu::{After, Misuse};
use casemate_model::{Nanos, WorkerId};
use casemate_report::{Stay, StayEnd};

use crate::clock::{Clock, thread_cpu_time};
use crate::guest::Ending;
use crate::notice::Notice;
use crate::schedule::{Schedule, Turn};
use crate::stays::Stays;
use crate::task::{Body, Lifecycle};
use crate::watch::Watch;

/// A worker and what it shares with the rest of the node.
pub(crate) struct Worker {
    pub(crate) id: WorkerId,
    pub(crate) schedule: Arc<Schedule>,
    pub(crate) clock: Clock,
    pub(crate) watch: Watch,
    pub(crate) notices: Sender<Notice>,
    /// Where stays are recorded, if anybody wants them.
    pub(crate) stays: Option<Arc<Stays>>,
    pub(crate) host: tokio::runtime::Handle,
}

impl Worker {
    /// Starts the worker's thread. It ends when the schedule is closed.
    pub(crate) fn spawn(self) -> std::io::Result<JoinHandle<()>> {
        thread::Builder::new().name(format!("casemate-{}", self.id)).spawn(move || self.run())
    }

    fn run(self) {
        // Faults are served on the signal stack this sets up, from the first on.
        wasmtime::Engine::tls_eager_initialize();
        // WASI's timers and files belong to this runtime.
        let _host = self.host.enter();
        while let Some(turn) = self.schedule.next(self.id) {
            self.take(&turn).expect("the queue gave this worker this enclave and waits for its account");
        }
    }

    /// One turn: a stay inside, unless the witness has lapsed; then the enclave is
    /// suspended. Whoever gets the enclave next waits until its body is let go.
    fn take(&self, turn: &Turn) -> Result<(), Misuse> {
        let task = &turn.task;
        let mut body = task.body();
        if let Some(account) = self.stay(turn, &mut body) {
            return account;
        }
        if let Lifecycle::Ready(enclave) = std::mem::replace(&mut body.lifecycle, Lifecycle::Gone) {
            body.lifecycle = Lifecycle::Suspended(enclave.suspend());
            self.watch.suspended(task.id());
            self.tell(Notice::Lapsed(task.id()));
        }
        self.schedule.turned_away(task.id())
    }

    /// Enters the enclave and runs its program until it ends, waits or its slice is
    /// over; the slice ends no later than the witness does. `None`: the witness does
    /// not hold, and nobody went in.
    fn stay(&self, turn: &Turn, body: &mut Body) -> Option<Result<(), Misuse>> {
        let (id, task) = (turn.task.id(), &turn.task);
        let Body { lifecycle: Lifecycle::Ready(enclave), execution: execution @ Some(_), cpu } = body else {
            // Suspended or ended since the queue last heard of it.
            return Some(self.schedule.turned_away(id));
        };
        let now = self.clock.now();
        let not_after = enclave.not_after();
        let mut inside = enclave.enter(self.id, now).ok()?;
        // From here on nobody else takes pages of its memory.
        let memory = task.memories.enter(self.id);
        self.watch.entered(id, self.id, now);
        if *cpu == Nanos::ZERO {
            self.tell(Notice::Started(id));
        }
        let slice = turn.slice.min(not_after.since(now));
        task.control.begin_slice(self.clock.monotonic().saturating_add(slice));
        let faults = self.stays.as_ref().map(|_| task.memories.stats().faults);
        let (yields, calls) = (task.control.yields(), task.control.eexits());
        let waker = self.schedule.waker(id);

        let before = thread_cpu_time();
        let progress = match execution.as_mut()?.reach(&inside) {
            Ok(program) => program.advance(&mut Context::from_waker(&waker)),
            Err(elsewhere) => Poll::Ready(Ending::Trapped(elsewhere.to_string())),
        };
        let ran = thread_cpu_time().saturating_sub(before).max(Nanos(1));
        *cpu = cpu.saturating_add(ran);
        if progress.is_ready() {
            // The store goes while its pages are still this worker's to touch.
            *execution = None;
        }
        // A call that waits is the exit that ends this stay; the others have returned.
        let waits = progress.is_pending() && task.control.yields() == yields;
        let returned = (task.control.eexits() - calls).saturating_sub(u64::from(waits));
        inside.called_out(u32::try_from(returned).unwrap_or(u32::MAX));

        let mut ended = None;
        let after = match progress {
            Poll::Ready(ending) => {
                match ending {
                    Ending::Exited(_) => inside.eexit(),
                    // What a program did not choose is an exception or an interrupt.
                    Ending::Trapped(_) | Ending::Tampered(_) | Ending::Stopped => inside.aex(),
                }
                ended = Some(ending);
                After::Done
            }
            Poll::Pending if waits => {
                inside.eexit();
                After::Blocked
            }
            Poll::Pending => {
                inside.aex();
                After::Ready
            }
        };
        // Accounted for while it is still entered: nobody takes its pages before.
        let until = self.clock.now();
        let account = self.schedule.left(id, self.id, until, ran, after);
        drop(memory);
        if let (Some(stays), Some(before)) = (&self.stays, faults) {
            let faults = task.memories.stats().faults.saturating_sub(before);
            let end = match after {
                After::Ready => StayEnd::Aex,
                After::Blocked => StayEnd::Eexit,
                After::Done => StayEnd::Over,
            };
            stays.record(Stay { worker: self.id, enclave: id, from: now, until, end, faults });
        }
        // Only now may the supervisor destroy it.
        if let Some(ending) = ended {
            self.tell(Notice::Ended(id, ending));
        }
        Some(account)
    }

    fn tell(&self, notice: Notice) {
        // The supervisor outlives its workers; once it has gone there is nobody to tell.
        let _ = self.notices.send(notice);
    }
}
