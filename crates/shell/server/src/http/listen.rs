//! The listener: connections in, each with its limits, until told to stop.
//!
//! hyper's own server rather than `axum::serve`, for the time it gives a client to send its headers
//! and for the number of connections. HTTP/1.1 only, without TLS: it listens on loopback or behind
//! whatever ends TLS in front of it.

use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use casemate_model::Nanos;
use casemate_verifier::queue;
use futures_util::future::{Either, select};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// What a client may take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// Requests whose evidence is held at once; more are answered 503. One tenant may have half as many
    /// pieces of evidence waiting or in work.
    pub requests: usize,
    /// The longest body in bytes.
    pub body_bytes: usize,
    /// The most attesters in one batch, unless one tenant's share is less.
    pub batch: usize,
    /// For the headers of a request, and for the next request of a connection.
    pub header_time: Duration,
    /// For the body of a request.
    pub body_time: Duration,
    /// For an answer, once the body is there.
    pub answer_time: Duration,
    /// What whoever is sent away is told to wait.
    pub retry_after: Duration,
    /// For requests under way when the service stops.
    pub shutdown_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            requests: 256,
            body_bytes: 1024 * 1024,
            batch: 128,
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            answer_time: Duration::from_secs(60),
            retry_after: Duration::from_secs(1),
            shutdown_time: Duration::from_secs(20),
        }
    }
}

/// Pieces of evidence that wait or are in work, of all tenants.
const QUEUE: usize = 4096;
/// Pieces one thread verifies in a second at least: what the estimate of a wait rests on.
const PER_SECOND: u32 = 1000;

impl Limits {
    /// Pieces of evidence of one tenant that wait or are in work.
    pub(crate) fn per_tenant(&self) -> usize {
        (self.requests / 2).max(1)
    }

    /// The most attesters in one batch.
    pub(crate) fn per_batch(&self) -> usize {
        self.batch.min(self.per_tenant())
    }

    /// What the queue before this many threads holds.
    pub(crate) fn queue(&self, workers: usize) -> queue::Limits {
        let workers = u32::try_from(workers).unwrap_or(u32::MAX);
        let per_second = NonZeroU32::new(workers.saturating_mul(PER_SECOND)).unwrap_or(NonZeroU32::MIN);
        let patience = Nanos(u64::try_from(self.answer_time.as_nanos()).unwrap_or(u64::MAX));
        queue::Limits { total: QUEUE, per_tenant: self.per_tenant(), per_second, patience }
    }
}

/// Bytes of a request's head, and of what is buffered of a body that nobody reads yet.
const BUFFER_BYTES: usize = 16 * 1024;
/// After an accept that failed (out of file descriptors), so as not to spin.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Serves until `stop` says so, and then until what is under way is answered.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let connections = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_buf_size(BUFFER_BYTES)
        .half_close(false);
    while let Some(stream) = next(&listener, &connections, &mut stop).await {
        let (stream, permit) = match stream {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(AFTER_FAILURE).await;
                continue;
            }
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(server.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    let rest = graceful.count();
    tracing::info!(connections = rest, "stopping: what is under way is answered");
    if tokio::time::timeout(limits.shutdown_time, graceful.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests under way: their time was up");
    }
}

type Accepted = (TcpStream, tokio::sync::OwnedSemaphorePermit);

/// The next connection, or `None` when it is time to stop.
async fn next(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
    stop: &mut watch::Receiver<bool>,
) -> Option<io::Result<Accepted>> {
    let accept = Box::pin(async {
        let permit = Arc::clone(connections).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, _) = listener.accept().await?;
        // Answers are single writes; waiting to fill a segment only delays them.
        stream.set_nodelay(true)?;
        Ok((stream, permit))
    });
    let stopped = Box::pin(stop.wait_for(|stopped| *stopped));
    match select(stopped, accept).await {
        Either::Left(_) => None,
        Either::Right((accepted, _)) => Some(accepted),
    }
}
