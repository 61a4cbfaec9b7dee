//! What is fetched, how often it is asked for, and when it is given up.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use casemate_server::clock::{Clock, Stop};
use casemate_server::collateral::fetcher::{FetchCause, Fetched, Fetcher, Patience, Services};
use casemate_server::collateral::item::{Item, PckCa};
use casemate_server::collateral::transport::Http;

use crate::clock::{JumpingClock, START};
use crate::pccs::{Answer, Pccs};

const ITEM: Item = Item::PckCrl { ca: PckCa::Platform };

struct Bench {
    pccs: Pccs,
    clock: Arc<JumpingClock>,
    fetcher: Fetcher,
}

fn bench(patience: Patience) -> Bench {
    let (pccs, clock) = (Pccs::start(), Arc::new(JumpingClock::new()));
    let services = Services::new(Some(&pccs.url()), None);
    // Real time, and only what hangs uses it up.
    let http = Http::new(Duration::from_millis(300), None).expect("a client");
    let shared: Arc<dyn Clock> = Arc::<JumpingClock>::clone(&clock);
    let fetcher = Fetcher::new(services, Box::new(http), patience, shared, Arc::new(Stop::default()));
    Bench { pccs, clock, fetcher }
}

fn body() -> Answer {
    Answer::Body(b"list".to_vec(), Some("-----BEGIN%20X-----%0A".to_owned()))
}

fn anything(_: &Fetched) -> Result<(), String> {
    Ok(())
}

#[test]
fn the_issuers_certificates_come_out_of_the_header() {
    let bench = bench(Patience::default());
    bench.pccs.document(&ITEM.path(), body());
    let fetched = bench.fetcher.fetch(&ITEM, anything).expect("served");
    assert_eq!(fetched.body, b"list");
    assert_eq!(fetched.issuer_chain.as_deref(), Some(b"-----BEGIN X-----\n".as_slice()));
}

#[test]
fn a_service_that_fails_is_asked_again_after_longer_and_longer() {
    let bench = bench(Patience { tries: 5, ..Patience::default() });
    bench.pccs.script([500, 502, 503, 429].map(Answer::Status));
    bench.pccs.document(&ITEM.path(), body());
    assert!(bench.fetcher.fetch(&ITEM, anything).is_ok());
    assert_eq!(bench.pccs.asked().len(), 5);
    let slept = bench.clock.slept();
    for (nth, wait) in slept.iter().enumerate() {
        let least = Duration::from_millis(250 << nth);
        assert!(
            *wait >= least && *wait <= least * 2,
            "wait {nth} is {wait:?}, with jitter up to twice {least:?}"
        );
    }
    assert_eq!(slept.len(), 4);
}

#[test]
fn retry_after_is_honoured_in_seconds_and_as_a_date() {
    let bench = bench(Patience::default());
    let date =
        httpdate::fmt_http_date(std::time::UNIX_EPOCH + Duration::from_secs(START.as_unix_secs() + 12));
    let answers = [Answer::RetryAfter(429, "7".to_owned()), Answer::RetryAfter(503, date)];
    bench.pccs.script(answers);
    bench.pccs.document(&ITEM.path(), body());
    assert!(bench.fetcher.fetch(&ITEM, anything).is_ok());
    assert_eq!(bench.clock.slept(), [Duration::from_secs(7), Duration::from_secs(5)]);
}

#[test]
fn a_service_that_asks_for_an_hour_gets_it_and_nobody_waits() {
    let bench = bench(Patience::default());
    bench.pccs.script([Answer::RetryAfter(429, "3600".to_owned())]);
    bench.pccs.document(&ITEM.path(), body());
    for _ in 0..2 {
        let error = bench.fetcher.fetch(&ITEM, anything).expect_err("held off");
        assert_eq!(error.cause, FetchCause::HeldOff { seconds: 3600 });
    }
    assert!(bench.clock.slept().is_empty());
    assert_eq!(bench.pccs.asked().len(), 1);
    bench.clock.advance(Duration::from_secs(3601));
    assert!(bench.fetcher.fetch(&ITEM, anything).is_ok());
}

#[test]
fn what_is_not_there_is_asked_for_once_and_not_again_for_a_while() {
    let bench = bench(Patience::default());
    for _ in 0..3 {
        let error = bench.fetcher.fetch(&ITEM, anything).expect_err("not there");
        assert_eq!(error.cause, FetchCause::Status { status: 404, tries: 1 });
    }
    assert_eq!(bench.pccs.asked().len(), 1);
    bench.clock.advance(Duration::from_secs(61));
    bench.pccs.document(&ITEM.path(), body());
    assert!(bench.fetcher.fetch(&ITEM, anything).is_ok());
}

#[test]
fn a_service_that_hangs_is_given_up() {
    let bench = bench(Patience { tries: 2, ..Patience::default() });
    bench.pccs.script([Answer::Hang, Answer::Hang]);
    let error = bench.fetcher.fetch(&ITEM, anything).expect_err("it hangs");
    assert!(matches!(error.cause, FetchCause::Unreachable { tries: 2, .. }), "{error}");
}

#[test]
fn a_body_without_end_is_not_read_to_it() {
    let bench = bench(Patience { tries: 1, ..Patience::default() });
    bench.pccs.script([Answer::Endless]);
    let error = bench.fetcher.fetch(&ITEM, anything).expect_err("too long");
    // Either bound may be met first: bytes, or time.
    let bounded = matches!(error.cause, FetchCause::Lie { .. } | FetchCause::Unreachable { .. });
    assert!(bounded, "{error}");
}

#[test]
fn what_is_not_what_was_asked_for_is_a_lie_and_is_not_used() {
    let bench = bench(Patience::default());
    bench.pccs.document(&ITEM.path(), body());
    let error = bench.fetcher.fetch(&ITEM, |_| Err("of another".to_owned())).expect_err("a lie");
    assert_eq!(error.cause, FetchCause::Lie { why: "of another".to_owned() });
    assert!(bench.fetcher.fetch(&ITEM, anything).is_err(), "nor asked for again at once");
    assert_eq!(bench.pccs.asked().len(), 1);
}

#[test]
fn however_many_ask_the_service_is_asked_once() {
    const ASKING: usize = 16;
    let bench = bench(Patience::default());
    bench.pccs.document(&ITEM.path(), body());
    let fetcher = &bench.fetcher;
    // Whoever fetches is held until all the others ask too.
    let accept = |_: &Fetched| {
        while fetcher.asking() < ASKING {
            thread::yield_now();
        }
        Ok(())
    };
    thread::scope(|scope| {
        let asking: Vec<_> = (0..ASKING).map(|_| scope.spawn(|| fetcher.fetch(&ITEM, accept))).collect();
        assert!(asking.into_iter().all(|it| it.join().expect("no panic").is_ok()));
    });
    assert_eq!(bench.pccs.asked().len(), 1);
    assert_eq!(fetcher.asking(), 0, "nothing of it is kept");
}

#[test]
fn requests_are_spaced_out() {
    let bench = bench(Patience { burst: 2, interval: Duration::from_secs(10), ..Patience::default() });
    for ca in [PckCa::Platform, PckCa::Processor] {
        let _ = bench.fetcher.fetch(&Item::PckCrl { ca }, anything);
    }
    assert!(bench.clock.slept().is_empty(), "a burst is let through");
    let _ = bench.fetcher.fetch(&Item::RootCaCrl, anything);
    assert_eq!(bench.clock.slept(), [Duration::from_secs(10)]);
}

#[test]
fn without_a_service_nothing_is_asked() {
    let clock: Arc<dyn Clock> = Arc::new(JumpingClock::new());
    let http = Http::new(Duration::from_millis(300), None).expect("a client");
    let stop = Arc::new(Stop::default());
    let fetcher = Fetcher::new(Services::none(), Box::new(http), Patience::default(), clock, stop);
    let error = fetcher.fetch(&ITEM, anything).expect_err("nobody to ask");
    assert_eq!(error.cause, FetchCause::NoService);
}
