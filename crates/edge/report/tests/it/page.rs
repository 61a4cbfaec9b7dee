//! The page of a run: what is in it, and what cannot get into it.

use casemate_model::{Bytes, ContainerKey, EnclaveId, Nanos, Pages, PodKey, Timestamp, WorkerId};
use casemate_report::{
    CheckerReport, EnclaveSample, EnclaveState, Event, Limits, Observer as _, Recording, RunReport, Sample,
    Stay, StayEnd, Subject, What, write_html, write_trace,
};
use proptest::prelude::*;

use crate::synthetic::{self, HOSTILE, Shape};

fn page(report: &RunReport, recording: &Recording) -> String {
    let mut page = Vec::new();
    write_html(report, recording, &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

fn of(shape: &Shape) -> String {
    let mut recording = Recording::default();
    let report = synthetic::run(shape, &mut recording);
    page(&report, &recording)
}

/// The page without its style and its script, which are files of their own.
fn without_style_and_script(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, rest) = rest.rsplit_once("<script>").unwrap();
    let (_, rest) = rest.split_once("</script>").unwrap();
    let hashes = |text: &str| {
        let mut parts = text.split("sha256-");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |kept, part| kept + "sha256-…" + part.split_once('\'').map_or("", |(_, rest)| rest))
    };
    format!("{}<style></style>{body}<script></script>{rest}", hashes(head))
}

const BLINK: Shape = Shape { interval: Nanos(10_000_000), ..Shape::of(3, Nanos(50_000_000)) };

#[test]
fn a_short_run_of_three_containers() {
    insta::assert_snapshot!(without_style_and_script(&of(&BLINK)));
}

#[test]
fn a_run_that_never_started() {
    insta::assert_snapshot!(without_style_and_script(&page(&RunReport::empty(), &Recording::default())));
}

#[test]
fn the_same_run_is_the_same_page() {
    assert_eq!(of(&BLINK), of(&BLINK));
}

#[test]
fn the_page_needs_nothing_but_itself() {
    let page = without_style_and_script(&of(&BLINK));
    for foreign in ["://", "src=", "url(", "@import", "<link", "<img", "<iframe", "style="] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    let links: Vec<&str> = page.split("href=\"").skip(1).collect();
    assert_eq!(links.len(), 6);
    assert!(links.iter().all(|link| link.starts_with('#')), "links lead within the page");
}

/// What makes markup, counted: no text may add any.
fn markup(page: &str) -> [usize; 4] {
    ['<', '>', '"', '\''].map(|mark| page.matches(mark).count())
}

#[test]
fn what_guests_write_into_every_name_and_message_stays_text() {
    let plain = of(&Shape { hostile: "x", ..BLINK });
    let hostile = of(&Shape { hostile: HOSTILE, ..BLINK });
    assert_eq!(markup(&hostile), markup(&plain));
    assert!(hostile.contains("quick-chat&lt;/title&gt;&lt;/style&gt;&lt;/script&gt;"));
    assert!(!hostile.contains('\u{202e}'), "and cannot turn the writing around");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_text_adds_markup_wherever_it_stands(text in "[<>&\"'/=!a-z\\-\u{0}-\u{1f}\u{2028}]{0,40}") {
        let text: &'static str = text.leak();
        let plain = of(&Shape { hostile: "", containers: 9, ..BLINK });
        let hostile = of(&Shape { hostile: text, containers: 9, ..BLINK });
        let problems = usize::from(!text.is_empty());
        let [tags, ends, quotes, apostrophes] = markup(&plain);
        // Where there is a text at all, the synthetic run has one problem more: a box and an item.
        let extra = if problems == 1 { BOX } else { [0; 3] };
        prop_assert_eq!(markup(&hostile), [tags + extra[0], ends + extra[1], quotes + extra[2], apostrophes]);
    }
}

/// Tags' beginnings, ends and quotes of the box of problems with one problem.
const BOX: [usize; 3] = [8, 8, 6];

#[test]
fn a_thousand_containers_are_a_page_of_bounded_size() {
    let some = of(&Shape { interval: Nanos::from_secs(1), ..Shape::of(250, Nanos::from_secs(4)) });
    let thousand = of(&Shape { interval: Nanos::from_secs(1), ..Shape::of(1000, Nanos::from_secs(4)) });
    assert!(thousand.contains("And 800 more workloads, not drawn here."));
    // Every ninth can never fit; the others had an enclave, if only to be refused.
    assert!(thousand.contains("And 689 more containers, not drawn here."));
    assert!(thousand.contains(" more decisions, not drawn here."));
    assert!(thousand.len() < some.len() * 3 / 2, "{} and {}", some.len(), thousand.len());
}

#[test]
fn reasons_without_end_are_cut() {
    let mut report = synthetic::run(&BLINK, &mut Recording::default());
    report.workloads[0].reasons = vec!["r".repeat(1 << 16); 300];
    report.problems = vec!["p".repeat(1 << 16); 300];
    let page = page(&report, &Recording::default());
    assert!(page.len() < 2 << 20, "{}", page.len());
    assert!(page.contains("And 100 more reasons") && page.contains("And 100 more problems"));
}

#[test]
fn what_was_not_kept_is_said() {
    let mut recording = Recording::new(Limits { event_bytes: 4096, readings: 20, stays: 100, enclaves: 4 });
    let report = synthetic::run(&Shape::of(9, Nanos::from_secs(4)), &mut recording);
    let page = page(&report, &recording);
    assert!(page.contains("More was seen than is kept for this page: "));
    let sentences = recording.left_out();
    assert_eq!(sentences.len(), 4, "{sentences:?}");
    for sentence in sentences {
        assert!(page.contains(&sentence), "{sentence}");
    }
}

#[test]
fn a_broken_rule_is_at_the_top() {
    let checker = CheckerReport { observations: 9, violations: vec!["two enclaves own frame 7".into()] };
    let page = page(&RunReport { checker: Some(checker), ..RunReport::empty() }, &Recording::default());
    let (header, _) = page.split_once("</header>").unwrap();
    assert!(header.contains("a bug in Casemate. Please report it: two enclaves own frame 7"));
}

/// Numbers at the ends of what they can be, and some between.
fn any_number() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1), Just(u64::MAX), Just(1 << 63), any::<u64>(), 0_u64..5_000_000_000]
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let enclave = (0_u32..4, prop::collection::vec(any_number(), 11));
    let enclaves = prop::collection::vec(enclave, 0..4);
    (any_number(), any_number(), any_number(), enclaves).prop_map(|(time, frames, free, enclaves)| Sample {
        time: Timestamp(time),
        frames: Pages(frames),
        free: Pages(free),
        enclaves: enclaves
            .into_iter()
            .map(|(index, n)| EnclaveSample {
                enclave: EnclaveId { index, generation: 0 },
                container: container(index),
                state: [EnclaveState::Ready, EnclaveState::Blocked, EnclaveState::Building]
                    [(n[10] % 3) as usize],
                verdict: None,
                worker: None,
                resident: Pages(n[0]),
                total: Pages(n[1]),
                guaranteed: Pages(n[2]),
                faults: n[3],
                page_ins: n[4],
                page_outs: n[5],
                aex: n[6],
                eexit: n[7],
                cpu: Nanos(n[8]),
                fair: Nanos(n[9]),
            })
            .collect(),
    })
}

fn any_stay() -> impl Strategy<Value = Stay> {
    (1_u16.., 0_u32..6, any_number(), any_number(), any_number(), 0_usize..3).prop_map(
        |(worker, index, from, until, faults, end)| Stay {
            worker: WorkerId(worker.try_into().expect("not zero")),
            enclave: EnclaveId { index, generation: 0 },
            from: Timestamp(from),
            until: Timestamp(until),
            end: [StayEnd::Aex, StayEnd::Eexit, StayEnd::Over][end],
            faults,
        },
    )
}

fn any_event() -> impl Strategy<Value = Event> {
    (any_number(), 0_u32..6, 0_usize..7, any_number()).prop_map(|(time, index, kind, number)| {
        let what = match kind {
            0 => What::EnclaveCreated {
                enclave: EnclaveId { index, generation: 0 },
                epc_guaranteed: Bytes(number),
                epc_limit: Some(Bytes(number)),
            },
            1 => What::Entered,
            2 => What::Suspended { why: "lapsed".into() },
            3 => What::Resumed { not_after: Timestamp(number) },
            4 => What::Restarting { restarts: number as u32, delay: Nanos(number) },
            5 => What::Exited { code: number as i32 },
            _ => What::Destroyed { pages_zeroed: Pages(number) },
        };
        Event { time: Timestamp(time), subject: Subject::Container(container(index)), what }
    })
}

fn container(index: u32) -> ContainerKey {
    let pod = PodKey { namespace: "default".into(), name: format!("pod-{index}") };
    ContainerKey { pod, container: "app".into() }
}

proptest! {
    /// Clocks go back, counts go down, more is resident than there is: a page and a trace all the same.
    #[test]
    fn whatever_was_seen_there_is_a_page_and_a_trace(
        events in prop::collection::vec(any_event(), 0..12),
        samples in prop::collection::vec(any_sample(), 0..12),
        stays in prop::collection::vec(any_stay(), 0..24),
        limit in 0_usize..16,
        with_stays in any::<bool>(),
    ) {
        let limits = Limits { event_bytes: 4096, readings: limit, stays: limit, enclaves: limit };
        let mut recording = Recording::new(limits);
        for event in events {
            recording.event(event);
        }
        for sample in samples {
            recording.sample(sample);
        }
        if with_stays {
            recording.stays(stays);
        }
        let page = page(&RunReport::empty(), &recording);
        prop_assert!(page.ends_with("</html>\n"));
        for number in ["NaN", "inf"] {
            let plots = without_style_and_script(&page);
            prop_assert!(!plots.contains(number), "{}: {}", number, plots);
        }
        let mut trace = Vec::new();
        write_trace(&recording, &mut trace).unwrap();
    }
}
