//! The service as a process has it: configured, listening, stopped.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::thread;
use std::time::Duration;

use casemate_attest::Roots;
use casemate_model::Nanos;
use casemate_policy::result::VerifierId;
use casemate_verifier::{Bounds, Verifier};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};

use crate::admission::NodeNonces;
use crate::clock::{Clock, Stop, SystemClock};
use crate::collateral::fetcher::{Fetcher, Patience, Services};
use crate::collateral::files::{Cache, FilesError};
use crate::collateral::store::Store;
use crate::collateral::transport::{Http, TransportError};
use crate::enrolled::{Enrolled, EnrolledError};
use crate::events::Events;
use crate::http::{Limits, router, serve};
use crate::keys::{Keys, KeysError, Rotation};
use crate::ledger::Ledger;
use crate::metrics::Metrics;
use crate::nonce::Nonces;
use crate::pool::Pool;
use crate::service::{FETCHING, NONCE_LIFE, Policies, Service, TICK};
use crate::token::{Token, TokenError};

/// Everything that can be said beforehand.
#[derive(Clone)]
pub struct Config {
    /// Where to listen. Port 0 is any that is free.
    pub listen: SocketAddr,
    /// What a client may take up.
    pub limits: Limits,
    /// Where keys and cache are kept.
    pub state: PathBuf,
    /// Files with signing keys, in place of those that are made and rotated in the state directory.
    pub signing_keys: Vec<PathBuf>,
    /// When keys follow one another.
    pub rotation: Rotation,
    /// Directories or files with collateral.
    pub collateral: Vec<PathBuf>,
    /// Directories or files with Intel's next set of TCB levels, for the forecast.
    pub early: Vec<PathBuf>,
    /// Where collateral is fetched. `None` opens no socket, ever.
    pub services: Option<Services>,
    /// PEM of the only CA that is trusted by whoever fetches.
    pub ca: Option<Vec<u8>>,
    /// How long one answer of a service is waited for.
    pub fetch_time: Duration,
    /// How often, and how fast, services are asked.
    pub patience: Patience,
    /// Which roots are accepted.
    pub roots: Roots,
    /// What is demanded of evidence.
    pub policies: Policies,
    /// How long a nonce is good.
    pub nonce_life: Nanos,
    /// Whether evidence has to answer a nonce of this service.
    pub require_nonce: bool,
    /// Whether evidence has to be of a platform enrolled as its subject.
    pub require_enrolment: bool,
    /// The file with the token of whoever may enrol; without one nobody may.
    pub admin_token: Option<PathBuf>,
    /// Threads that verify.
    pub workers: usize,
    /// How often directories are looked at, and what expires is fetched anew.
    pub tick: Duration,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Config {
    /// Loopback, port 8443, the published default policy, production roots, no collateral.
    #[must_use]
    pub fn new(state: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            limits: Limits::default(),
            state,
            signing_keys: Vec::new(),
            rotation: Rotation::default(),
            collateral: Vec::new(),
            early: Vec::new(),
            services: None,
            ca: None,
            fetch_time: Duration::from_secs(10),
            patience: Patience::default(),
            roots: Roots::production(),
            policies: Policies::default(),
            nonce_life: NONCE_LIFE,
            require_nonce: false,
            require_enrolment: false,
            admin_token: None,
            workers: thread::available_parallelism().map_or(1, std::num::NonZero::get),
            tick: TICK,
            clock: Arc::new(SystemClock),
        }
    }
}

/// Why the service does not start. The operator erred, or the system said no.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address cannot be listened at.
    #[error("{address}: cannot listen there: {cause}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        cause: io::Error,
    },
    /// Collateral or cache.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// Signing keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Who is enrolled.
    #[error(transparent)]
    Enrolled(#[from] EnrolledError),
    /// The token of whoever may enrol.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The CA to be trusted.
    #[error("the CA certificate cannot be used: {0}")]
    Transport(#[from] TransportError),
    /// Threads.
    #[error("no threads can be started: {0}")]
    Threads(io::Error),
    /// Randomness.
    #[error("the system has no randomness")]
    Random,
}

/// A service that listens, and has not answered anything yet.
pub struct Server {
    runtime: Runtime,
    listener: TcpListener,
    address: SocketAddr,
    tick: Duration,
    service: Arc<Service>,
    stopper: Stopper,
}

/// Stops a service, from any thread.
#[derive(Clone)]
pub struct Stopper {
    stop: Arc<Stop>,
    listening: watch::Sender<bool>,
}

impl Stopper {
    /// Takes no more connections, answers what is under way, ends.
    pub fn stop(&self) {
        self.stop.set();
        self.listening.send_replace(true);
    }
}

impl Server {
    /// Opens everything that can fail to open, and listens.
    ///
    /// # Errors
    ///
    /// What failed.
    pub fn bind(config: Config) -> Result<Self, StartError> {
        let now = config.clock.now();
        let stop = Arc::new(Stop::default());
        let keys = if config.signing_keys.is_empty() {
            Keys::rotated(config.state.join("keys"), config.rotation, now)?
        } else {
            Keys::given(&config.signing_keys)?
        };
        let fetcher = match config.services {
            None => None,
            Some(services) => {
                let http = Box::new(Http::new(config.fetch_time, config.ca.as_deref())?);
                let (clock, stop) = (Arc::clone(&config.clock), Arc::clone(&stop));
                Some(Fetcher::new(services, http, config.patience, clock, stop))
            }
        };
        let cache = Cache::open(config.state.join("collateral"))?;
        let store =
            Store::open(config.collateral, config.early, Some(cache), fetcher, config.roots.clone(), now)?;
        let first = store.current();
        let endorsements = Arc::clone(&first.endorsements);
        let verifier = Verifier::new(config.roots.clone(), endorsements, first.number, Bounds::default());
        let queue = config.limits.queue(config.workers);
        let service = Arc::new(Service {
            verifier: RwLock::new(verifier),
            requests: Arc::new(Semaphore::new(config.limits.requests)),
            fetching: Arc::new(Semaphore::new(FETCHING)),
            limits: config.limits,
            roots: config.roots,
            policies: config.policies,
            keys,
            store,
            nonces: Nonces::new(config.nonce_life).map_err(|_| StartError::Random)?,
            node_nonces: NodeNonces::new(config.nonce_life),
            require_nonce: config.require_nonce,
            enrolled: Enrolled::open(config.state.join("enrolment.json"))?,
            require_enrolment: config.require_enrolment,
            admin: config.admin_token.as_deref().map(Token::read).transpose()?,
            events: Events::new(),
            ledger: Ledger::default(),
            metrics: Metrics::new(),
            pool: Pool::new(config.workers, queue, Arc::clone(&config.clock)).map_err(StartError::Threads)?,
            workers: config.workers,
            signer: VerifierId {
                developer: "https://casemate.dev".to_owned(),
                build: concat!("casemate ", env!("CARGO_PKG_VERSION")).to_owned(),
            },
            clock: config.clock,
            stop: Arc::clone(&stop),
        });
        // HTTP needs little: what takes time is done by the pool.
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_io().enable_time().thread_name("http").build();
        let runtime = runtime.map_err(StartError::Threads)?;
        let failed = |cause| StartError::Listen { address: config.listen, cause };
        let listener = runtime.block_on(TcpListener::bind(config.listen)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let stopper = Stopper { stop, listening: watch::Sender::new(false) };
        Ok(Self { runtime, listener, address, tick: config.tick, service, stopper })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stops it.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Serves until it is stopped, and what was under way is answered.
    ///
    /// # Errors
    ///
    /// Where a thread cannot be started.
    pub fn run(self) -> Result<(), StartError> {
        let Self { runtime, listener, address, tick, service, stopper } = self;
        let keeper = {
            let service = Arc::clone(&service);
            let keep = move || {
                while !service.stop.is_set() {
                    service.tick();
                    service.stop.wait(tick);
                }
            };
            thread::Builder::new().name("collateral".into()).spawn(keep).map_err(StartError::Threads)?
        };
        tracing::info!(%address, "listening");
        let router = router(Arc::clone(&service));
        runtime.block_on(serve(listener, router, service.limits, stopper.listening.subscribe()));
        stopper.stop();
        service.pool.stop();
        if keeper.join().is_err() {
            tracing::error!("the thread that keeps collateral current had panicked");
        }
        runtime.shutdown_background();
        tracing::info!("stopped");
        Ok(())
    }
}
