//! Files with mistakes are refused with the place and the reason.

use casemate_catalogue::{Catalogue, File, Problem};

const SOURCES: &str = "source,url,dated,seen\ns,https://example.com/sizes,2026-01-02,2026-03-04\n";
const HEADING: &str = "provider,name,tee,covers,vcpus,memory_mib,epc_mib,numa_nodes,enclaves,parent_vcpus,gpus,evidence,status,retires,sources";
const ROW: &str = "azure,t,sgx,enclaves,4,8192,4096,1,,,,dcap,available,2030-01-01,s";

/// The mistake in a file with this row below the good one.
fn in_row(row: &str) -> (File, usize, Problem) {
    told(&format!("{HEADING}\n# a comment\n{ROW}\n{row}\n"), SOURCES)
}

fn told(types: &str, sources: &str) -> (File, usize, Problem) {
    let error = Catalogue::parse(types, sources).unwrap_err();
    (error.file, error.line, error.problem)
}

/// The good row with the `index`th cell replaced, and another name.
fn with(index: usize, cell: &str) -> String {
    let mut cells: Vec<&str> = ROW.split(',').collect();
    cells[1] = "u";
    cells[index] = cell;
    cells.join(",")
}

#[test]
fn the_good_row_is_read_as_it_stands() {
    let catalogue = Catalogue::parse(&format!("{HEADING}\n{ROW}"), SOURCES).unwrap();
    insta::assert_debug_snapshot!(catalogue.types);
}

#[test]
fn each_cell_is_held_to_its_column() {
    for (index, cell, column) in [
        (0, "oracle", "provider"),
        (2, "enclave", "tee"),
        (3, "everything", "covers"),
        (4, "4.5", "vcpus"),
        (4, "0", "vcpus"),
        (4, "-1", "vcpus"),
        (5, "99999999999", "memory_mib"),
        (7, "0", "numa_nodes"),
        (10, "0xH100", "gpus"),
        (10, "H100", "gpus"),
        (11, "hearsay", "evidence"),
        (12, "soon", "status"),
        (13, "2030-02-30", "retires"),
    ] {
        let problem = Problem::Word { column, found: cell.into() };
        assert_eq!(in_row(&with(index, cell)), (File::Types, 4, problem), "{column}");
    }
    for (index, column) in [(0, "provider"), (1, "name"), (4, "vcpus"), (5, "memory_mib"), (14, "sources")] {
        assert_eq!(in_row(&with(index, "")), (File::Types, 4, Problem::Empty { column }));
    }
}

#[test]
fn cells_that_contradict_each_other_are_refused() {
    assert_eq!(in_row(&with(6, "8193")).2, Problem::EpcExceedsMemory);
    assert_eq!(in_row(&with(2, "tdx")).2, Problem::OutOfPlace { column: "epc_mib" });
    let vm = "azure,u,tdx,instance,4,8192,,,4,,,td-quote,available,,s";
    assert_eq!(in_row(vm).2, Problem::OutOfPlace { column: "enclaves" });
    let vm = "azure,u,tdx,instance,4,8192,,,,2,,td-quote,available,,s";
    assert_eq!(in_row(vm).2, Problem::OutOfPlace { column: "parent_vcpus" });
    let parent = "aws,u,nitro,enclaves,4,8192,,,4,4,,nitro-document,available,,s";
    assert_eq!(in_row(parent).2, Problem::OutOfPlace { column: "parent_vcpus" });
}

#[test]
fn a_row_too_short_too_long_or_twice_is_refused() {
    assert_eq!(in_row("azure,u").2, Problem::Cells { expected: 15, found: 2 });
    assert_eq!(in_row(&format!("{},", with(1, "u"))).2, Problem::Cells { expected: 15, found: 16 });
    assert_eq!(in_row(ROW).2, Problem::Twice("azure t sgx".into()));
}

#[test]
fn sources_have_to_be_listed_once_and_be_https() {
    assert_eq!(in_row(&with(14, "s+hearsay")).2, Problem::UnknownSource("hearsay".into()));
    let heading = "source,url,dated,seen";
    let types = format!("{HEADING}\n");
    let source = |line: &str| told(&types, &format!("{heading}\n{line}\n"));
    assert_eq!(
        source("s,http://example.com,,2026-01-01"),
        (File::Sources, 2, Problem::NotHttps("http://example.com".into()))
    );
    assert_eq!(source("s,https://example.com,,").2, Problem::Empty { column: "seen" });
    let twice = "s,https://example.com,,2026-01-01\ns,https://example.org,,2026-01-01";
    assert_eq!(source(twice), (File::Sources, 3, Problem::Twice("s".into())));
}

#[test]
fn other_columns_are_refused_before_any_row() {
    let (file, line, problem) = told("name,tee\n", SOURCES);
    assert_eq!((file, line), (File::Types, 1));
    assert_eq!(problem, Problem::Heading { expected: HEADING });
    assert_eq!(told("", SOURCES).2, Problem::Heading { expected: HEADING });
}

#[test]
fn a_mistake_is_told_with_its_place() {
    let error = Catalogue::parse(&format!("{HEADING}\n{}\n", with(4, "many")), SOURCES).unwrap_err();
    assert_eq!(error.to_string(), "instance_types.csv, line 2: `vcpus` cannot be `many`");
}
