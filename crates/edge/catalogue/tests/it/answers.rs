//! Which types fit what is wanted, and what the others lack.

use casemate_catalogue::{Answer, Catalogue, Covers, Fit, Has, InstanceType, Lack, Resource, Wanted, answer};
use casemate_model::{Bytes, Capacity, MilliCpu, Tee};
use proptest::prelude::*;

fn gib(count: u64) -> Bytes {
    Bytes::mib(count * 1024)
}

fn cpus(count: u64) -> MilliCpu {
    MilliCpu(count * 1000)
}

fn ask(tee: Tee, capacity: Capacity) -> Wanted {
    Wanted { tee: Some(tee), capacity }
}

fn answered(wanted: &Wanted) -> Answer<'static> {
    Catalogue::builtin().answer(wanted)
}

/// The first types that fit, a line each, and the nearest that do not.
fn told(wanted: &Wanted) -> String {
    let answer = answered(wanted);
    let fits = answer.fits.iter().take(4).map(|fit| {
        let unstated: Vec<String> = fit.unstated.iter().map(ToString::to_string).collect();
        let open = if unstated.is_empty() {
            String::new()
        } else {
            format!(", not stated: {}", unstated.join(", "))
        };
        format!("fits, {} ppm left over{open}: {}", fit.waste_ppm, fit.instance_type)
    });
    let misses = answer.misses.iter().take(3).map(|miss| {
        let lacks: Vec<String> = miss.lacks.iter().map(ToString::to_string).collect();
        format!("{}: {}", miss.instance_type, lacks.join("; "))
    });
    fits.chain(misses).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_enclave_is_told_the_tightest_types_first() {
    let capacity = Capacity { epc: gib(6), slots: 1, cpu: cpus(2), memory: gib(4), ..Capacity::default() };
    insta::assert_snapshot!(told(&ask(Tee::Sgx, capacity)), @r"
    fits, 333333 ppm left over: azure Standard_DC2ds_v3 (sgx2, 2 vCPUs, 16Gi, EPC 8Gi)
    fits, 333333 ppm left over: alibaba ecs.r7t.large (sgx, 2 vCPUs, 16Gi, EPC 8Gi)
    fits, 333333 ppm left over: azure Standard_DC2s_v3 (sgx2, 2 vCPUs, 16Gi, EPC 8Gi)
    fits, 333333 ppm left over: alibaba ecs.r9it.large (sgx, 2 vCPUs, 16Gi, EPC 8Gi)
    ibm cx3dc-4x10 (sgx, 4 vCPUs, 10Gi, EPC 4Gi): EPC: 6Gi wanted, has 4Gi
    ibm bx3dc-2x10 (sgx, 2 vCPUs, 10Gi, EPC 4Gi): EPC: 6Gi wanted, has 4Gi
    alibaba ecs.c7t.xlarge (sgx, 4 vCPUs, 8Gi, EPC 4Gi): EPC: 6Gi wanted, has 4Gi
    ");
}

#[test]
fn more_encrypted_memory_than_anyone_sells_fits_nowhere_and_the_nearest_is_named() {
    let capacity = Capacity { epc: gib(600), slots: 1, ..Capacity::default() };
    let wanted = ask(Tee::Sgx, capacity);
    assert!(answered(&wanted).fits.is_empty());
    insta::assert_snapshot!(told(&wanted), @r"
    alibaba ecs.r7t.32xlarge (sgx, 128 vCPUs, 1Ti, EPC 512Gi): EPC: 600Gi wanted, has 512Gi
    alibaba ecs.r9it.24xlarge (sgx, 96 vCPUs, 768Gi, EPC 384Gi): EPC: 600Gi wanted, has 384Gi
    alibaba ecs.g7t.32xlarge (sgx, 128 vCPUs, 512Gi, EPC 256Gi): EPC: 600Gi wanted, has 256Gi
    ");
}

/// What `kata-qemu-tdx` costs: a key, 2 GiB and a CPU. Such a pod needs a host of TDX, not a guest.
#[test]
fn a_pod_that_needs_a_key_of_tdx_fits_no_instance_that_is_a_trust_domain() {
    let capacity = Capacity { key_slots: 1, cpu: cpus(1), memory: gib(2), ..Capacity::default() };
    let answer = answered(&ask(Tee::Tdx, capacity));
    assert!(answer.fits.is_empty());
    let nearest = &answer.misses[0];
    assert_eq!(nearest.lacks, [Lack::NoChildVms { wanted: 1 }]);
    assert_eq!(
        nearest.lacks[0].to_string(),
        "key slots: 1 wanted; it is a confidential VM itself and starts none"
    );
}

#[test]
fn where_no_source_says_how_many_keys_there_are_the_answer_says_so() {
    let capacity = Capacity { key_slots: 1, cpu: cpus(1), memory: gib(2), ..Capacity::default() };
    let answer = answered(&ask(Tee::SevSnp, capacity));
    assert!(!answer.fits.is_empty());
    for fit in &answer.fits {
        assert_eq!(fit.instance_type.covers, Covers::ChildVms);
        assert_eq!(fit.unstated, [Resource::KeySlots]);
        assert!(fit.is_evidence_unstated);
    }
}

#[test]
fn what_is_fully_stated_comes_before_what_is_not() {
    let types = &Catalogue::builtin().types;
    let mut open = types.iter().find(|it| it.name == "m6g.large").unwrap().clone();
    open.enclaves_max = None;
    let stated = types.iter().find(|it| it.name == "m7g.16xlarge").unwrap();
    let wanted = ask(Tee::Nitro, Capacity { slots: 1, cpu: cpus(1), memory: gib(7), ..Capacity::default() });
    let answer = answer([&open, stated], &wanted);
    let names: Vec<&str> = answer.fits.iter().map(|fit| fit.instance_type.name.as_str()).collect();
    assert_eq!(names, ["m7g.16xlarge", "m6g.large"]);
}

#[test]
fn plain_sev_holds_nothing_confidential() {
    for tee in Tee::ALL {
        let answer = answered(&ask(tee, Capacity::default()));
        assert!(answer.fits.iter().all(|fit| fit.instance_type.tee.to_string() != "sev"), "{tee}");
    }
    let ordinary = Wanted { tee: None, capacity: Capacity { cpu: cpus(1), ..Capacity::default() } };
    assert!(answered(&ordinary).misses.is_empty());
}

#[test]
fn the_parent_of_enclaves_keeps_its_cpus_and_there_are_four_at_most() {
    let of = |name: &str| {
        let all = &Catalogue::builtin().types;
        all.iter().find(|it| it.name == name && it.tee.tee() == Some(Tee::Nitro)).unwrap()
    };
    assert_eq!(of("m5.xlarge").has(Resource::Cpu), Has::Exactly(2000));
    assert_eq!(of("m6g.xlarge").has(Resource::Cpu), Has::Exactly(3000));
    let lacks = |capacity| answer([of("m5.xlarge")], &ask(Tee::Nitro, capacity)).misses.remove(0).lacks;
    assert_eq!(
        lacks(Capacity { slots: 5, cpu: cpus(3), ..Capacity::default() }),
        [
            Lack::Short { resource: Resource::Cpu, wanted: 3000, has: 2000 },
            Lack::Short { resource: Resource::EnclaveSlots, wanted: 5, has: 4 },
        ]
    );
}

#[test]
fn encrypted_memory_of_a_confidential_vm_is_its_memory() {
    let type_of_8_gib = Catalogue::builtin().types.iter().find(|it| it.name == "Standard_DC2es_v6").unwrap();
    let fits = |epc, memory| {
        let wanted = ask(Tee::Tdx, Capacity { epc: gib(epc), memory: gib(memory), ..Capacity::default() });
        answer([type_of_8_gib], &wanted).misses.is_empty()
    };
    assert!(fits(0, 8) && fits(8, 0) && fits(4, 4));
    assert!(!fits(5, 4) && !fits(0, 9));
}

#[test]
fn software_enclaves_are_nothing_that_is_sold() {
    assert!(answered(&ask(Tee::Software, Capacity::default())).fits.is_empty());
}

fn wants() -> impl Strategy<Value = Wanted> {
    let tee = proptest::option::of(proptest::sample::select(Tee::ALL.to_vec()));
    let amounts = (0..700u64, 0..6u32, 0..3u32, 0..200_000u64, 0..2000u64);
    (tee, amounts).prop_map(|(tee, (epc, slots, key_slots, cpu, memory))| Wanted {
        tee,
        capacity: Capacity { epc: gib(epc), slots, key_slots, cpu: MilliCpu(cpu), memory: gib(memory) },
    })
}

fn fitting(answer: &Answer<'_>) -> Vec<InstanceType> {
    answer.fits.iter().map(|fit| fit.instance_type.clone()).collect()
}

proptest! {
    #[test]
    fn every_type_is_on_one_list_and_whatever_misses_lacks_something(wanted in wants()) {
        let answer = answered(&wanted);
        prop_assert_eq!(answer.fits.len() + answer.misses.len(), Catalogue::builtin().types.len());
        prop_assert!(answer.misses.iter().all(|miss| !miss.lacks.is_empty()));
    }

    #[test]
    fn what_fits_has_at_least_as_much_of_everything(wanted in wants()) {
        for fit in answered(&wanted).fits {
            let it = fit.instance_type;
            prop_assert!(wanted.tee.is_none_or(|tee| it.tee.tee() == Some(tee)));
            prop_assert!(u64::from(it.vcpus) * 1000 >= wanted.capacity.cpu.0);
            prop_assert!(it.memory >= wanted.capacity.memory);
            let protected = it.epc.unwrap_or(it.memory);
            prop_assert!(protected >= wanted.capacity.epc);
            prop_assert!(fit.waste_ppm <= 1_000_000);
        }
    }

    #[test]
    fn asking_for_less_of_anything_loses_no_type(wanted in wants(), less in wants()) {
        let smaller = Capacity {
            epc: wanted.capacity.epc.min(less.capacity.epc),
            slots: wanted.capacity.slots.min(less.capacity.slots),
            key_slots: wanted.capacity.key_slots.min(less.capacity.key_slots),
            cpu: wanted.capacity.cpu.min(less.capacity.cpu),
            memory: wanted.capacity.memory.min(less.capacity.memory),
        };
        let fit_smaller = fitting(&answered(&Wanted { capacity: smaller, ..wanted }));
        for it in fitting(&answered(&wanted)) {
            prop_assert!(fit_smaller.contains(&it), "{}", it);
        }
    }

    #[test]
    fn the_order_does_not_depend_on_the_order_of_the_file(wanted in wants()) {
        let reversed: Vec<InstanceType> = Catalogue::builtin().types.iter().rev().cloned().collect();
        let lists = |answer: &Answer<'_>| {
            let misses: Vec<_> = answer.misses.iter().map(|it| it.instance_type.clone()).collect();
            (fitting(answer), misses)
        };
        prop_assert_eq!(lists(&answer(&reversed, &wanted)), lists(&answered(&wanted)));
    }

    #[test]
    fn fully_stated_fits_are_in_order_of_waste(wanted in wants()) {
        let answer = answered(&wanted);
        let rank = |fit: &Fit<'_>| (!fit.unstated.is_empty(), fit.is_evidence_unstated, fit.waste_ppm);
        let ranks: Vec<_> = answer.fits.iter().map(rank).collect();
        prop_assert!(ranks.is_sorted());
    }

    #[test]
    fn a_demand_of_exactly_one_type_leaves_nothing_over(it in proptest::sample::select(Catalogue::builtin().types.as_slice())) {
        let it = &it;
        let Has::Exactly(cpu) = it.has(Resource::Cpu) else { panic!("{it}") };
        let capacity = Capacity {
            epc: it.epc.unwrap_or_default(),
            cpu: MilliCpu(cpu),
            memory: it.memory,
            ..Capacity::default()
        };
        let wanted = Wanted { tee: it.tee.tee(), capacity };
        let answer = answer([it], &wanted);
        prop_assert_eq!(answer.fits.first().map(|fit| fit.waste_ppm), Some(0));
    }
}
