//! What TEEs can do, as programs see it.

use casemate_model::tee::{Migration, capability_table, lacking};
use casemate_model::{Features, Runtime, Tee, TeeVariant};

#[test]
fn the_table_has_a_row_for_each_tee_in_order() {
    let names: Vec<String> = capability_table().rows.into_iter().map(|[name, ..]| name).collect();
    assert_eq!(names, TeeVariant::ALL.map(|it| it.to_string()));
}

/// CC 6.1, row by row, in its own columns.
#[test]
fn what_the_seed_says_of_four_tees_is_in_the_table() {
    let table = capability_table();
    let told = |variant: TeeVariant| {
        let row = table.rows.iter().find(|row| row[0] == variant.as_str()).unwrap();
        [row[1].as_str(), row[3].as_str(), row[4].as_str(), row[9].as_str()].join(" | ")
    };
    for (variant, words) in [
        (TeeVariant::Sgx1, ["enclave in a process", "up to 512Mi", "DCAP quote, EPID", "medium"]),
        (TeeVariant::Tdx, ["confidential VM", "memory of the machine", "TD quote", "low"]),
        (TeeVariant::SevSnp, ["confidential VM", "memory of the machine", "SNP report", "low"]),
        (TeeVariant::Cca, ["realm", "memory of the machine", "CCA token", "low"]),
    ] {
        for word in words {
            assert!(told(variant).contains(word), "{variant}: {word} in {}", told(variant));
        }
    }
}

#[test]
fn a_drain_knows_how_each_kind_moves() {
    assert_eq!(Tee::Sgx.migration(), Migration::Restart);
    assert_eq!(Tee::Tdx.migration(), Migration::LiveWhereOffered);
    assert_eq!(Tee::SevSnp.migration(), Migration::LiveWhereOffered);
    assert_eq!(Tee::TrustZone.migration(), Migration::None);
}

#[test]
fn needs_written_as_words_are_refused_with_the_reason() {
    let needed: Features = "network-sockets, threads, gpu".parse().unwrap();
    let lacks = lacking(Tee::Software.least_variant(), Runtime::Wasi, needed);
    let told: Vec<String> = lacks.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "wasi has no network-sockets: there is no call for it",
            "wasi has no threads: one thread at a time is in an instance",
            "wasi has no gpu: there is no call for it",
        ]
    );
}
