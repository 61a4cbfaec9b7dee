//! Fetches items: each once however many ask, again where the server could not, never faster than
//! it wants.
//!
//! Retried: no answer, 429, and 5xx, with exponential backoff and jitter, or after what `Retry-After`
//! says. Not retried: every other status, which asking again would not change. What failed is not
//! asked for again at once (a verdict that needs it fails fast), so that evidence sent in a loop
//! does not become requests sent in a loop.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use casemate_model::{Nanos, Timestamp};
use thiserror::Error;

use super::item::{Issuer, Item};
use super::limiter::Limiter;
use super::transport::{Response, Transport, TransportError};
use crate::clock::{Clock, Stop};

/// Failures that are remembered at once.
const MAX_REMEMBERED: usize = 4096;

/// Where items are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Services {
    /// Intel's PCS or a PCCS: scheme, host, and whatever stands before `/sgx`.
    pub intel: Option<String>,
    /// Where the root's revocation list is, if not at the PCCS: Intel's own service has it elsewhere.
    pub intel_root_crl: Option<String>,
    /// AMD's KDS, or a cache of it.
    pub amd: Option<String>,
}

/// Intel's own service.
pub const INTEL_PCS: &str = "https://api.trustedservices.intel.com";
/// Where Intel publishes what its root revoked (the distribution point in the root certificate).
pub const INTEL_ROOT_CRL: &str = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der";
/// AMD's own service.
pub const AMD_KDS: &str = "https://kdsintf.amd.com";

impl Services {
    /// None: nothing is fetched.
    #[must_use]
    pub const fn none() -> Self {
        Self { intel: None, intel_root_crl: None, amd: None }
    }

    /// Takes base addresses as people write them: with or without a slash at the end, or with the
    /// path of the API.
    #[must_use]
    pub fn new(intel: Option<&str>, amd: Option<&str>) -> Self {
        let base = |url: &str| {
            let url = url.trim_end_matches('/');
            let url = url.strip_suffix("/certification/v4").unwrap_or(url);
            let url = url.strip_suffix("/sgx").or_else(|| url.strip_suffix("/tdx")).unwrap_or(url);
            url.trim_end_matches('/').to_owned()
        };
        let intel = intel.map(base);
        let intel_root_crl = (intel.as_deref() == Some(INTEL_PCS)).then(|| INTEL_ROOT_CRL.to_owned());
        Self { intel, intel_root_crl, amd: amd.map(base) }
    }

    /// Where an item is, if anywhere.
    #[must_use]
    pub fn url(&self, item: &Item) -> Option<String> {
        if *item == Item::RootCaCrl && self.intel_root_crl.is_some() {
            return self.intel_root_crl.clone();
        }
        let base = match item.issuer() {
            Issuer::Intel => self.intel.as_ref(),
            Issuer::Amd => self.amd.as_ref(),
        };
        base.map(|base| format!("{base}{}", item.path()))
    }
}

/// How often, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Requests for one item, the first included.
    pub tries: usize,
    /// The wait before the second.
    pub first_wait: Duration,
    /// The longest wait, also of those that the server asks for: beyond it the item has failed.
    pub longest_wait: Duration,
    /// How long a failure is remembered.
    pub remember: Nanos,
    /// One request an interval…
    pub interval: Duration,
    /// …and as many as this at once.
    pub burst: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 4,
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(10),
            remember: Nanos::from_secs(60),
            interval: Duration::from_secs(1),
            burst: 10,
        }
    }
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The document.
    pub body: Vec<u8>,
    /// The certificates of its issuer, as PEM, where the server sends them in a header.
    pub issuer_chain: Option<Vec<u8>>,
}

/// Why an item was not fetched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{item} was not fetched: {cause}")]
pub struct FetchError {
    /// What was asked for.
    pub item: Item,
    /// Why not.
    pub cause: FetchCause,
}

/// Why an item was not fetched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FetchCause {
    /// Nobody is to be asked.
    #[error("no service is configured for it")]
    NoService,
    /// No answer.
    #[error("no answer from its service after {tries} tries: {why}")]
    Unreachable {
        /// How often it was asked for.
        tries: usize,
        /// What went wrong last.
        why: String,
    },
    /// An answer that is none.
    #[error("its service answered {status} after {tries} tries")]
    Status {
        /// The status code.
        status: u16,
        /// How often it was asked for.
        tries: usize,
    },
    /// The service wants to be left alone for longer than anybody waits here.
    #[error("its service asks to be left alone for {seconds} s")]
    HeldOff {
        /// For how long.
        seconds: u64,
    },
    /// An answer that is not what was asked for, or that nobody accepted signed.
    #[error("what its service sent is not it: {why}")]
    Lie {
        /// What is wrong with it.
        why: String,
    },
    /// The process is about to end.
    #[error("the service is shutting down")]
    Stopped,
}

type Outcome = Result<Arc<Fetched>, FetchError>;
type Flight = Arc<OnceLock<Outcome>>;

/// Fetches items. Threads that ask wait; they are the caller's to bound.
pub struct Fetcher {
    services: Services,
    transport: Box<dyn Transport>,
    patience: Patience,
    limiters: BTreeMap<Issuer, Limiter>,
    clock: Arc<dyn Clock>,
    stop: Arc<Stop>,
    flights: Mutex<BTreeMap<Item, Flight>>,
    failed: Mutex<BTreeMap<Item, (Timestamp, FetchError)>>,
}

impl Fetcher {
    /// Asks `services` through `transport`.
    #[must_use]
    pub fn new(
        services: Services,
        transport: Box<dyn Transport>,
        patience: Patience,
        clock: Arc<dyn Clock>,
        stop: Arc<Stop>,
    ) -> Self {
        let limiter = || Limiter::new(patience.interval, patience.burst);
        let limiters = [(Issuer::Intel, limiter()), (Issuer::Amd, limiter())].into();
        let (flights, failed) = (Mutex::default(), Mutex::default());
        Self { services, transport, patience, limiters, clock, stop, flights, failed }
    }

    /// Whether anybody has the item.
    #[must_use]
    pub fn serves(&self, item: &Item) -> bool {
        self.services.url(item).is_some()
    }

    /// How many threads fetch, or wait for one that does.
    #[must_use]
    pub fn asking(&self) -> usize {
        // One reference is the table's own.
        lock(&self.flights).values().map(|it| Arc::strong_count(it).saturating_sub(1)).sum()
    }

    /// Fetches one item. `accept` looks at it before anybody uses it.
    ///
    /// # Errors
    ///
    /// Why not, or why not again yet.
    pub fn fetch(&self, item: &Item, accept: impl Fn(&Fetched) -> Result<(), String>) -> Outcome {
        let now = self.clock.now();
        if let Some((until, error)) = lock(&self.failed).get(item)
            && now < *until
        {
            return Err(error.clone());
        }
        let flight = Arc::clone(lock(&self.flights).entry(item.clone()).or_default());
        // Whoever comes first fetches, whoever comes meanwhile waits for it here.
        let outcome = flight.get_or_init(|| {
            let outcome = self.ask(item).and_then(|fetched| match accept(&fetched) {
                Ok(()) => Ok(Arc::new(fetched)),
                Err(why) => Err(FetchError { item: item.clone(), cause: FetchCause::Lie { why } }),
            });
            self.remember(item, &outcome);
            outcome
        });
        let mut flights = lock(&self.flights);
        if flights.get(item).is_some_and(|it| Arc::ptr_eq(it, &flight)) {
            flights.remove(item);
        }
        outcome.clone()
    }

    fn ask(&self, item: &Item) -> Result<Fetched, FetchError> {
        let failed = |cause| FetchError { item: item.clone(), cause };
        let url = self.services.url(item).ok_or_else(|| failed(FetchCause::NoService))?;
        let mut waits = ExponentialBuilder::default()
            .with_min_delay(self.patience.first_wait)
            .with_max_delay(self.patience.longest_wait)
            .with_max_times(self.patience.tries.saturating_sub(1))
            .with_jitter()
            .build();
        for tries in 1.. {
            self.wait_for_turn(item.issuer());
            if self.stop.is_set() {
                break;
            }
            let (cause, wait) = match self.transport.get(&url) {
                Ok(answer) if answer.status == 200 => return Ok(fetched(answer)),
                Ok(Response { status, retry_after, .. }) => {
                    let cause = FetchCause::Status { status, tries };
                    if status != 429 && !(500..600).contains(&status) {
                        return Err(failed(cause));
                    }
                    (cause, retry_after.and_then(|it| self.retry_after(&it)))
                }
                Err(error @ TransportError::TooLong) => {
                    return Err(failed(FetchCause::Lie { why: error.to_string() }));
                }
                Err(TransportError::Unreachable(why)) => (FetchCause::Unreachable { tries, why }, None),
            };
            let Some(backoff) = waits.next() else { return Err(failed(cause)) };
            let wait = wait.map_or(backoff, |asked| asked.max(backoff));
            tracing::info!(%item, %cause, wait_ms = wait.as_millis(), "fetch: to be tried again");
            if wait > self.patience.longest_wait.saturating_mul(2) {
                self.limiter(item.issuer()).inspect(|it| it.hold(self.clock.now(), wait));
                return Err(failed(FetchCause::HeldOff { seconds: wait.as_secs() }));
            }
            self.clock.sleep(wait, &self.stop);
        }
        Err(failed(FetchCause::Stopped))
    }

    fn wait_for_turn(&self, issuer: Issuer) {
        let turn = self.limiter(issuer).map_or(Duration::ZERO, |it| it.turn(self.clock.now()));
        if !turn.is_zero() {
            self.clock.sleep(turn, &self.stop);
        }
    }

    fn limiter(&self, issuer: Issuer) -> Option<&Limiter> {
        self.limiters.get(&issuer)
    }

    /// Seconds, or a date (RFC 9110, 10.2.3).
    fn retry_after(&self, value: &str) -> Option<Duration> {
        if let Ok(seconds) = value.trim().parse() {
            return Some(Duration::from_secs(seconds));
        }
        let then = httpdate::parse_http_date(value.trim()).ok()?;
        let then = then.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(then.saturating_sub(Duration::from_nanos(self.clock.now().0)))
    }

    fn remember(&self, item: &Item, outcome: &Outcome) {
        let mut failed = lock(&self.failed);
        let now = self.clock.now();
        let Err(error) = outcome else {
            failed.remove(item);
            return;
        };
        if failed.len() >= MAX_REMEMBERED {
            failed.retain(|_, (until, _)| now < *until);
        }
        // Where so much fails at once, the limiter is what protects the service.
        if failed.len() < MAX_REMEMBERED {
            let remember = match error.cause {
                FetchCause::HeldOff { seconds } => Nanos::from_secs(seconds),
                _ => self.patience.remember,
            };
            failed.insert(item.clone(), (now.after(remember), error.clone()));
        }
    }
}

fn fetched(answer: Response) -> Fetched {
    let issuer_chain =
        answer.issuer_chain.map(|it| percent_encoding::percent_decode_str(&it).collect::<Vec<u8>>());
    Fetched { body: answer.body, issuer_chain }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing here is left half done by a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
