//! Requests for verification, and which is served next.
//!
//! Tenants are served in rounds: at its start every tenant with requests gets as many credits as its
//! weight, and a request costs one. Whoever comes later joins the next round, so a round is over after
//! as many picks as the weights of those in it. Within a round the order is priority, then the deadline
//! of renewal, then arrival; every [`OLDEST_EVERY`]th pick of a tenant is its oldest request. Hence
//! nobody starves, whatever the others send: a tenant's oldest request is picked within
//! [`OLDEST_EVERY`] rounds of its own picks, and there are bounds to everything that is held.
//!
//! Requests of the same [`flight`](Request::flight) are never served at the same time: what the first
//! one learns makes the others cheap. Requests of the same evidence are served as one.
//!
//! Refuses what does not fit, and says when to come back. Holds no evidence, only names of it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use casemate_model::{Nanos, Timestamp};
use casemate_mutant::{Mutant, active as seeded};
use thiserror::Error;

/// Of how many picks of one tenant one is its oldest request.
pub const OLDEST_EVERY: u32 = 4;

/// SHA-256 of something the queue does not look into.
pub type Name = [u8; 32];

/// How soon a request is wanted. The first is served first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Something waits for the verdict: an enclave to enter, a pod to place.
    Urgent,
    /// Somebody asks.
    Normal,
    /// A verdict is to be renewed before it lapses.
    Renewal,
}

/// A request for verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whose it is.
    pub tenant: String,
    /// How soon it is wanted.
    pub priority: Priority,
    /// When the verdict in force lapses; the end of time where there is none.
    pub deadline: Timestamp,
    /// The evidence with everything asked of it: equal ones get one answer.
    pub evidence: Name,
    /// The platform, where it is not known yet and has to be verified first. `None` is never held back.
    pub flight: Option<Name>,
}

/// Which request. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What is to be verified now, once, for everybody who asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The request that was picked; names the job.
    pub ticket: Ticket,
    /// Whose it is.
    pub tenant: String,
    /// The evidence.
    pub evidence: Name,
}

/// What a queue holds at most, and how fast it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests in all, those in work included.
    pub total: usize,
    /// Requests of one tenant, those in work included.
    pub per_tenant: usize,
    /// Requests served in a second, for the estimate of when there is room.
    pub per_second: NonZeroU32,
    /// How long a job may be in work before it is taken for lost.
    pub patience: Nanos,
}

impl Default for Limits {
    fn default() -> Self {
        const PER_SECOND: NonZeroU32 = NonZeroU32::new(1000).expect("not zero");
        Self { total: 4096, per_tenant: 512, per_second: PER_SECOND, patience: Nanos::from_secs(10) }
    }
}

/// There is no room for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{full}; come back at {retry_at}")]
pub struct Busy {
    /// What is full.
    pub full: Full,
    /// The first instant at which there may be room.
    pub retry_at: Timestamp,
}

/// What is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Full {
    /// The queue.
    #[error("the queue is full: {limit} requests wait or are in work")]
    Queue {
        /// Its limit.
        limit: usize,
    },
    /// The tenant's share of it.
    #[error("the tenant's share of the queue is full: {limit} of its requests wait or are in work")]
    Tenant {
        /// The limit of each tenant.
        limit: usize,
    },
}

/// The queue.
#[derive(Clone, Debug)]
pub struct Queue {
    limits: Limits,
    weights: BTreeMap<String, NonZeroU32>,
    issued: u64,
    tenants: BTreeMap<String, Tenant>,
    /// Of the evidence of every waiting request, who waits for it.
    waiting: BTreeMap<Name, BTreeMap<Ticket, String>>,
    in_work: BTreeMap<Ticket, InWork>,
    /// Whose each request in work is, for the tenants' limits.
    held: BTreeMap<String, usize>,
    flights: BTreeSet<Name>,
    len: usize,
}

#[derive(Clone, Debug, Default)]
struct Tenant {
    credits: u32,
    /// Rounds that ended while it had credits left: everything it had was held back.
    owed: u32,
    picks: u32,
    /// In the order in which they are served.
    ordered: BTreeMap<(Priority, Timestamp, Ticket), Waiting>,
    /// In the order in which they came.
    aged: BTreeMap<Ticket, (Priority, Timestamp)>,
}

#[derive(Clone, Debug)]
struct Waiting {
    evidence: Name,
    flight: Option<Name>,
}

#[derive(Clone, Debug)]
struct InWork {
    evidence: Name,
    flight: Option<Name>,
    until: Timestamp,
    waiters: BTreeMap<Ticket, String>,
}

impl Queue {
    /// An empty queue in which every tenant weighs one.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            weights: BTreeMap::new(),
            issued: 0,
            tenants: BTreeMap::new(),
            waiting: BTreeMap::new(),
            in_work: BTreeMap::new(),
            held: BTreeMap::new(),
            flights: BTreeSet::new(),
            len: 0,
        }
    }

    /// Gives a tenant this many picks a round from the next round on.
    pub fn weigh(&mut self, tenant: &str, weight: NonZeroU32) {
        self.weights.insert(tenant.to_owned(), weight);
    }

    /// Requests that wait or are in work.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes a request in.
    ///
    /// # Errors
    ///
    /// Where there is no room, with the instant at which there may be.
    pub fn push(&mut self, request: Request, now: Timestamp) -> Result<Ticket, Busy> {
        let of_tenant = self.held.get(&request.tenant).copied().unwrap_or(0);
        let (total, per_tenant) = (self.limits.total, self.limits.per_tenant);
        if of_tenant >= per_tenant && !seeded(Mutant::QueueForgetsTenantBound) {
            return Err(self.busy(Full::Tenant { limit: per_tenant }, of_tenant, now));
        }
        if self.len >= total.saturating_add(usize::from(seeded(Mutant::QueueBoundOffByOne))) {
            return Err(self.busy(Full::Queue { limit: total }, 1, now));
        }
        let ticket = Ticket(self.issued);
        self.issued = self.issued.saturating_add(1);
        self.len += 1;
        self.held.insert(request.tenant.clone(), of_tenant + 1);
        let equal = |it: &&mut InWork| it.evidence == request.evidence && !seeded(Mutant::QueueRepeatsEqual);
        if let Some(job) = self.in_work.values_mut().find(equal) {
            job.waiters.insert(ticket, request.tenant);
            return Ok(ticket);
        }
        let Request { tenant, mut priority, mut deadline, evidence, flight } = request;
        if seeded(Mutant::QueueIgnoresPriority) {
            priority = Priority::Normal;
        }
        if seeded(Mutant::QueueIgnoresDeadline) {
            deadline = now;
        }
        self.waiting.entry(evidence).or_default().insert(ticket, tenant.clone());
        self.tenants.entry(tenant).or_default().insert(
            ticket,
            priority,
            deadline,
            Waiting { evidence, flight },
        );
        Ok(ticket)
    }

    /// What is to be verified next; `None` where nothing waits, or everything waits for platforms that
    /// are in work.
    pub fn next(&mut self, now: Timestamp) -> Option<Job> {
        let (tenant, key) = match self.pick() {
            Some(picked) => picked,
            None => {
                self.begin_round();
                self.pick()?
            }
        };
        let of = self.tenants.get_mut(&tenant)?;
        of.credits = of.credits.saturating_sub(1);
        of.owed = 0;
        of.picks = of.picks.wrapping_add(1);
        let Waiting { evidence, flight } = of.ordered.get(&key)?.clone();
        let (_, _, ticket) = key;
        let waiters = self.waiting.remove(&evidence).unwrap_or_default();
        for (waiter, owner) in &waiters {
            self.forget(*waiter, owner);
        }
        if !seeded(Mutant::QueueForgetsFlight) {
            self.flights.extend(flight);
        }
        if seeded(Mutant::QueueForgetsWork) {
            waiters.values().for_each(|owner| self.release(owner));
        }
        let until = now.after(self.limits.patience);
        self.in_work.insert(ticket, InWork { evidence, flight, until, waiters });
        Some(Job { ticket, tenant, evidence })
    }

    /// A job is done. Answers who waits for its verdict; nobody where it was taken for lost before.
    pub fn done(&mut self, job: Ticket) -> Vec<Ticket> {
        let Some(InWork { flight, waiters, .. }) = self.in_work.remove(&job) else { return Vec::new() };
        if let Some(flight) = flight {
            self.flights.remove(&flight);
        }
        for owner in waiters.values() {
            self.release(owner);
        }
        waiters.into_keys().collect()
    }

    /// Jobs that are in work for longer than is borne, as [`Queue::done`] answers. What they were to
    /// verify may be asked for again.
    pub fn lost(&mut self, now: Timestamp) -> Vec<Ticket> {
        let late: Vec<_> =
            self.in_work.iter().filter(|(_, it)| it.until < now).map(|(ticket, _)| *ticket).collect();
        if seeded(Mutant::QueueKeepsLostFlight) {
            let lost = late.into_iter().filter_map(|job| self.in_work.remove(&job));
            return lost.flat_map(|it| it.waiters.into_keys()).collect();
        }
        late.into_iter().flat_map(|job| self.done(job)).collect()
    }

    /// Whoever asked no longer waits. A job in work goes on.
    pub fn cancel(&mut self, ticket: Ticket) {
        let found = self.waiting.iter_mut().find_map(|(evidence, it)| Some((*evidence, it.remove(&ticket)?)));
        if let Some((evidence, owner)) = found {
            self.waiting.retain(|it, waiters| *it != evidence || !waiters.is_empty());
            self.forget(ticket, &owner);
            if !seeded(Mutant::QueueKeepsCancelled) {
                self.release(&owner);
            }
            return;
        }
        if let Some(owner) = self.in_work.values_mut().find_map(|it| it.waiters.remove(&ticket)) {
            self.release(&owner);
        }
    }

    /// The tenant and request to be served next among those that may be: tenants that were held back
    /// first, then by the request.
    fn pick(&self) -> Option<(String, (Priority, Timestamp, Ticket))> {
        let heads =
            self.tenants.iter().filter(|(_, it)| it.credits > 0 || seeded(Mutant::QueueIgnoresRounds));
        heads
            .filter_map(|(name, it)| Some((std::cmp::Reverse(it.owed), it.head(&self.flights)?, name)))
            .min()
            .map(|(_, key, name)| (name.clone(), key))
    }

    fn begin_round(&mut self) {
        for (name, tenant) in &mut self.tenants {
            tenant.owed = if tenant.credits > 0 { tenant.owed.saturating_add(1) } else { 0 };
            let weight = self.weights.get(name).filter(|_| !seeded(Mutant::QueueIgnoresWeight));
            tenant.credits = weight.map_or(1, |it| it.get());
        }
    }

    /// Takes a request out of its tenant's. A tenant without requests leaves the round.
    fn forget(&mut self, ticket: Ticket, owner: &str) {
        let Some(tenant) = self.tenants.get_mut(owner) else { return };
        if let Some((priority, deadline)) = tenant.aged.remove(&ticket) {
            tenant.ordered.remove(&(priority, deadline, ticket));
        }
        if tenant.aged.is_empty() {
            self.tenants.remove(owner);
        }
    }

    fn release(&mut self, owner: &str) {
        self.len = self.len.saturating_sub(1);
        if let Some(held) = self.held.get_mut(owner) {
            *held = held.saturating_sub(1);
            if *held == 0 {
                self.held.remove(owner);
            }
        }
    }

    /// `ahead` requests of one tenant are served once for each round of all.
    fn busy(&self, full: Full, ahead: usize, now: Timestamp) -> Busy {
        let picks = match full {
            Full::Queue { .. } => ahead as u64,
            // A quarter of the tenant's share has to be free for its return to be worth it.
            Full::Tenant { .. } => (ahead as u64 / 4).max(1).saturating_mul(self.tenants.len().max(1) as u64),
        };
        let picks = if seeded(Mutant::QueueMisstatesReturn) { 1 } else { picks };
        let nanos = picks.saturating_mul(1_000_000_000) / u64::from(self.limits.per_second.get());
        Busy { full, retry_at: now.after(Nanos(nanos.max(1))) }
    }
}

impl Tenant {
    fn insert(&mut self, ticket: Ticket, priority: Priority, deadline: Timestamp, waiting: Waiting) {
        self.ordered.insert((priority, deadline, ticket), waiting);
        self.aged.insert(ticket, (priority, deadline));
    }

    /// The request to be served next, of those whose platform is not in work.
    fn head(&self, flights: &BTreeSet<Name>) -> Option<(Priority, Timestamp, Ticket)> {
        let may = |it: &Waiting| it.flight.is_none_or(|flight| !flights.contains(&flight));
        if self.picks % OLDEST_EVERY == OLDEST_EVERY - 1 && !seeded(Mutant::QueueForgetsOldest) {
            let by_age =
                self.aged.iter().map(|(ticket, (priority, deadline))| (*priority, *deadline, *ticket));
            return by_age.into_iter().find(|key| self.ordered.get(key).is_some_and(may));
        }
        self.ordered.iter().find(|(_, it)| may(it)).map(|(key, _)| *key)
    }
}
