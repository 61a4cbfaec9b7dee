//! One run of a node: what it is given, and what has to be true of it afterwards.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;

use casemate_model::{
    Bytes, Container, Demand, EnclaveDemand, MilliCpu, Mount, Nanos, NodeIdentity, NodeName, Pod, PodKey,
    RestartPolicy, Tee,
};
use casemate_node::pager::{Mechanism, MechanismChoice, PoolError};
use casemate_node::{
    Clock, EvidenceSource, Image, Interrupt, Node, NodeConfig, NodeError, Renewal, Restarts, SealedMemories,
    SoftwareTee, Workload,
};
use casemate_policy::{PolicyDraft, Reference, Selector, WorkloadRule};
use casemate_report::{Event, Observer, RunReport, Sample, State, Stay, Subject, What, WorkloadReport};
use tempfile::TempDir;

/// The container of every pod here.
const CONTAINER: &str = "app";

/// A container beside a pod's first one.
#[derive(Clone)]
struct Part {
    name: &'static str,
    program: String,
    /// Other mounts than the first one's.
    mounts: Option<Vec<Mount>>,
}

/// A pod with one container, and others beside it if told so. By default it guarantees itself
/// one page and may have 64 MiB, and is not started again.
#[derive(Clone)]
pub(crate) struct Guest {
    name: &'static str,
    image: Result<Arc<Image>, String>,
    args: Vec<String>,
    env: Vec<(String, String)>,
    demand: EnclaveDemand,
    mounts: Vec<Mount>,
    working_dir: Option<String>,
    init: Vec<Part>,
    beside: Vec<Part>,
    /// All else; its containers are not looked at.
    pod: Pod,
}

impl Guest {
    /// Of a program in text or binary.
    pub(crate) fn new(name: &'static str, program: impl AsRef<[u8]>) -> Self {
        let path = format!("{name}.wat");
        let image = Image::from_bytes(Path::new(&path), program.as_ref().to_vec());
        Self::of_image(name, image.map(Arc::new).map_err(|error| error.to_string()))
    }

    /// Of an image, or of the reason there is none.
    pub(crate) fn of_image(name: &'static str, image: Result<Arc<Image>, String>) -> Self {
        let demand = EnclaveDemand {
            tee: Tee::Software,
            epc_guaranteed: Bytes(4096),
            epc_limit: Some(Bytes::mib(64)),
            slots: 1,
            key_slots: 0,
        };
        let pod = Pod {
            key: PodKey { namespace: "default".to_owned(), name: name.to_owned() },
            priority: 0,
            node_selector: BTreeMap::new(),
            tolerations: Vec::new(),
            overhead_memory: Bytes::ZERO,
            overhead_cpu: MilliCpu::ZERO,
            overhead_key_slots: 0,
            init_containers: Vec::new(),
            restart_policy: RestartPolicy::Never,
            restarts_max: None,
            active_deadline: None,
            volumes: Vec::new(),
            scheduling: casemate_model::Scheduling::default(),
            containers: Vec::new(),
        };
        Self {
            name,
            image,
            args: vec![name.to_owned()],
            env: Vec::new(),
            demand,
            mounts: Vec::new(),
            working_dir: None,
            init: Vec::new(),
            beside: Vec::new(),
            pod,
        }
    }

    /// Changes the pod.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Pod)) -> Self {
        change(&mut self.pod);
        self
    }

    pub(crate) fn policy(self, policy: RestartPolicy) -> Self {
        self.with(|pod| pod.restart_policy = policy)
    }

    /// An init container that runs this program, after those there are.
    pub(crate) fn init(mut self, name: &'static str, program: impl Into<String>) -> Self {
        self.init.push(Part { name, program: program.into(), mounts: None });
        self
    }

    /// The same with mounts of its own.
    pub(crate) fn init_with(mut self, name: &'static str, program: String, mounts: Vec<Mount>) -> Self {
        self.init.push(Part { name, program, mounts: Some(mounts) });
        self
    }

    /// What each of its containers sees of its volumes.
    pub(crate) fn mounts(mut self, mounts: Vec<Mount>) -> Self {
        self.mounts = mounts;
        self
    }

    pub(crate) fn working_dir(mut self, path: &str) -> Self {
        self.working_dir = Some(path.to_owned());
        self
    }

    /// Another container beside the first.
    pub(crate) fn beside(mut self, name: &'static str, program: impl Into<String>) -> Self {
        self.beside.push(Part { name, program: program.into(), mounts: None });
        self
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(ToString::to_string));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn priority(self, priority: i32) -> Self {
        self.with(|pod| pod.priority = priority)
    }

    pub(crate) fn guaranteed(mut self, guaranteed: Bytes) -> Self {
        self.demand.epc_guaranteed = guaranteed;
        self
    }

    pub(crate) fn limit(mut self, limit: Bytes) -> Self {
        self.demand.epc_limit = Some(limit);
        self
    }

    fn into_workload(self) -> Workload {
        let demand = Demand { cpu: MilliCpu(1), enclave: Some(self.demand), ..Demand::default() };
        let container = |name: &str, mounts: Option<&Vec<Mount>>| Container {
            name: name.to_owned(),
            image: format!("file://./{}.wat", self.name),
            args: self.args.clone(),
            env: self.env.clone(),
            working_dir: self.working_dir.clone(),
            mounts: mounts.unwrap_or(&self.mounts).clone(),
            demand: demand.clone(),
        };
        let part = |part: &Part| container(part.name, part.mounts.as_ref());
        let image = |Part { name, program, .. }: &Part| {
            let image = Image::from_bytes(Path::new(&format!("{name}.wat")), program.as_bytes().to_vec());
            image.map(Arc::new).map_err(|error| error.to_string())
        };
        let mut pod = self.pod.clone();
        pod.init_containers = self.init.iter().map(part).collect();
        pod.containers =
            [container(CONTAINER, None)].into_iter().chain(self.beside.iter().map(part)).collect();
        let first = self.init.iter().map(image);
        let images = first.chain([self.image.clone()]).chain(self.beside.iter().map(image)).collect();
        Workload { pod, images }
    }
}

/// A node about to run. Its policy accepts what its images measure, under its own root.
pub(crate) struct Trial {
    directory: TempDir,
    pub(crate) config: NodeConfig,
    pub(crate) policy: PolicyDraft,
    source: Box<dyn EvidenceSource>,
    guests: Vec<Guest>,
    host: Box<dyn FnMut(SealedMemories)>,
    enough: Enough,
}

/// Whether a sample is the last one needed.
type Enough = Box<dyn FnMut(&Sample) -> bool>;

impl Trial {
    /// With so much encrypted memory and so many CPUs.
    pub(crate) fn new(epc: Bytes, cpus: u16) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let tee = software_tee(&directory);
        let config = NodeConfig {
            name: NodeName("node-1".to_owned()),
            identity: NodeIdentity { uid: "uid".to_owned(), boot_id: "boot".to_owned() },
            epc,
            cpus: NonZeroU16::new(cpus).expect("a node has a CPU"),
            memory: Bytes::mib(1024),
            labels: BTreeMap::new(),
            taints: Vec::new(),
            paging: MechanismChoice::Auto,
            slice: Nanos::from_millis(5),
            renewal: Renewal::InTime,
            logs: directory.path().join("logs"),
            volumes: directory.path().join("volumes"),
            host_path_roots: Vec::new(),
            restarts: Restarts::default(),
            sampling: None,
            record_stays: false,
        };
        let policy = PolicyDraft {
            roots: [tee.fingerprint()].into(),
            ttl: Nanos::from_secs(300),
            debug_allowed: false,
            platform: Reference::Image,
            workloads: vec![WorkloadRule { selector: Selector::default(), reference: Reference::Image }],
        };
        let host = Box::new(|_| {});
        let (source, enough) = (Box::new(tee), Box::new(|_: &Sample| false));
        Self { directory, config, policy, source, guests: Vec::new(), host, enough }
    }

    pub(crate) fn guest(mut self, guest: Guest) -> Self {
        self.guests.push(guest);
        self
    }

    pub(crate) fn slice(mut self, slice: Nanos) -> Self {
        self.config.slice = slice;
        self
    }

    pub(crate) fn paging(mut self, mechanism: Mechanism) -> Self {
        self.config.paging = MechanismChoice::Only(mechanism);
        self
    }

    /// Samples at this interval, and every stay.
    pub(crate) fn watched(mut self, interval: Nanos) -> Self {
        self.config.sampling = Some(interval);
        self.config.record_stays = true;
        self
    }

    /// Ends the run at the first sample that is enough.
    pub(crate) fn until(mut self, enough: impl FnMut(&Sample) -> bool + 'static) -> Self {
        self.enough = Box::new(enough);
        self
    }

    /// Containers that failed are started again so often, the second time after this delay.
    pub(crate) fn restarts(mut self, max: u32, first_delay: Nanos) -> Self {
        self.config.restarts = Restarts { max, first_delay, longest_delay: first_delay };
        self
    }

    pub(crate) fn renewal(mut self, renewal: Renewal, ttl: Nanos) -> Self {
        self.config.renewal = renewal;
        self.policy.ttl = ttl;
        self
    }

    /// Evidence from another source than this machine's software TEE.
    pub(crate) fn source(mut self, source: impl EvidenceSource + 'static) -> Self {
        self.source = Box::new(source);
        self
    }

    /// A host that does this with each enclave's sealed pages.
    pub(crate) fn host(mut self, host: impl FnMut(SealedMemories) + 'static) -> Self {
        self.host = Box::new(host);
        self
    }

    pub(crate) fn run(self) -> Ran {
        self.run_watched(|_, _| {})
    }

    /// Runs, and shows each event to `watch`, which may end the run.
    pub(crate) fn run_watched(self, watch: impl FnMut(&Event, &Interrupt)) -> Ran {
        let policy = self.policy.validate().expect("the policy can mean something");
        let mut node = Node::new(self.config, policy, self.source).expect("this machine can be a node");
        node.on_enclave_built(self.host);
        let interrupt = node.interrupt();
        let workloads = self.guests.into_iter().map(Guest::into_workload).collect();
        let mut recorder = Recorder { watch, enough: self.enough, interrupt, told: Told::default() };
        let report = node.run(workloads, &mut recorder).expect("its threads start");
        let Told { events, samples, stays, stays_lost } = recorder.told;
        let ran = Ran { report, events, samples, stays, stays_lost, directory: self.directory };
        ran.is_sound();
        ran
    }
}

/// Keeps whatever it is told.
struct Recorder<W> {
    watch: W,
    enough: Enough,
    interrupt: Interrupt,
    told: Told,
}

#[derive(Default)]
struct Told {
    events: Vec<Event>,
    samples: Vec<Sample>,
    stays: Vec<Stay>,
    stays_lost: u64,
}

impl<W: FnMut(&Event, &Interrupt)> Observer for Recorder<W> {
    fn event(&mut self, event: Event) {
        (self.watch)(&event, &self.interrupt);
        self.told.events.push(event);
    }

    fn sample(&mut self, sample: Sample) {
        if (self.enough)(&sample) {
            self.interrupt.request();
        }
        self.told.samples.push(sample);
    }

    fn stays(&mut self, mut stays: Vec<Stay>) {
        self.told.stays.append(&mut stays);
    }

    fn stays_lost(&mut self, count: u64) {
        self.told.stays_lost += count;
    }
}

/// A new software TEE, and with it a new root.
pub(crate) fn software_tee(directory: &TempDir) -> SoftwareTee {
    let root = directory.path().join("root");
    SoftwareTee::open(&root, Clock::start().now()).expect("a root of its own")
}

/// Runs a claim once for each mechanism this machine permits.
pub(crate) fn for_each_mechanism(claim: &str, check: impl Fn(Mechanism)) {
    for mechanism in [Mechanism::Userfaultfd, Mechanism::Mprotect] {
        let probe = Trial::new(Bytes::mib(1), 1).paging(mechanism);
        let policy = probe.policy.validate().expect("the policy can mean something");
        match Node::new(probe.config, policy, probe.source) {
            Ok(_) => check(mechanism),
            Err(NodeError::Pool(PoolError::Userfaultfd(why))) => {
                println!("skipped: {claim}: no userfaultfd here: {why}");
            }
            Err(other) => panic!("{claim}: {other}"),
        }
    }
}

/// A finished run. Its logs exist as long as it does.
pub(crate) struct Ran {
    pub(crate) report: RunReport,
    pub(crate) events: Vec<Event>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) stays: Vec<Stay>,
    pub(crate) stays_lost: u64,
    directory: TempDir,
}

impl Ran {
    /// What became of a pod's first container, those that run before it aside.
    pub(crate) fn of(&self, name: &str) -> &WorkloadReport {
        self.part(name, CONTAINER)
    }

    /// What became of one of a pod's containers.
    pub(crate) fn part(&self, name: &str, container: &str) -> &WorkloadReport {
        let mut all = self.report.workloads.iter();
        let found = all.find(|workload| workload.name == name && workload.container == container);
        found.unwrap_or_else(|| panic!("no workload {name}/{container}"))
    }

    /// What happened to a pod's containers, in order, as `container kind`.
    pub(crate) fn story(&self, name: &str) -> Vec<String> {
        let of_containers = self.events.iter().filter_map(|event| match &event.subject {
            Subject::Container(key) if key.pod.name == name => {
                Some(format!("{} {}", key.container, event.what.kind()))
            }
            Subject::Container(_) | Subject::Node(_) | Subject::Pod(_) => None,
        });
        of_containers.collect()
    }

    pub(crate) fn state(&self, name: &str) -> State {
        self.of(name).state
    }

    /// Everything reported against a pod, in one text.
    pub(crate) fn reasons(&self, name: &str) -> String {
        self.of(name).reasons.join("\n")
    }

    /// What the pod's program printed; empty where it has no log.
    pub(crate) fn output(&self, name: &str) -> String {
        let log = self.of(name).log.as_ref();
        log.map_or_else(String::new, |log| std::fs::read_to_string(log).expect("the log is there"))
    }

    /// That the program ended well and printed this.
    pub(crate) fn finished(&self, name: &str, output: &str) {
        let workload = self.of(name);
        assert_eq!((workload.state, workload.exit_code), (State::Succeeded, Some(0)), "{workload:?}");
        assert_eq!(self.output(name), output, "{name}");
    }

    /// The names of all logs, sorted.
    pub(crate) fn log_files(&self) -> Vec<String> {
        let logs = std::fs::read_dir(self.directory.path().join("logs")).expect("the node makes it");
        let names = logs.map(|log| log.expect("a name").file_name().to_string_lossy().into_owned());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    /// The kinds of a pod's events, and of its container's, in order.
    pub(crate) fn kinds(&self, name: &str) -> Vec<&'static str> {
        let of_pod = self.events.iter().filter(|event| pod_of(event) == Some(name));
        of_pod.map(|event| event.what.kind()).collect()
    }

    /// What the last evidence of a pod's container claimed.
    pub(crate) fn claims(&self, name: &str) -> &[(String, String)] {
        let of_pod = self.events.iter().rev().filter(|event| pod_of(event) == Some(name));
        let mut claims = of_pod.filter_map(|event| match &event.what {
            What::WorkloadAttested { claims, .. } | What::WorkloadRefused { claims, .. } => Some(&claims.0),
            _ => None,
        });
        claims.next().unwrap_or_else(|| panic!("{name} was never appraised"))
    }

    /// The names of pods to which an event of this kind happened, in order.
    pub(crate) fn order(&self, kind: &str) -> Vec<&str> {
        let of_kind = self.events.iter().filter(|event| event.what.kind() == kind);
        of_kind.filter_map(pod_of).collect()
    }

    /// What is true after every run: the checker saw nothing wrong, no token is
    /// lost, what was created was destroyed, and each digest is its log's.
    fn is_sound(&self) {
        let checker = self.report.checker.as_ref().expect("a run is checked");
        assert!(checker.violations.is_empty(), "{:#?}", checker.violations);
        assert_eq!(casemate_epc::lost_frames(), 0, "frames lost");
        assert_eq!(casemate_enclave::leaked(), 0, "enclaves leaked");
        assert_eq!(casemate_placement::lost_plans(), 0, "plans lost");
        assert_eq!(self.order("enclave_created").len(), self.order("destroyed").len());
        for workload in &self.report.workloads {
            assert_ne!(workload.state, State::Running, "{} never ended", workload.name);
            if let (Some(log), Some(digest)) = (&workload.log, &workload.log_sha256) {
                let log = std::fs::read(log).expect("the log is there");
                if (log.len() as u64) < casemate_node::LOG_BYTES_MAX {
                    assert_eq!(sha256(&log), *digest, "{}", workload.name);
                }
            }
        }
    }
}

fn pod_of(event: &Event) -> Option<&str> {
    match &event.subject {
        Subject::Node(_) => None,
        Subject::Pod(pod) => Some(&pod.name),
        Subject::Container(container) => Some(&container.pod.name),
    }
}

/// Whether this is that kind of event, about the pod of that name.
pub(crate) fn happened(event: &Event, kind: &str, name: &str) -> bool {
    event.what.kind() == kind && pod_of(event) == Some(name)
}

fn sha256(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
