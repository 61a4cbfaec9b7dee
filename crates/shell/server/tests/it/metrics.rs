//! What is counted.

use crate::service::Running;

/// Without what takes time: its sum and its buckets differ from run to run. The samples of one metric
/// are in no order.
fn page(service: &Running) -> String {
    let answer = service.get("/metrics");
    assert_eq!(answer.media_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let steady = |it: &&str| !it.starts_with("casemate_attest_verify_seconds_") || it.contains("count");
    let lines: Vec<&str> = answer.body.lines().filter(steady).collect();
    let mut page = String::new();
    for metric in lines.chunk_by(|one, other| one.starts_with('#') == other.starts_with('#')) {
        let mut metric = metric.to_vec();
        if !metric[0].starts_with('#') {
            metric.sort_unstable();
        }
        page.extend(metric.iter().flat_map(|line| [*line, "\n"]));
    }
    page
}

#[test]
fn the_page_is_what_dashboards_rely_on() {
    let service = Running::start();
    let evidence = service.evidence(b"metrics");
    for body in [evidence.as_slice(), b"garbage"] {
        assert_eq!(service.post("/v1/verify", &[], body).status, 200);
    }
    assert_eq!(service.post("/v1/verify?nonce=zz", &[], b"x").status, 400);
    insta::assert_snapshot!(page(&service));
}
