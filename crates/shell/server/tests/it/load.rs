//! What a client can take up: slow, large, many, gone.

use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use crate::service::{Running, rest, write};

const SHORT: Duration = Duration::from_millis(50);

#[test]
fn a_client_that_sends_its_headers_slowly_is_hung_up_on() {
    let service = Running::with(|config| config.limits.header_time = SHORT);
    let mut slow = service.connect();
    slow.write_all(b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nX-Slow").expect("it listens");
    let answer = rest(&mut slow);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(service.get("/healthz").status, 200);
}

#[test]
fn a_client_that_sends_its_body_slowly_is_told_and_hung_up_on() {
    let service = Running::with(|config| config.limits.body_time = SHORT);
    let mut slow = service.connect();
    slow.write_all(b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
        .expect("it listens");
    assert!(rest(&mut slow).starts_with("HTTP/1.1 408"));
}

#[test]
fn a_body_too_long_is_refused_before_it_is_read() {
    let service = Running::start();
    let mut client = service.connect();
    client
        .write_all(b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
        .expect("it listens");
    assert!(rest(&mut client).starts_with("HTTP/1.1 413"));
}

#[test]
fn a_body_that_does_not_say_how_long_it_is_is_read_to_the_limit() {
    let service = Running::with(|config| config.limits.body_bytes = 1000);
    let mut client = service.connect();
    let head = b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.write_all(head).expect("it listens");
    for _ in 0..3 {
        write(&mut client, format!("1f4\r\n{}\r\n", "x".repeat(500)).as_bytes());
    }
    assert!(rest(&mut client).starts_with("HTTP/1.1 413"));
}

#[test]
fn headers_too_long_are_refused() {
    let service = Running::start();
    let mut client = service.connect();
    write(&mut client, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ");
    write(&mut client, "x".repeat(100_000).as_bytes());
    write(&mut client, b"\r\n\r\n");
    assert!(rest(&mut client).starts_with("HTTP/1.1 431"));
    assert_eq!(service.get("/healthz").status, 200);
}

#[test]
fn what_is_no_http_is_refused() {
    let service = Running::start();
    let mut client = service.connect();
    write(&mut client, &[0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x0d, 0x0a, 0x0d, 0x0a]);
    let answer = rest(&mut client);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(service.get("/healthz").status, 200);
}

#[test]
fn more_requests_than_are_taken_on_are_told_when_to_come_again() {
    let service = Running::with(|config| config.limits.requests = 1);
    // Holds the one place, for as long as its body is not there.
    let mut holder = service.connect();
    holder
        .write_all(
            b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        )
        .expect("it listens");
    let mut begun = [0; 25];
    holder.read_exact(&mut begun).expect("it is about to read the body");
    assert_eq!(&begun, b"HTTP/1.1 100 Continue\r\n\r\n");
    let busy = service.post("/v1/verify", &[], b"x");
    assert_eq!((busy.status, busy.retry_after.as_deref()), (503, Some("1")));
    assert_eq!(busy.json()["code"], "busy");
    assert_eq!(service.get("/healthz").status, 200, "who only looks needs no place");
    holder.write_all(b"hello").expect("it waits for that");
    let mut status = [0; 15];
    holder.read_exact(&mut status).expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 200 OK");
    assert_eq!(service.post("/v1/verify", &[], b"x").status, 200, "the place is free again");
}

#[test]
fn a_batch_is_no_larger_than_one_tenants_share() {
    let service = Running::with(|config| config.limits.requests = 4);
    let batch = |items: usize| {
        let item = |nth: usize| serde_json::json!({ "evidence": "AAAA", "subject": nth.to_string() });
        let items: Vec<_> = (0..items).map(item).collect();
        service.post_json("/v1/verify/batch", &serde_json::json!({ "items": items }))
    };
    assert_eq!(batch(2).json()["results"].as_array().expect("results").len(), 2);
    let refused = batch(3);
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("more than 2 items"), "{}", refused.body);
}

#[test]
fn how_soon_a_verdict_is_wanted_is_said_in_words_and_instants() {
    let service = Running::start();
    for (query, status) in [
        ("priority=urgent", 200),
        ("priority=renewal&deadline=2027-01-15T09:00:00Z", 200),
        ("priority=now", 400),
        ("deadline=tomorrow", 400),
    ] {
        assert_eq!(service.post(&format!("/v1/verify?{query}"), &[], b"x").status, status, "{query}");
    }
}

#[test]
fn many_clients_at_once_are_all_answered() {
    let service = Running::start();
    let evidence = service.evidence(b"load");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let answer = service.post("/v1/verify", &[], &evidence);
                    assert_eq!(answer.json()[0]["verdict"], "accepted");
                }
            });
        }
    });
    let metrics = service.get("/metrics").body;
    let counted = |name: &str| -> u64 {
        let line = metrics.lines().find(|it| it.starts_with(name)).unwrap_or("x 0");
        line.rsplit(' ').next().and_then(|it| it.parse().ok()).expect("a number")
    };
    let verified = counted("casemate_attest_verdicts_total{tee=\"software\",verdict=\"accepted\"}");
    assert_eq!(verified + counted("casemate_attest_coalesced_total"), 80);
}

#[test]
fn a_request_under_way_is_answered_when_the_service_stops() {
    let service = Running::start();
    let mut client = service.connect();
    client
        .write_all(
            b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        )
        .expect("it listens");
    let mut begun = [0; 25];
    client.read_exact(&mut begun).expect("it is about to read the body");
    service.stopper().stop();
    client.write_all(b"hello").expect("it waits for that");
    let answer = rest(&mut client);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("malformed"), "{answer}");
    service.stop();
}

#[test]
fn a_client_that_never_ends_does_not_keep_the_service_from_stopping() {
    let service = Running::with(|config| config.limits.shutdown_time = SHORT);
    let mut client = service.connect();
    client
        .write_all(
            b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        )
        .expect("it listens");
    let mut begun = [0; 25];
    client.read_exact(&mut begun).expect("it is about to read the body");
    service.stop();
    assert!(!rest(&mut client).contains("200 OK"));
}

#[test]
fn whoever_waits_for_events_is_told_what_there_is_when_the_service_stops() {
    let service = Running::with(|config| config.limits.shutdown_time = SHORT);
    let mut client = service.connect();
    client.write_all(b"GET /v1/events?after=0&wait=30 HTTP/1.1\r\nHost: x\r\n\r\n").expect("it listens");
    service.stop();
    // Hung up on or answered, but not waited for.
    drop(rest(&mut client));
}

#[test]
fn a_restart_goes_on_with_the_same_keys() {
    let service = Running::start();
    let before = service.get("/v1/keys").body;
    let clock = std::sync::Arc::clone(&service.clock);
    let again = Running::again(service.stop(), clock, |_| {});
    assert_eq!(again.get("/v1/keys").body, before);
}
