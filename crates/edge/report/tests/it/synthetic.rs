//! Runs that never were, shaped like real ones and the same every time: so many
//! containers, so long, with paging, suspensions and bad ends among them.

use casemate_model::{
    Bytes, ContainerKey, EnclaveId, Fingerprint, Measurement, Nanos, NodeName, Pages, PodKey, Tee, Timestamp,
    WorkerId,
};
use casemate_report::{
    CheckerReport, Claims, EnclaveSample, EnclaveState, EpcReport, Event, NodeReport, Observer, PolicyReport,
    RunReport, Sample, SoftwareRoot, State, Stay, StayEnd, Subject, Verdict, What, WorkloadReport,
};

/// What a synthetic run is like.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) containers: u32,
    pub(crate) length: Nanos,
    pub(crate) cpus: u16,
    /// Between two samples.
    pub(crate) interval: Nanos,
    /// What a guest put into every name and message; empty for ordinary ones.
    pub(crate) hostile: &'static str,
}

impl Shape {
    pub(crate) const fn of(containers: u32, length: Nanos) -> Self {
        Self { containers, length, cpus: 2, interval: Nanos(100_000_000), hostile: "" }
    }
}

/// What a guest would put into a name that is written into a page.
pub(crate) const HOSTILE: &str = "</title></style></script><script>window.stolen=1;console.error('stolen')</script>\
    <img src=x onerror=\"window.stolen=1;console.error('stolen')\">\"' onload='window.stolen=1' x=\"<!--&lt;\u{202e}]]>{{7*7}}";

/// 2026-01-31T12:00:00Z.
const START: Timestamp = Timestamp(1_769_860_800_000_000_000);
const FRAMES: u64 = 16_448;

/// What a container is like, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Uses its whole slice.
    Hog,
    /// Touches more memory than is guaranteed.
    Pager,
    /// Mostly waits for the host.
    Chat,
    /// Is suspended in the middle of the run, and resumed.
    Lapsing,
    /// Does what WebAssembly does not allow.
    Trapping,
    /// Its evidence is refused.
    Forged,
    /// Can never fit.
    Huge,
}

const KINDS: [(Kind, &str); 9] = [
    (Kind::Chat, "chat"),
    (Kind::Pager, "checksum"),
    (Kind::Hog, "hog"),
    (Kind::Pager, "shuffle"),
    (Kind::Lapsing, "ledger"),
    (Kind::Trapping, "divide"),
    (Kind::Forged, "forged"),
    (Kind::Huge, "huge"),
    (Kind::Hog, "primes"),
];

struct Guest {
    kind: Kind,
    key: ContainerKey,
    id: EnclaveId,
    begins: u64,
    ends: u64,
    ready_at: u64,
    cpu: u64,
    fair: u64,
    faults: u64,
    aex: u64,
    eexit: u64,
    resident: u64,
    touched: u64,
    page_outs: u64,
    ended_with: StayEnd,
}

impl Guest {
    fn lives(&self, now: u64) -> bool {
        !matches!(self.kind, Kind::Forged | Kind::Huge) && (self.begins..self.ends).contains(&now)
    }
}

/// Numbers that look like chance: a linear congruential generator (Knuth's MMIX).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

/// Tells the run to `observer` and gives its report.
pub(crate) fn run(shape: &Shape, observer: &mut impl Observer) -> RunReport {
    let length = shape.length.0;
    let mut chance = Chance(7);
    let mut guests: Vec<Guest> = (0..shape.containers).map(|number| guest(shape, number)).collect();
    let node = NodeName(format!("laptop{}", shape.hostile));
    let mut events = Vec::new();
    let at = |nanos: u64| START.after(Nanos(nanos));
    let claims = |measurement: &str| {
        let claims = [
            ("tee", "software".to_owned()),
            ("measurement", format!("{measurement}{}", shape.hostile)),
            ("signer", "0".repeat(64)),
            ("isv_svn", "0".to_owned()),
            ("debug", "false".to_owned()),
        ];
        Claims(claims.map(|(name, value)| (format!("{name}{}", shape.hostile), value)).into())
    };
    events.push((
        0,
        Subject::Node(node.clone()),
        What::NodeAttested {
            claims: claims(&"0".repeat(64)),
            tee: Tee::Software,
            root: Fingerprint([0xab; 32]),
            not_after: at(300_000_000_000),
        },
    ));
    for (number, guest) in guests.iter().enumerate() {
        life(shape, number as u64, guest, &node, &claims, &mut events);
    }
    events.push((length, Subject::Node(node.clone()), What::RunEnded { succeeded: false }));
    events.sort_by_key(|(time, ..)| *time);
    let mut events = events.into_iter().peekable();

    let slice = (length / 200).clamp(20_000, 10_000_000);
    let mut now = length / 200;
    let mut next_sample = 0;
    while now < length {
        while let Some((time, subject, what)) = events.next_if(|(time, ..)| *time <= now) {
            observer.event(Event { time: at(time), subject, what });
        }
        if now >= next_sample {
            observer.sample(sample(&guests, now, at(now)));
            next_sample = now + shape.interval.0;
        }
        let stays = round(shape, &mut guests, now, slice, &mut chance);
        observer.stays(stays);
        now += slice;
    }
    for (time, subject, what) in events {
        observer.event(Event { time: at(time), subject, what });
    }
    report(shape, node, &guests)
}

fn guest(shape: &Shape, number: u32) -> Guest {
    let (kind, name) = KINDS[number as usize % KINDS.len()];
    let round = number / KINDS.len() as u32;
    let name = if round == 0 { format!("quick-{name}") } else { format!("quick-{name}-{round}") };
    let length = shape.length.0;
    let begins = length / 50 + length * u64::from(number % 7) / 60;
    let ends = match kind {
        Kind::Hog | Kind::Lapsing => length - length / 40,
        Kind::Chat => length * 3 / 4,
        Kind::Trapping => length / 2,
        _ => length * (5 + u64::from(number % 4)) / 9,
    };
    Guest {
        kind,
        key: ContainerKey {
            pod: PodKey { namespace: "default".into(), name: format!("{name}{}", shape.hostile) },
            container: format!("app{}", shape.hostile),
        },
        id: EnclaveId { index: number, generation: 0 },
        begins,
        ends,
        ready_at: begins,
        cpu: 0,
        fair: 0,
        faults: 0,
        aex: 0,
        eexit: 0,
        resident: 0,
        touched: 0,
        page_outs: 0,
        ended_with: StayEnd::Aex,
    }
}

fn life(
    shape: &Shape,
    number: u64,
    guest: &Guest,
    node: &NodeName,
    claims: &impl Fn(&str) -> Claims,
    events: &mut Vec<(u64, Subject, What)>,
) {
    let (length, hostile) = (shape.length.0, shape.hostile);
    let pod = || Subject::Pod(guest.key.pod.clone());
    let container = || Subject::Container(guest.key.clone());
    let early = length / 100 + number * 1000;
    if guest.kind == Kind::Huge {
        let reasons = vec![format!("laptop: 128Mi of EPC asked for, the node has 64Mi{hostile}")];
        events.push((early, pod(), What::PodNeverFits { reasons }));
        return;
    }
    if guest.begins > length / 20 {
        let reasons = vec![format!("laptop: 32Mi of EPC asked for, 16Mi left{hostile}")];
        events.push((early, pod(), What::PodQueued { reasons }));
    }
    let why =
        format!("EPC would be 62 % used (40Mi of 64Mi), its TEE stands in for the one asked for{hostile}");
    let placed = guest.begins - length / 100;
    events.push((placed, pod(), What::PodPlaced { node: node.clone(), why }));
    let created = What::EnclaveCreated {
        enclave: guest.id,
        epc_guaranteed: Bytes::mib(2),
        epc_limit: Some(Bytes::mib(64)),
    };
    events.push((placed + 1, container(), created));
    let measurement = Measurement([number as u8; 32]);
    events.push((placed + 2, container(), What::EnclaveMeasured { measurement }));
    let not_after = START.after(Nanos(300_000_000_000));
    let claims = claims(&measurement.to_string());
    if guest.kind == Kind::Forged {
        let reasons = vec![format!("the measurement is not in the policy{hostile}")];
        events.push((guest.begins - 1, container(), What::WorkloadRefused { claims, reasons }));
        events.push((guest.begins, container(), What::Destroyed { pages_zeroed: Pages(256) }));
        return;
    }
    events.push((guest.begins - 1, container(), What::WorkloadAttested { claims, not_after }));
    events.push((guest.begins, container(), What::Entered));
    match guest.kind {
        Kind::Lapsing => {
            let why = format!("its verdict lapsed{hostile}");
            events.push((length * 2 / 5, container(), What::Suspended { why }));
            events.push((length / 2, container(), What::Resumed { not_after }));
        }
        Kind::Hog => events.push((length * 3 / 5, container(), What::Renewed { not_after })),
        _ => {}
    }
    let end = match guest.kind {
        Kind::Trapping => What::Trapped { message: format!("integer divide by zero{hostile}") },
        _ => What::Exited { code: 0 },
    };
    events.push((guest.ends, container(), end));
    let zeroed = What::Destroyed { pages_zeroed: Pages(guest.resident) };
    events.push((guest.ends + length / 100, container(), zeroed));
}

/// One slice on every CPU: who has waited longest goes first.
fn round(shape: &Shape, guests: &mut [Guest], now: u64, slice: u64, chance: &mut Chance) -> Vec<Stay> {
    let length = shape.length.0;
    let lapsed = |guest: &Guest| guest.kind == Kind::Lapsing && (length * 2 / 5..length / 2).contains(&now);
    let mut ready: Vec<usize> = (0..guests.len())
        .filter(|number| {
            let guest = &guests[*number];
            guest.lives(now) && guest.ready_at <= now && !lapsed(guest)
        })
        .collect();
    ready.sort_by_key(|number| (guests[*number].cpu, *number));
    let fair = slice * u64::from(shape.cpus) / (ready.len() as u64).max(u64::from(shape.cpus));
    for number in &ready {
        guests[*number].fair += fair;
    }
    let mut stays = Vec::new();
    for (worker, number) in (1..=shape.cpus).zip(ready) {
        let guest = &mut guests[number];
        let (took, end) = match guest.kind {
            Kind::Chat => (slice / 12, StayEnd::Eexit),
            _ if now + slice >= guest.ends => (slice - 1, StayEnd::Over),
            _ if chance.below(9) == 0 => (slice / 2, StayEnd::Eexit),
            _ => (slice - 1, StayEnd::Aex),
        };
        let faults = match guest.kind {
            Kind::Pager => 40 + chance.below(200),
            _ => chance.below(2),
        };
        guest.cpu += took;
        guest.faults += faults;
        guest.touched = (guest.touched + faults).min(FRAMES);
        guest.resident = (guest.resident + faults).min(guest.touched);
        guest.aex += u64::from(end == StayEnd::Aex);
        guest.eexit += u64::from(end == StayEnd::Eexit);
        guest.ended_with = end;
        guest.ready_at = now + slice * if guest.kind == Kind::Chat { 7 } else { 1 };
        stays.push(Stay {
            worker: WorkerId(worker.try_into().expect("workers count from one")),
            enclave: guest.id,
            from: START.after(Nanos(now)),
            until: START.after(Nanos(now + took)),
            end,
            faults,
        });
    }
    evict(guests, now);
    stays
}

/// Takes from whoever has most until everything fits.
fn evict(guests: &mut [Guest], now: u64) {
    for guest in guests.iter_mut().filter(|guest| !guest.lives(now)) {
        guest.resident = 0;
    }
    loop {
        let used: u64 = guests.iter().map(|guest| guest.resident).sum();
        let Some(excess) = used.checked_sub(FRAMES).filter(|excess| *excess > 0) else { return };
        let Some(victim) = guests.iter_mut().max_by_key(|guest| guest.resident) else { return };
        let pages = excess.max(victim.resident / 6).min(victim.resident);
        victim.resident -= pages;
        victim.page_outs += pages;
    }
}

fn sample(guests: &[Guest], now: u64, time: Timestamp) -> Sample {
    let enclaves: Vec<EnclaveSample> = guests
        .iter()
        .filter(|guest| guest.lives(now))
        .map(|guest| EnclaveSample {
            enclave: guest.id,
            container: guest.key.clone(),
            state: if guest.ready_at > now { EnclaveState::Blocked } else { EnclaveState::Ready },
            verdict: Some(Verdict::Affirming),
            worker: None,
            resident: Pages(guest.resident),
            total: Pages(guest.touched),
            guaranteed: Pages(512),
            faults: guest.faults,
            page_ins: guest.faults / 2,
            page_outs: guest.page_outs,
            aex: guest.aex,
            eexit: guest.eexit,
            cpu: Nanos(guest.cpu),
            fair: Nanos(guest.fair),
        })
        .collect();
    let used: u64 = enclaves.iter().map(|enclave| enclave.resident.0).sum();
    Sample { time, frames: Pages(FRAMES), free: Pages(FRAMES.saturating_sub(used)), enclaves }
}

fn report(shape: &Shape, node: NodeName, guests: &[Guest]) -> RunReport {
    let hostile = shape.hostile;
    let workloads = guests.iter().enumerate().map(|(number, guest)| {
        let pending = WorkloadReport::pending(&guest.key, Some(Tee::Sgx));
        let placed = WorkloadReport {
            node: Some(node.clone()),
            tee: Some(Tee::Software),
            verdict: Some(Verdict::Affirming),
            measurement: Some(Measurement([number as u8; 32])),
            ..pending.clone()
        };
        match guest.kind {
            Kind::Huge => WorkloadReport {
                reasons: vec![format!("laptop: 128Mi of EPC asked for, the node has 64Mi{hostile}")],
                ..pending
            },
            Kind::Forged => WorkloadReport {
                verdict: Some(Verdict::Contraindicated),
                state: State::Refused,
                reasons: vec![format!("the measurement is not in the policy{hostile}")],
                ..placed
            },
            kind => WorkloadReport {
                state: if kind == Kind::Trapping { State::Trapped } else { State::Succeeded },
                exit_code: (kind != Kind::Trapping).then_some(0),
                reasons: match kind {
                    Kind::Trapping => vec![format!("integer divide by zero{hostile}")],
                    _ => vec![],
                },
                seconds: Some(Nanos(guest.ends - guest.begins)),
                cpu_seconds: Some(Nanos(guest.cpu)),
                page_ins: Some(guest.faults / 2),
                page_outs: Some(guest.page_outs),
                aex: Some(guest.aex),
                eexit: Some(guest.eexit),
                ..placed
            },
        }
    });
    RunReport {
        workloads: workloads.collect(),
        node: Some(NodeReport {
            name: node,
            tee: Tee::Software,
            epc_bytes: Bytes::mib(64),
            cpus: shape.cpus,
            paging: "userfaultfd".into(),
            root: Some(Fingerprint([0xab; 32])),
            verdict: Some(Verdict::Affirming),
            reasons: vec![],
        }),
        epc: Some(EpcReport {
            capacity_pages: Pages(16_384),
            working_pages: Pages(64),
            resident_pages_max: Some(Pages(FRAMES)),
            page_ins: guests.iter().map(|guest| guest.faults / 2).sum(),
            page_outs: guests.iter().map(|guest| guest.page_outs).sum(),
        }),
        policy: Some(PolicyReport {
            name: format!("quickstart{hostile}"),
            source: format!("examples/quickstart/policy.yaml{hostile}"),
            software_root: vec![SoftwareRoot {
                written: format!("this-machine{hostile}"),
                fingerprint: Fingerprint([0xab; 32]),
            }],
        }),
        checker: Some(CheckerReport { observations: 174_592, violations: vec![] }),
        events: Some(format!("casemate-run/events.jsonl{hostile}")),
        problems: match hostile {
            "" => vec![],
            hostile => vec![format!("broken.yaml:3:5: at least one container is needed{hostile}")],
        },
        ..RunReport::empty()
    }
}
