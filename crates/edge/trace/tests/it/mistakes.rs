//! What is wrong with a list is told with its place.

use casemate_trace::{Limits, nodes, pods};
use proptest::prelude::*;

fn node(list: &str) -> String {
    nodes(list.as_bytes(), &Limits::default()).unwrap_err().to_string()
}

fn pod(row: &str) -> String {
    let list = format!("name,cpu_milli,memory_mib,num_gpu,gpu_milli\nfirst,1,1,0,0\n{row}\n");
    pods(list.as_bytes(), &Limits::default()).unwrap_err().to_string()
}

#[test]
fn a_cell_that_is_no_number_is_told_with_line_and_column() {
    assert_eq!(
        pod("p,1.5,1,0,0"),
        "line 3, column `cpu_milli`: \"1.5\" is not a whole number up to 1099511627776"
    );
    assert_eq!(
        pod("p,1,,0,0"),
        "line 3, column `memory_mib`: \"\" is not a whole number up to 1099511627776"
    );
    assert_eq!(pod("p,1,1,-1,0"), "line 3, column `num_gpu`: \"-1\" is not a whole number up to 1024");
    assert_eq!(pod("p,1,1,+1,0"), "line 3, column `num_gpu`: \"+1\" is not a whole number up to 1024");
    assert_eq!(pod("p,1,1,1,1001"), "line 3, column `gpu_milli`: \"1001\" is not a whole number up to 1000");
}

#[test]
fn shares_that_contradict_the_number_of_gpus_are_refused() {
    assert_eq!(
        pod("p,1,1,0,500"),
        "line 3, column `gpu_milli`: a pod without GPUs cannot ask for shares of one"
    );
    assert_eq!(
        pod("p,1,1,1,0"),
        "line 3, column `gpu_milli`: a pod with GPUs asks for at least 1 thousandth of each"
    );
    assert_eq!(
        pod("p,1,1,2,500"),
        "line 3, column `gpu_milli`: several GPUs are asked for whole: 1000 thousandths of each"
    );
}

#[test]
fn a_name_stands_once() {
    assert_eq!(pod("first,1,1,0,0"), "line 3, column `name`: \"first\" stands on an earlier line too");
    assert_eq!(pod(",1,1,0,0"), "line 3, column `name`: is empty");
}

#[test]
fn a_row_of_another_length_is_refused() {
    assert_eq!(pod("p,1,1,0"), "line 3: has 4 cells where the heading has 5");
}

#[test]
fn columns_are_told_by_the_heading_and_not_by_their_order() {
    let list = b"model,gpu,sn,memory_mib,cpu_milli\nT4,2,n,3,4\n";
    let node = nodes(list, &Limits::default()).unwrap().remove(0);
    assert_eq!((node.name.as_str(), node.gpus, node.memory_mib, node.cpu_milli), ("n", 2, 3, 4));
}

#[test]
fn a_heading_with_holes_or_unknown_columns_is_refused() {
    assert_eq!(node(""), "line 1, column `sn`: is missing from the heading");
    assert_eq!(node("sn,cpu_milli,memory_mib,gpu\n"), "line 1, column `model`: is missing from the heading");
    assert_eq!(
        node("sn,cpu_milli,memory_mib,gpu,model,zone\n"),
        "line 1, column `zone`: is unknown; the columns are sn, cpu_milli, memory_mib, gpu, model"
    );
    assert_eq!(node("sn,sn\n"), "line 1, column `sn`: is named twice in the heading");
}

#[test]
fn a_model_without_gpus_is_refused() {
    let heading = "sn,cpu_milli,memory_mib,gpu,model";
    let told = "line 2, column `model`: a node has a GPU model if and only if it has GPUs";
    assert_eq!(node(&format!("{heading}\nn,1,1,0,T4\n")), told);
    assert_eq!(node(&format!("{heading}\nn,1,1,2,\n")), told);
}

#[test]
fn more_than_the_limit_is_refused() {
    let list = b"sn,cpu_milli,memory_mib,gpu,model\na,1,1,0,\nb,1,1,0,\n";
    let told = |bytes, rows| nodes(list, &Limits { bytes, rows }).unwrap_err().to_string();
    assert_eq!(told(100, 1), "line 3: more than 1 rows; raise the limit or cut the list");
    assert_eq!(told(20, 9), "more than 20 bytes of text; raise the limit or cut the list");
}

#[test]
fn a_small_file_that_unpacks_to_a_large_one_is_refused() {
    use std::io::Write as _;
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(&vec![b' '; 1 << 20]).unwrap();
    let bomb = writer.finish().unwrap();
    assert!(bomb.len() < 2_000);
    let limits = Limits { bytes: 10_000, rows: 10 };
    assert_eq!(
        nodes(&bomb, &limits).unwrap_err().to_string(),
        "more than 10000 bytes of text; raise the limit or cut the list"
    );
    assert_eq!(
        nodes(&bomb[..20], &limits).unwrap_err().to_string(),
        "the gzip data is damaged; fetch the file again"
    );
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let limits = Limits { bytes: 10_000, rows: 100 };
        let _ = nodes(&bytes, &limits);
        let mut list = b"name,cpu_milli,memory_mib,num_gpu,gpu_milli\n".to_vec();
        list.extend(bytes);
        let _ = pods(&list, &limits);
    }
}
