//! The rows that are built in.

use std::collections::{BTreeMap, BTreeSet};

use casemate_catalogue::{Catalogue, Covers, InstanceType, Provider};
use casemate_model::{Bytes, Tee};

const GIB: u64 = 1 << 30;

fn rows() -> &'static [InstanceType] {
    &Catalogue::builtin().types
}

fn row(name: &str, tee: Tee) -> &'static InstanceType {
    rows().iter().find(|it| it.name == name && it.tee.tee() == Some(tee)).unwrap()
}

#[test]
fn as_many_rows_as_their_sources_have() {
    let mut counts: BTreeMap<(Provider, String, Covers), usize> = BTreeMap::new();
    for it in rows() {
        *counts.entry((it.provider, it.tee.to_string(), it.covers)).or_default() += 1;
    }
    let lines: Vec<String> = counts
        .into_iter()
        .map(|((provider, tee, covers), count)| format!("{provider} {tee} {covers} {count}"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    azure sev-snp instance 67
    azure sev-snp child-vms 30
    azure sgx1 enclaves 4
    azure sgx2 enclaves 16
    azure tdx instance 64
    aws nitro enclaves 138
    aws sev-snp instance 16
    google sev instance 59
    google sev-snp instance 31
    google tdx instance 7
    alibaba sgx enclaves 34
    alibaba tdx instance 10
    ibm sgx enclaves 8
    ibm tdx instance 19
    ");
}

#[test]
fn no_type_is_listed_twice_under_one_tee() {
    let mut seen = BTreeSet::new();
    for it in rows() {
        assert!(seen.insert((it.provider, &it.name, it.tee)), "{it}");
    }
}

#[test]
fn encrypted_memory_is_within_memory_and_only_sgx_has_a_page_cache() {
    for it in rows() {
        assert_eq!(it.epc.is_some(), it.tee.tee() == Some(Tee::Sgx), "{it}");
        assert!(it.epc.is_none_or(|epc| epc <= it.memory && epc > Bytes::ZERO), "{it}");
    }
}

#[test]
fn sizes_are_of_the_order_clouds_sell() {
    for it in rows() {
        assert!((1..=256).contains(&it.vcpus), "{it}");
        assert!((GIB..=2048 * GIB).contains(&it.memory.0), "{it}");
        let memory_per_vcpu = it.memory.0 / u64::from(it.vcpus);
        assert!((GIB..=9 * GIB).contains(&memory_per_vcpu), "{it}");
    }
}

#[test]
fn evidence_is_of_the_kind_the_tee_gives() {
    for it in rows() {
        let known = it.tee.least_variant().capabilities().attestation;
        assert!(it.evidence.iter().all(|route| known.contains(route)), "{it}: {:?}", it.evidence);
    }
}

#[test]
fn nitro_rows_say_how_many_enclaves_and_what_the_parent_keeps() {
    for it in rows().iter().filter(|it| it.tee.tee() == Some(Tee::Nitro)) {
        assert_eq!((it.covers, it.enclaves_max), (Covers::Enclaves, Some(4)), "{it}");
        assert!(it.parent_vcpus.is_some_and(|parent| parent < it.vcpus), "{it}");
    }
}

#[test]
fn every_row_names_its_sources_and_every_source_is_named() {
    let named: BTreeSet<&str> = rows().iter().flat_map(|it| &it.sources).map(|it| it.id.as_str()).collect();
    let listed: BTreeSet<&str> = Catalogue::builtin().sources.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(named, listed);
    assert!(rows().iter().all(|it| !it.sources.is_empty()));
}

#[test]
fn sources_are_https_and_were_seen_no_earlier_than_they_are_dated() {
    for source in &Catalogue::builtin().sources {
        assert!(source.url.starts_with("https://"), "{}", source.url);
        assert!(source.dated.is_none_or(|dated| dated <= source.seen), "{}", source.id);
    }
}

/// Its page gives half of the memory up to 16 cores, and two thirds or more from 24 on.
#[test]
fn page_caches_of_dcsv3_are_those_of_its_page() {
    for (name, memory, epc) in [
        ("Standard_DC1s_v3", 8, 4),
        ("Standard_DC16s_v3", 128, 64),
        ("Standard_DC24s_v3", 192, 128),
        ("Standard_DC48s_v3", 384, 256),
    ] {
        let it = row(name, Tee::Sgx);
        assert_eq!((it.memory, it.epc), (Bytes(memory * GIB), Some(Bytes(epc * GIB))), "{it}");
    }
    assert_eq!(row("Standard_DC8_v2", Tee::Sgx).epc, Some(Bytes::mib(168)));
}

/// AWS lists 16 types for SEV-SNP, none above 128 GiB.
#[test]
fn sev_snp_on_aws_ends_at_128_gib() {
    let snp: Vec<_> = rows()
        .iter()
        .filter(|it| it.provider == Provider::Aws && it.tee.tee() == Some(Tee::SevSnp))
        .collect();
    assert_eq!(snp.len(), 16);
    assert_eq!(snp.iter().map(|it| it.memory).max(), Some(Bytes(128 * GIB)));
}

#[test]
fn no_bare_metal_and_no_sizes_too_small_for_enclaves_are_listed_for_nitro() {
    for it in rows().iter().filter(|it| it.tee.tee() == Some(Tee::Nitro)) {
        assert!(!it.name.contains("metal"), "{it}");
        let is_arm = it.series().ends_with('g');
        assert!(it.vcpus >= if is_arm { 2 } else { 4 }, "{it}");
    }
}

#[test]
fn a_type_reads_in_a_line_and_belongs_to_a_series() {
    let told = |name, tee| (row(name, tee).to_string(), row(name, tee).series());
    for (name, tee, line, series) in [
        ("Standard_DC4s_v3", Tee::Sgx, "azure Standard_DC4s_v3 (sgx2, 4 vCPUs, 32Gi, EPC 16Gi)", "DCs_v3"),
        (
            "Standard_NCC40ads_H100_v5",
            Tee::SevSnp,
            "azure Standard_NCC40ads_H100_v5 (sev-snp, 40 vCPUs, 320Gi, 1 x H100)",
            "NCCads_H100_v5",
        ),
        ("m6a.2xlarge", Tee::Nitro, "aws m6a.2xlarge (nitro, 8 vCPUs, 32Gi)", "m6a"),
        ("c3-standard-22", Tee::Tdx, "google c3-standard-22 (tdx, 22 vCPUs, 88Gi)", "c3-standard"),
        ("ecs.r7t.large", Tee::Sgx, "alibaba ecs.r7t.large (sgx, 2 vCPUs, 16Gi, EPC 8Gi)", "ecs.r7t"),
        ("cx3dc-2x5", Tee::Tdx, "ibm cx3dc-2x5 (tdx, 2 vCPUs, 5Gi)", "cx3dc"),
    ] {
        assert_eq!(told(name, tee), (line.into(), series.into()));
    }
}
