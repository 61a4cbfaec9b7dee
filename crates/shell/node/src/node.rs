//! One software-TEE node, for one run.

use std::fs;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use casemate_checker::Limits;
use casemate_cpu::{CpuConfig, Misuse, RunQueue};
use casemate_epc::MIN_RESIDENT;
use casemate_model::{Capacity, Devices, MilliCpu, Node as NodeModel, Pages, WorkerId};
use casemate_policy::AppraisalPolicy;
use casemate_report::{
    CheckerReport, EpcReport, Event, NodeReport, Observer, RunReport, State, Subject, What,
};
use thiserror::Error;

use crate::attestation::{Attestation, EvidenceSource};
use crate::clock::Clock;
use crate::config::NodeConfig;
use crate::engine::Engine;
use crate::loader::Loader;
use crate::memories::SealedMemories;
use crate::notice::{Interrupt, Notice};
use crate::pager::{Mechanism, Pool, PoolConfig, PoolError, SLOTS};
use crate::schedule::Schedule;
use crate::stays::Stays;
use crate::supervisor::{Means, Outcome, Supervisor};
use crate::ticker::Ticker;
use crate::watch::Watch;
use crate::worker::Worker;
use crate::workload::Workload;

/// Violations kept in full by the checker.
const VIOLATIONS_KEPT: usize = 64;

/// A node that is ready to run pods.
pub struct Node {
    config: NodeConfig,
    attestation: Attestation,
    pool: Arc<Pool>,
    engine: Arc<Engine>,
    host: tokio::runtime::Runtime,
    clock: Clock,
    notices: (Sender<Notice>, Receiver<Notice>),
    host_view: HostView,
}

/// Shown each enclave's sealed pages.
pub(crate) type HostView = Box<dyn FnMut(SealedMemories)>;

/// Why there is no node.
#[derive(Debug, Error)]
pub enum NodeError {
    /// The pool of encrypted memory cannot be made.
    #[error("the pool of encrypted memory: {0}")]
    Pool(#[from] PoolError),
    /// wasmtime cannot run here.
    #[error("wasmtime cannot run on this machine: {0:#}")]
    Engine(wasmtime::Error),
    /// The directory for logs cannot be made.
    #[error("log directory {path}: cannot be created: {source}; choose another")]
    Logs {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A thread could not be started.
    #[error("a thread could not be started: {0}; is there a limit on processes (ulimit -u)?")]
    Thread(std::io::Error),
    /// The slice cannot be used.
    #[error("the time slice: {0}")]
    Slice(Misuse),
}

impl Node {
    /// A node with nothing on it.
    ///
    /// # Errors
    ///
    /// [`NodeError`], with the remedy.
    pub fn new(
        config: NodeConfig,
        policy: AppraisalPolicy,
        source: Box<dyn EvidenceSource>,
    ) -> Result<Self, NodeError> {
        let clock = Clock::start();
        fs::create_dir_all(&config.logs)
            .map_err(|source| NodeError::Logs { path: config.logs.clone(), source })?;
        let engine = Arc::new(Engine::new().map_err(NodeError::Engine)?);
        // Whole frames: a remainder of a page holds nothing. Each worker is inside one
        // enclave at a time, which has two memories.
        let frames = Pages(config.epc.0 / casemate_model::PAGE_SIZE);
        let entries = config.cpus.get().saturating_mul(2);
        // What pods may be promised is `epc`; what entering takes comes on top.
        let mut pool = PoolConfig::new(frames.saturating_add(working_pages(&config)), entries);
        pool.mechanism = config.paging;
        pool.journal = true;
        let pool = Pool::new(pool)?;
        let host = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("casemate-host")
            .enable_time()
            .build()
            .map_err(NodeError::Thread)?;
        let attestation = Attestation::new(source, policy, config.name.clone(), config.identity.clone());
        let host_view = Box::new(|_| {});
        Ok(Self { config, attestation, pool, engine, host, clock, notices: mpsc::channel(), host_view })
    }

    /// Shows `view` the sealed pages of each enclave once it is built, before it is
    /// attested. They are the host's to read and to change while it runs.
    pub fn on_enclave_built(&mut self, view: impl FnMut(SealedMemories) + 'static) {
        self.host_view = Box::new(view);
    }

    /// What ends a run from outside.
    #[must_use]
    pub fn interrupt(&self) -> Interrupt {
        Interrupt(self.notices.0.clone())
    }

    /// How this node's pages move.
    #[must_use]
    pub fn mechanism(&self) -> Mechanism {
        self.pool.mechanism()
    }

    /// Runs the workloads to completion and reports. Every state change goes to `observer` as it
    /// happens; samples and stays do where the configuration asks for them.
    ///
    /// # Errors
    ///
    /// Where the node's own threads cannot be started; nothing has run then.
    pub fn run(self, workloads: Vec<Workload>, observer: &mut dyn Observer) -> Result<RunReport, NodeError> {
        let Self { config, attestation, pool, engine, host, clock, notices: (sender, receiver), host_view } =
            self;
        let watch = Watch::new(
            Limits {
                workers: config.cpus.get(),
                frames: pool.stats().frames.0,
                evidence_ttl: attestation.policy().ttl(),
                restarts: config.restarts.max,
                debug_allowed: attestation.policy().debug_allowed(),
                vruntime_per_nano: RunQueue::VRUNTIME_PER_NANO,
                violations: VIOLATIONS_KEPT,
            },
            Arc::clone(&pool),
        );
        let cpu = CpuConfig { slice: config.slice };
        let schedule = Schedule::new(config.cpus, cpu, clock, watch.clone()).map_err(NodeError::Slice)?;
        let ticker = Ticker::start(Arc::clone(&engine), Arc::clone(&schedule), watch.clone())
            .map_err(NodeError::Thread)?;
        let loader = Loader::start(config.cpus.get(), Arc::clone(&engine), Arc::clone(&pool), sender.clone())
            .map_err(NodeError::Thread)?;
        let stays = config.record_stays.then(|| Arc::new(Stays::new(config.cpus)));
        let mut workers = Vec::new();
        for id in worker_ids(config.cpus) {
            let worker = Worker {
                id,
                schedule: Arc::clone(&schedule),
                clock,
                watch: watch.clone(),
                notices: sender.clone(),
                stays: stays.clone(),
                host: host.handle().clone(),
            };
            workers.push(worker.spawn().map_err(NodeError::Thread)?);
        }

        let node = node_model(&config, &attestation);
        let mut supervisor = Supervisor::new(Means {
            node,
            renewal: config.renewal,
            restarts: config.restarts,
            logs: config.logs.clone(),
            volumes: config.volumes.clone(),
            host_path_roots: config.host_path_roots.clone(),
            attestation,
            schedule: Arc::clone(&schedule),
            loader,
            notices: receiver,
            watch: watch.clone(),
            clock,
            host_view,
            pool: Arc::clone(&pool),
            sampling: config.sampling,
            stays,
            observer: &mut *observer,
        });
        supervisor.run(workloads);
        supervisor.stop_all();
        schedule.close();
        let panicked = join(workers);
        let outcome = supervisor.finish();
        watch.at_rest();
        drop(ticker);
        host.shutdown_background();
        let report = report(&config, &pool, outcome, &watch, panicked);
        for violation in report.checker.iter().flat_map(|checker| &checker.violations) {
            let what = What::CheckerViolation { violation: violation.clone() };
            observer.event(Event { time: clock.now(), subject: Subject::Node(config.name.clone()), what });
        }
        Ok(report)
    }
}

fn worker_ids(cpus: NonZeroU16) -> impl Iterator<Item = WorkerId> {
    (1..=cpus.get()).filter_map(NonZeroU16::new).map(WorkerId)
}

/// How many workers panicked, which is a fault of ours.
fn join(workers: Vec<JoinHandle<()>>) -> usize {
    workers.into_iter().map(JoinHandle::join).filter(Result::is_err).count()
}

/// Frames beside those that pods are promised: what the enclaves that are entered at the
/// same moment can count on.
fn working_pages(config: &NodeConfig) -> Pages {
    Pages(u64::from(config.cpus.get()) * 2 * u64::from(MIN_RESIDENT))
}

/// How pages move, as a report says it.
fn paging_words(mechanism: Mechanism) -> String {
    match mechanism {
        Mechanism::Userfaultfd => mechanism.to_string(),
        Mechanism::Mprotect => format!("{mechanism} (slower; used where userfaultfd is not permitted)"),
    }
}

/// What placement sees of this node. Each enclave takes two of the pool's slots.
fn node_model(config: &NodeConfig, attestation: &Attestation) -> NodeModel {
    NodeModel {
        name: config.name.clone(),
        identity: config.identity.clone(),
        tee: Some(attestation.tee()),
        labels: config.labels.clone(),
        taints: config.taints.clone(),
        capacity: Capacity {
            epc: config.epc,
            slots: u32::from(SLOTS / 2),
            key_slots: 0,
            cpu: MilliCpu(u64::from(config.cpus.get()) * 1000),
            memory: config.memory,
        },
        devices: Devices::default(),
        hardware: casemate_model::Hardware::default(),
    }
}

fn report(config: &NodeConfig, pool: &Pool, outcome: Outcome, watch: &Watch, panicked: usize) -> RunReport {
    let mut report = RunReport::empty();
    let Outcome { entries, platform, interrupted } = outcome;
    report.workloads = entries.into_iter().map(|entry| entry.report).collect();
    let sum = |count: fn(&casemate_report::WorkloadReport) -> Option<u64>| {
        report.workloads.iter().filter_map(count).sum()
    };
    let stats = pool.stats();
    report.epc = Some(EpcReport {
        capacity_pages: stats.frames.saturating_sub(working_pages(config)),
        working_pages: working_pages(config),
        resident_pages_max: Some(watch.resident_max()),
        page_ins: sum(|workload| workload.page_ins),
        page_outs: sum(|workload| workload.page_outs),
    });
    report.node = Some(NodeReport {
        name: config.name.clone(),
        tee: casemate_model::Tee::Software,
        epc_bytes: config.epc,
        cpus: config.cpus.get(),
        paging: paging_words(stats.mechanism),
        root: platform.root,
        verdict: platform.verdict,
        reasons: platform.reasons,
    });
    let mut checker = CheckerReport::default();
    if let Some(findings) = watch.finish() {
        checker.observations = findings.observations;
        checker.violations = findings.violations.iter().map(ToString::to_string).collect();
        if findings.more > 0 {
            checker.violations.push(format!("and {} more", findings.more));
        }
    }
    if panicked > 0 {
        checker.violations.push(format!("{panicked} worker threads panicked"));
    }
    let succeeded = |workload: &casemate_report::WorkloadReport| workload.state == State::Succeeded;
    report.succeeded =
        !interrupted && checker.violations.is_empty() && report.workloads.iter().all(succeeded);
    report.checker = Some(checker);
    report
}
