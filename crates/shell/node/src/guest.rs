//! One program inside its enclave: what it holds, and every way out of it.
//!
//! A program leaves its enclave in two ways, and both are here: a host call
//! (EEXIT), seen by the store's call hook, and an epoch interruption (AEX), seen
//! by the epoch callback. At each of them an enclave whose memory failed to
//! authenticate, or that has been asked to stop, is ended instead. That is what
//! lets the fault handler put a blank page under a program it has just
//! condemned: nothing the program computes from it gets out.

use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes as Buffer;
use casemate_model::Bytes;
use tokio::io::AsyncWrite;
use wasmtime::{CallHook, ResourceLimiter, Store, UpdateDeadline};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

use crate::clock::Clock;
use crate::control::Control;
use crate::engine::Program;
use crate::memories::{EXCEPTION_HEAP_BYTES, Memories};
use crate::output::OutputLog;
use crate::pager::Poison;
use crate::volumes::Mounted;

/// The most elements a program's tables may have together: they live outside the pool.
const TABLE_ELEMENTS_MAX: usize = 1 << 20;
/// The most bytes of output one host call may hand over.
const WRITE_BYTES_MAX: usize = 64 * 1024;
/// The most bytes of its memory a program may have one host call copy, to or from a file for one: the
/// copy lies outside of the pool. What asks for more is answered with `ENOMEM`.
const CALL_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most random bytes one host call may ask for.
const RANDOM_BYTES_MAX: u64 = 1 << 20;

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It returned or called `proc_exit`.
    Exited(i32),
    /// It did what WebAssembly forbids.
    Trapped(String),
    /// One of its sealed pages did not authenticate.
    Tampered(Poison),
    /// It was told to stop.
    Stopped,
}

/// What the container tells its program.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// `argv`, the program's name first.
    pub args: Vec<String>,
    /// The environment, in order.
    pub env: Vec<(String, String)>,
}

/// A program's store: its WASI state and its boundary.
pub struct Guest {
    wasi: WasiP1Ctx,
    boundary: Boundary,
}

/// Everything that watches a program's exits.
#[derive(Clone)]
pub(crate) struct Boundary {
    pub(crate) control: Arc<Control>,
    pub(crate) memories: Arc<Memories>,
    pub(crate) clock: Clock,
    pub(crate) limit: Bytes,
    /// Elements its tables have together.
    pub(crate) table_elements: usize,
}

/// A program in motion.
pub(crate) struct Execution {
    future: Pin<Box<dyn Future<Output = Ending> + Send>>,
    memories: Arc<Memories>,
}

impl Execution {
    /// Runs the program until it ends, waits for the host or is interrupted.
    pub(crate) fn advance(&mut self, context: &mut Context<'_>) -> Poll<Ending> {
        let future = self.future.as_mut();
        self.memories.while_current(|| future.poll(context))
    }
}

impl Guest {
    /// What a call of the host works on: reached once a call, so the call is counted here.
    /// The store's call hook would count the compiler's own helpers as well.
    pub(crate) fn wasi(&mut self) -> &mut WasiP1Ctx {
        self.boundary.control.count_eexit();
        &mut self.wasi
    }

    /// A program ready to be polled. Nothing of it runs, and none of its memory
    /// exists, before the first poll.
    ///
    /// # Errors
    ///
    /// A directory cannot be shown to it.
    pub(crate) fn execution(
        program: Program,
        invocation: &Invocation,
        mounts: &[Mounted],
        log: OutputLog,
        boundary: Boundary,
    ) -> wasmtime::Result<Execution> {
        let stream = LogStream { log, boundary: boundary.clone() };
        let mut wasi = WasiCtxBuilder::new();
        wasi.args(&invocation.args)
            .envs(&invocation.env)
            .stdout(stream.clone())
            .stderr(stream)
            .max_random_size(RANDOM_BYTES_MAX);
        for Mounted { directory, path, is_writable } in mounts {
            // The directory that was opened, whatever has its name by now.
            let opened = format!("/proc/self/fd/{}", directory.as_raw_fd());
            let permissions = if *is_writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
            wasi.preopened_dir(opened, path, permissions)?;
        }
        let guest = Self { wasi: wasi.build_p1(), boundary: boundary.clone() };
        let memories = Arc::clone(&boundary.memories);
        let future = Box::pin(async move {
            let result = run(program, guest).await;
            boundary.ending(result)
        });
        Ok(Execution { future, memories })
    }
}

async fn run(program: Program, guest: Guest) -> wasmtime::Result<()> {
    let mut store = Store::new(program.pre().module().engine(), guest);
    store.limiter(|guest| &mut guest.boundary);
    store.call_hook(|store, hook| store.data().boundary.cross(hook));
    store.epoch_deadline_callback(|store| store.data().boundary.interrupt());
    store.set_epoch_deadline(1);
    store.set_hostcall_fuel(CALL_BYTES_MAX);
    let instance = program.pre().instantiate_async(&mut store).await?;
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
    start.call_async(&mut store, ()).await
}

/// Ends a condemned program from inside a hook; what ended it is read from the
/// memory or the control, never from this.
#[derive(Debug, thiserror::Error)]
#[error("the enclave was ended at its boundary")]
struct EndedAtBoundary;

impl Boundary {
    fn check(&self) -> wasmtime::Result<()> {
        if self.control.stop_requested() || self.memories.poison().is_some() {
            return Err(EndedAtBoundary.into());
        }
        Ok(())
    }

    /// A host call begins or has ended.
    fn cross(&self, hook: CallHook) -> wasmtime::Result<()> {
        match hook {
            CallHook::CallingHost | CallHook::ReturningFromHost => self.check(),
            CallHook::CallingWasm | CallHook::ReturningFromWasm => Ok(()),
        }
    }

    /// An epoch has ended while the program ran.
    fn interrupt(&self) -> wasmtime::Result<UpdateDeadline> {
        self.check()?;
        if self.control.slice_is_over(self.clock.monotonic()) {
            self.control.count_yield();
            Ok(UpdateDeadline::Yield(1))
        } else {
            Ok(UpdateDeadline::Continue(1))
        }
    }

    /// What a finished run means. A page that did not authenticate explains
    /// whatever the program did afterwards.
    fn ending(&self, result: wasmtime::Result<()>) -> Ending {
        if let Some(poison) = self.memories.poison() {
            return Ending::Tampered(poison);
        }
        let error = match result {
            Ok(()) => return Ending::Exited(0),
            Err(error) => error,
        };
        if let Some(I32Exit(code)) = error.downcast_ref() {
            return Ending::Exited(*code);
        }
        if error.is::<EndedAtBoundary>() {
            return Ending::Stopped;
        }
        match error.downcast_ref::<wasmtime::Trap>() {
            Some(trap) => Ending::Trapped(trap.to_string()),
            None => Ending::Trapped(format!("{error:#}")),
        }
    }
}

impl ResourceLimiter for Boundary {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let is_linear = self.memories.is_linear(Bytes(current as u64));
        let limit = if is_linear { self.limit } else { EXCEPTION_HEAP_BYTES };
        let allowed = desired as u64 <= limit.0 && maximum.is_none_or(|maximum| desired <= maximum);
        if !allowed && is_linear {
            self.control.count_refused_growth();
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let all = self.table_elements.saturating_add(desired.saturating_sub(current));
        let allowed = all <= TABLE_ELEMENTS_MAX && maximum.is_none_or(|maximum| desired <= maximum);
        if allowed {
            self.table_elements = all;
        }
        Ok(allowed)
    }
}

/// stdout and stderr: straight to the log, unless the enclave is condemned.
#[derive(Clone)]
struct LogStream {
    log: OutputLog,
    boundary: Boundary,
}

impl IsTerminal for LogStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LogStream {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for LogStream {
    async fn ready(&mut self) {}
}

impl OutputStream for LogStream {
    fn write(&mut self, output: Buffer) -> StreamResult<()> {
        self.boundary.check().map_err(StreamError::Trap)?;
        self.log.write(&output).map_err(|error| StreamError::LastOperationFailed(error.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }
}

impl AsyncWrite for LogStream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, output: &[u8]) -> Poll<std::io::Result<usize>> {
        if self.boundary.check().is_err() {
            return Poll::Ready(Err(std::io::ErrorKind::PermissionDenied.into()));
        }
        Poll::Ready(self.log.write(output).map(|()| output.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
