//! What whoever watches a run is told beside its events, and that nobody is told who did not ask.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::{Bytes, EnclaveId, Nanos};
use casemate_report::{EnclaveSample, EnclaveState, Sample, StayEnd, Verdict, What};

use crate::programs::{audit_for_ever, program, shuffle, spin, spin_for};
use crate::trial::{Guest, Ran, Trial};

/// Three programs on two CPUs: two page, one sleeps between two turns.
fn watched() -> Ran {
    let sleeper = program("(call $sleep (i64.const 3000000)) (call $sleep (i64.const 1))");
    let trial = Trial::new(Bytes::mib(3), 2)
        .slice(Nanos::from_millis(1))
        .guest(Guest::new("a", shuffle(4, 60_000, 1)).guaranteed(Bytes::mib(1)))
        .guest(Guest::new("b", shuffle(4, 60_000, 2)))
        .guest(Guest::new("s", sleeper))
        .watched(Nanos(500_000));
    trial.run()
}

#[test]
fn nobody_is_told_who_did_not_ask() {
    let ran = Trial::new(Bytes::mib(4), 1).guest(Guest::new("a", spin_for(5_000_000))).run();
    assert!(ran.samples.is_empty() && ran.stays.is_empty());
}

#[test]
fn samples_count_every_frame_once_and_never_go_back() {
    let ran = watched();
    assert!(ran.samples.len() >= 2, "at the start and at the end");
    let mut before: BTreeMap<EnclaveId, EnclaveSample> = BTreeMap::new();
    for sample in &ran.samples {
        let resident: u64 = sample.enclaves.iter().map(|enclave| enclave.resident.0).sum();
        assert!(resident + sample.free.0 <= sample.frames.0, "{sample:?}");
        for now in &sample.enclaves {
            assert!(now.resident <= now.total, "{now:?}");
            let Some(past) = before.insert(now.enclave, now.clone()) else { continue };
            let counts = |it: &EnclaveSample| {
                [it.total.0, it.faults, it.page_ins, it.page_outs, it.aex, it.eexit, it.cpu.0]
            };
            let (past, counts) = (counts(&past), counts(now));
            assert!(past.iter().zip(counts).all(|(past, now)| *past <= now), "{past:?} then {counts:?}");
        }
    }
    let last = ran.samples.last().expect("there are samples");
    assert!(last.enclaves.is_empty() && last.free == last.frames, "{last:?}");
    assert!(ran.samples.is_sorted_by_key(|sample| sample.time));
}

#[test]
fn samples_show_each_enclave_from_its_building_on_and_what_it_was_guaranteed() {
    let ran = Trial::new(Bytes::mib(3), 2)
        .guest(Guest::new("a", audit_for_ever(4)).guaranteed(Bytes::mib(1)))
        .guest(Guest::new("b", audit_for_ever(4)))
        .guest(Guest::new("s", program("(call $sleep (i64.const 3600000000000))")))
        .watched(Nanos::from_millis(1))
        .until(|sample| {
            let pages = |enclave: &EnclaveSample| enclave.page_outs > 0 && enclave.page_ins > 0;
            let sleeps = |enclave: &EnclaveSample| enclave.state == EnclaveState::Blocked;
            sample.enclaves.iter().filter(|it| pages(it)).count() == 2 && sample.enclaves.iter().any(sleeps)
        })
        .run();
    let all: Vec<_> = ran.samples.iter().flat_map(|sample| &sample.enclaves).collect();
    for sample in &all {
        let guaranteed = if sample.container.pod.name == "a" { 256 } else { 1 };
        assert_eq!(sample.guaranteed.0, guaranteed);
        assert_eq!(sample.worker.is_some(), sample.state == EnclaveState::Inside, "{sample:?}");
        if sample.state == EnclaveState::Building {
            assert_eq!((sample.cpu, sample.resident.0), (Nanos::ZERO, 0), "{sample:?}");
        } else {
            assert_eq!(sample.verdict, Some(Verdict::Affirming), "{sample:?}");
        }
    }
    assert!(all.iter().any(|sample| sample.cpu > Nanos::ZERO && sample.faults > 0));
}

#[test]
fn a_lone_enclave_is_entitled_to_what_it_got() {
    let ran = Trial::new(Bytes::mib(4), 1)
        .slice(Nanos::from_millis(1))
        .guest(Guest::new("a", spin_for(20_000_000)))
        .watched(Nanos::from_millis(1))
        .run();
    for enclave in ran.samples.iter().flat_map(|sample| &sample.enclaves) {
        let apart = enclave.cpu.0.abs_diff(enclave.fair.0);
        // Lag is rounded down to a whole nanosecond.
        assert!(apart <= 1, "{enclave:?}");
    }
}

#[test]
fn what_all_together_are_entitled_to_is_what_all_together_got() {
    const NAMES: [&str; 3] = ["a", "b", "c"];
    /// Whether all of them want a CPU.
    fn compete(sample: &Sample) -> bool {
        let states = [EnclaveState::Ready, EnclaveState::Inside];
        sample.enclaves.iter().filter(|it| states.contains(&it.state)).count() == NAMES.len()
    }
    let trial = Trial::new(Bytes::mib(4), 1).slice(Nanos::from_millis(1)).watched(Nanos::from_millis(1));
    let mut unequal = 0;
    let ran = NAMES
        .into_iter()
        .fold(trial, |trial, name| trial.guest(Guest::new(name, spin())))
        .until(move |sample| {
            unequal += u32::from(compete(sample) && sample.enclaves.iter().any(|it| it.cpu != it.fair));
            unequal > 20
        })
        .run();
    for sample in ran.samples.iter().filter(|sample| compete(sample)) {
        let sum = |of: fn(&EnclaveSample) -> Nanos| sample.enclaves.iter().map(|it| of(it).0).sum::<u64>();
        let apart = sum(|it| it.cpu).abs_diff(sum(|it| it.fair));
        // Lags sum to zero; each is rounded by less than a nanosecond.
        assert!(apart <= NAMES.len() as u64, "{apart} ns: {sample:?}");
    }
}

#[test]
fn stays_of_one_cpu_and_of_one_enclave_never_overlap_and_count_every_exit() {
    let ran = watched();
    assert_eq!(ran.stays_lost, 0);
    let mut by_worker: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut by_enclave: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for stay in &ran.stays {
        assert!(stay.from <= stay.until, "{stay:?}");
        by_worker.entry(stay.worker).or_default().push(stay);
        by_enclave.entry(stay.enclave).or_default().push(stay);
    }
    for stays in by_worker.values() {
        assert!(stays.windows(2).all(|two| two[0].until <= two[1].from), "in order on each CPU");
    }
    assert_eq!(by_enclave.len(), 3);
    for stays in by_enclave.values_mut() {
        stays.sort_by_key(|stay| stay.from);
        assert!(stays.windows(2).all(|two| two[0].until <= two[1].from), "nobody is inside twice");
        assert!(stays.pop().is_some_and(|last| last.end == StayEnd::Over));
        assert!(stays.iter().all(|stay| stay.end != StayEnd::Over));
    }
    let waits = ran.stays.iter().filter(|stay| stay.end == StayEnd::Eexit).count();
    assert!(waits >= 1, "the sleeper waits for the host");
    let slices = ran.stays.iter().filter(|stay| stay.end == StayEnd::Aex).count() as u64;
    let counted: u64 = ran.report.workloads.iter().filter_map(|workload| workload.aex).sum();
    assert_eq!(slices, counted, "every asynchronous exit ends a stay");
    assert!(ran.stays.iter().map(|stay| stay.faults).sum::<u64>() > 0);
}

#[test]
fn every_claim_of_the_evidence_is_told_and_the_nonce_is_another_each_time() {
    let ran = Trial::new(Bytes::mib(4), 1)
        .guest(Guest::new("a", program("")))
        .guest(Guest::new("b", program("nop")))
        .run();
    let mut nonces = BTreeSet::new();
    let mut told = 0;
    for event in &ran.events {
        let (What::NodeAttested { claims, .. } | What::WorkloadAttested { claims, .. }) = &event.what else {
            continue;
        };
        told += 1;
        let names: Vec<_> = claims.0.iter().map(|(name, _)| name.as_str()).collect();
        let expected = "tee cpu_svn misc_select attributes debug xfrm mrenclave mrsigner isv_prod_id isv_svn \
                        report_data root valid_from valid_until nonce nonce_bound";
        assert_eq!(names.join(" "), expected);
        let of = |name: &str| &claims.0.iter().find(|(it, _)| it == name).expect("named above").1;
        assert_eq!((of("debug").as_str(), of("nonce_bound").as_str()), ("false", "true"));
        assert_eq!(of("attributes"), "0x0000000000000005", "INIT and MODE64BIT");
        nonces.insert(of("nonce").clone());
    }
    assert_eq!((told, nonces.len()), (3, 3));
    for name in ["a", "b"] {
        let measurement = ran.of(name).measurement.expect("it was measured").to_string();
        assert!(ran.claims(name).contains(&("mrenclave".to_owned(), measurement)));
    }
}
