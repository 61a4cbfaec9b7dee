//! What the view promises: it fits, it says what was told, and a terminal shows it.

use std::num::NonZeroU16;

use casemate_model::{Bytes, ContainerKey, EnclaveId, Nanos, Pages, PodKey, Timestamp, WorkerId};
use proptest::prelude::*;

use super::line::width;
use super::region::uncoloured;
use super::{Glyphs, Region, View, Window, progress};
use crate::{EnclaveSample, EnclaveState, Event, Sample, Subject, Verdict, What};

const START: Timestamp = Timestamp(1_750_809_600_000_000_000);

fn at(millis: u64) -> Timestamp {
    Timestamp(START.0 + millis * 1_000_000)
}

fn window(columns: u16, rows: u16) -> Window {
    Window { columns, rows, colour: false, glyphs: Glyphs::Blocks }
}

fn key(namespace: &str, name: &str) -> ContainerKey {
    let pod = PodKey { namespace: namespace.into(), name: name.into() };
    ContainerKey { pod, container: "app".into() }
}

fn enclave(index: u32, name: &str) -> EnclaveSample {
    EnclaveSample {
        enclave: EnclaveId { index, generation: 0 },
        container: key("default", name),
        state: EnclaveState::Ready,
        verdict: Some(Verdict::Affirming),
        worker: None,
        resident: Pages(512),
        total: Pages(512),
        guaranteed: Pages(256),
        faults: 0,
        page_ins: 0,
        page_outs: 0,
        aex: 0,
        eexit: 0,
        cpu: Nanos(0),
        fair: Nanos(0),
    }
}

fn told(container: &ContainerKey, millis: u64, what: What) -> Event {
    Event { time: at(millis), subject: Subject::Container(container.clone()), what }
}

fn sample(millis: u64, enclaves: Vec<EnclaveSample>) -> Sample {
    let used: u64 = enclaves.iter().map(|enclave| enclave.resident.0).sum();
    Sample { time: at(millis), frames: Pages(16_448), free: Pages(16_448 - used), enclaves }
}

/// A run in its second second: one of each state, a pod that waits, some that ended.
fn run() -> View {
    let mut view = View::new(START);
    let names = ["checksum", "hog-0", "shuffle", "chat", "fresh"];
    let states = [
        EnclaveState::Inside,
        EnclaveState::Ready,
        EnclaveState::Suspended,
        EnclaveState::Blocked,
        EnclaveState::Building,
    ];
    let enclaves = |step: u64| -> Vec<EnclaveSample> {
        let sampled = (0_u32..).zip(names).zip(states).map(|((index, name), state)| EnclaveSample {
            state,
            worker: (state == EnclaveState::Inside).then_some(WorkerId(NonZeroU16::MIN)),
            verdict: (state != EnclaveState::Building).then_some(Verdict::Affirming),
            ..enclave(index, name)
        });
        let mut sampled: Vec<_> = sampled.collect();
        sampled[0].resident = Pages(12_000);
        sampled[0].total = Pages(26_400);
        sampled[0].cpu = Nanos::from_millis(870 * step / 1_000);
        sampled[0].faults = step * 12;
        sampled[1].cpu = Nanos::from_millis(step / 10);
        sampled
    };
    for name in names.iter().take(4) {
        let not_after = at(300_000);
        view.event(&told(
            &key("default", name),
            20,
            What::WorkloadAttested { claims: Default::default(), not_after },
        ));
    }
    for step in (0..=2_000).step_by(100) {
        view.sample(&sample(step, enclaves(step)));
        if step == 0 {
            // Events that come before there is a row have nothing to change; these do.
            for name in names.iter().take(4) {
                view.event(&told(&key("default", name), 20, What::Renewed { not_after: at(300_000) }));
            }
        }
    }
    let waits = Subject::Pod(PodKey { namespace: "default".into(), name: "late".into() });
    view.event(&Event { time: at(2_000), subject: waits, what: What::PodQueued { reasons: vec![] } });
    let over = key("default", "over");
    view.event(&told(&over, 2_000, What::Exited { code: 0 }));
    let trapped = key("default", "trapped");
    view.event(&told(&trapped, 2_000, What::Trapped { message: "unreachable".into() }));
    view
}

fn shown(view: &View, columns: u16, rows: u16) -> String {
    view.lines(window(columns, rows)).join("\n")
}

#[test]
fn a_wide_window_shows_everything() {
    insta::assert_snapshot!(shown(&run(), 120, 30));
}

#[test]
fn eighty_columns_are_enough_for_all_but_the_faults() {
    insta::assert_snapshot!(shown(&run(), 80, 24));
}

#[test]
fn a_window_of_forty_columns_and_ten_rows_shows_what_matters() {
    insta::assert_snapshot!(shown(&run(), 40, 10));
}

#[test]
fn twenty_columns_still_say_who_and_how() {
    insta::assert_snapshot!(shown(&run(), 20, 10));
}

#[test]
fn a_short_window_shows_the_busiest_and_how_many_more() {
    insta::assert_snapshot!(shown(&run(), 80, 6));
    for rows in 1..4 {
        let lines = run().lines(window(80, rows));
        assert!(lines.last().is_some_and(|line| line.starts_with("EPC 64Mi ")), "{rows}: {lines:?}");
    }
}

#[test]
fn ascii_is_ascii() {
    let lines = run().lines(Window { glyphs: Glyphs::Ascii, ..window(100, 24) });
    assert!(lines.iter().all(|line| line.is_ascii()), "{lines:?}");
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let coloured = run().lines(Window { colour: true, ..window(100, 24) });
    assert!(coloured.iter().any(|line| line.contains("\u{1b}[32m")));
    let plain: Vec<String> = coloured.iter().map(|line| uncoloured(line)).collect();
    assert_eq!(plain, run().lines(window(100, 24)));
}

#[test]
fn an_enclave_is_shown_from_its_creation_to_its_destruction() {
    let mut view = View::new(START);
    let container = key("default", "one");
    let created = What::EnclaveCreated {
        enclave: EnclaveId { index: 0, generation: 0 },
        epc_guaranteed: Bytes(4096),
        epc_limit: None,
    };
    view.event(&told(&container, 1, created));
    assert!(shown(&view, 80, 24).contains("one/app  building"), "{}", shown(&view, 80, 24));
    view.event(&told(&container, 2, What::Entered));
    assert!(shown(&view, 80, 24).contains("one/app  inside"), "{}", shown(&view, 80, 24));
    view.event(&told(&container, 3, What::Suspended { why: "its verdict lapsed".into() }));
    assert!(shown(&view, 80, 24).contains("one/app  suspended"), "{}", shown(&view, 80, 24));
    view.event(&told(&container, 4, What::Destroyed { pages_zeroed: Pages(1) }));
    assert!(!shown(&view, 80, 24).contains("one/app"), "{}", shown(&view, 80, 24));
}

#[test]
fn a_container_that_is_started_again_has_not_failed() {
    let (container, mut view) = (key("default", "flaky"), View::new(at(0)));
    let created = |generation| What::EnclaveCreated {
        enclave: EnclaveId { index: 1, generation },
        epc_guaranteed: Bytes::mib(1),
        epc_limit: None,
    };
    let restarting = What::Restarting { restarts: 1, delay: Nanos::from_millis(500) };
    for (what, expected) in [
        (created(0), "0.0s · 1 enclave · Ctrl-C stops"),
        (What::Exited { code: 3 }, "0.0s · 1 enclave · 1 failed · Ctrl-C stops"),
        (What::Destroyed { pages_zeroed: Pages(1) }, "0.0s · 1 failed · Ctrl-C stops"),
        (restarting, "0.0s · 1 starts again · Ctrl-C stops"),
        (created(1), "0.0s · 1 enclave · Ctrl-C stops"),
        (What::Exited { code: 0 }, "0.0s · 1 enclave · 1 succeeded · Ctrl-C stops"),
    ] {
        view.event(&told(&container, 0, what));
        assert_eq!(shown(&view, 100, 10).lines().last(), Some(expected));
    }
}

#[test]
fn an_enclave_missing_from_a_sample_is_gone_and_one_created_after_it_is_not() {
    let mut view = View::new(START);
    view.sample(&sample(10, vec![enclave(0, "gone"), enclave(1, "stays")]));
    let created = What::EnclaveCreated {
        enclave: EnclaveId { index: 2, generation: 0 },
        epc_guaranteed: Bytes(4096),
        epc_limit: None,
    };
    view.event(&told(&key("default", "new"), 30, created));
    view.sample(&sample(20, vec![enclave(1, "stays")]));
    let lines = shown(&view, 80, 24);
    assert!(!lines.contains("gone") && lines.contains("stays") && lines.contains("new"), "{lines}");
}

#[test]
fn the_time_a_verdict_has_left_runs_down_and_out() {
    let mut view = View::new(START);
    view.sample(&sample(0, vec![enclave(0, "one")]));
    view.event(&told(&key("default", "one"), 0, What::Renewed { not_after: at(61_000) }));
    assert!(shown(&view, 120, 24).contains("affirming 1m01s"), "{}", shown(&view, 120, 24));
    view.sample(&sample(31_000, vec![enclave(0, "one")]));
    assert!(shown(&view, 120, 24).contains("affirming 30s"), "{}", shown(&view, 120, 24));
    view.sample(&sample(61_000, vec![enclave(0, "one")]));
    assert!(shown(&view, 120, 24).contains("lapsed"), "{}", shown(&view, 120, 24));
}

#[test]
fn namespaces_are_named_where_there_are_two() {
    let mut view = View::new(START);
    let other = EnclaveSample { container: key("prod", "web"), ..enclave(1, "web") };
    view.sample(&sample(0, vec![enclave(0, "web"), other]));
    let lines = shown(&view, 120, 24);
    assert!(lines.contains("default/web/app") && lines.contains("prod/web/app"), "{lines}");
}

#[test]
fn progress_is_one_line_that_fits() {
    insta::assert_snapshot!(progress("reading images", 3, 12, "web.wasm", window(80, 24)));
    for columns in 0..80 {
        let line = progress("reading\nimages", 3, 12, "a\u{1b}[2Jb", window(columns, 24));
        assert!(width(&line) <= usize::from(columns), "{line:?}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

/// What a terminal of this size shows after these bytes, without empty lines at its end.
fn screen(bytes: &str, window: Window) -> (String, vt100::Parser) {
    let size = |cells| std::num::NonZero::new(cells).unwrap();
    let mut parser = vt100::Parser::new(size(window.rows), size(window.columns), 0);
    parser.process(bytes.as_bytes());
    (parser.screen().contents().trim_end().to_owned(), parser)
}

#[test]
fn a_region_is_drawn_over_itself_below_what_scrolls_by() {
    let window = window(20, 5);
    let mut region = Region::default();
    let lines = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut bytes = region.draw("one\n", &lines(&["a", "b", "c"]), window);
    bytes += &region.draw("", &lines(&["A", "B"]), window);
    bytes +=
        &region.draw("two\nthree is longer than a row\n", &lines(&["12345678901234567890", "x"]), window);
    let (shown, parser) = screen(&bytes, window);
    assert_eq!(shown, "two\nthree is longer than a row\n12345678901234567890\nx");
    assert!(parser.screen().hide_cursor());
    assert_eq!(parser.screen().cursor_position().1, 0, "an echoed ^C is drawn over");
    let (shown, parser) = screen(&(bytes + &region.erase(window) + "end"), window);
    assert_eq!(shown, "two\nthree is longer than a row\nend");
    assert!(!parser.screen().hide_cursor());
    assert_eq!(region.erase(window), "", "nothing is left to erase");
}

#[test]
fn lines_broken_by_a_narrower_window_are_drawn_over_whole() {
    let mut region = Region::default();
    let _ = region.draw("", &["x".repeat(30), "y".repeat(10)], window(30, 9));
    // Three rows and one, of ten columns each: three up from the last.
    let bytes = region.draw("", &["z".to_owned()], window(10, 9));
    assert!(bytes.contains("\r\u{1b}[3A\u{1b}[J"), "{bytes:?}");
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9-]{0,70}",
        any::<String>(),
        Just("\u{1b}[2J\u{1b}]0;title\u{7}\r\n\t".to_owned()),
        Just("日本語テキスト".repeat(9)),
        Just("e\u{301}\u{200d}👩\u{200d}👩\u{200d}👧\u{fe0f}\u{202e}".repeat(5)),
    ]
}

fn any_enclave() -> impl Strategy<Value = EnclaveSample> {
    let state = prop_oneof![
        Just(EnclaveState::Building),
        Just(EnclaveState::Ready),
        Just(EnclaveState::Inside),
        Just(EnclaveState::Blocked),
        Just(EnclaveState::Suspended),
    ];
    let verdict =
        prop_oneof![Just(None), Just(Some(Verdict::Affirming)), Just(Some(Verdict::Contraindicated))];
    let number = prop_oneof![0_u64..100_000, any::<u64>()];
    let numbers = (number.clone(), number.clone(), number.clone(), number.clone(), number);
    (0_u32..40, any_text(), any_text(), state, verdict, any::<Option<NonZeroU16>>(), numbers).prop_map(
        |(index, namespace, name, state, verdict, worker, (resident, total, guaranteed, faults, cpu))| {
            EnclaveSample {
                enclave: EnclaveId { index, generation: 0 },
                container: ContainerKey { pod: PodKey { namespace, name: name.clone() }, container: name },
                state,
                verdict,
                worker: worker.map(WorkerId),
                resident: Pages(resident),
                total: Pages(total),
                guaranteed: Pages(guaranteed),
                faults,
                cpu: Nanos(cpu),
                ..enclave(index, "")
            }
        },
    )
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let enclaves = prop::collection::vec(any_enclave(), 0..12);
    let number = prop_oneof![0_u64..100_000, any::<u64>()];
    (any::<u64>(), number.clone(), number, enclaves).prop_map(|(time, frames, free, enclaves)| Sample {
        time: Timestamp(time),
        frames: Pages(frames),
        free: Pages(free),
        enclaves,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_line_is_wider_than_the_window_and_they_leave_a_row(
        samples in prop::collection::vec(any_sample(), 0..4),
        not_after: u64,
        columns in 0_u16..140,
        rows in 0_u16..30,
        colour: bool,
        ascii: bool,
    ) {
        let mut view = View::new(START);
        for sample in &samples {
            view.sample(sample);
            for enclave in &sample.enclaves {
                let not_after = Timestamp(not_after);
                view.event(&told(&enclave.container, 0, What::Renewed { not_after }));
            }
        }
        let glyphs = if ascii { Glyphs::Ascii } else { Glyphs::Blocks };
        let lines = view.lines(Window { columns, rows, colour, glyphs });
        prop_assert!(lines.len() <= usize::from(rows).saturating_sub(1).max(1));
        prop_assert!(rows < 4 || lines.len() <= usize::from(rows) * 3 / 4 + 1);
        prop_assert!(!lines.is_empty());
        for line in &lines {
            let plain = uncoloured(line);
            prop_assert!(width(&plain) <= usize::from(columns), "{columns}: {plain:?}");
            prop_assert!(!plain.chars().any(char::is_control), "{plain:?}");
            prop_assert!(colour || plain == *line);
        }
    }

    #[test]
    fn a_terminal_shows_exactly_the_last_drawing_below_what_was_told(
        frames in prop::collection::vec(
            (prop::collection::vec("[a-z]{1,60}", 0..4), prop::collection::vec("[A-Z]{1,20}", 1..6)),
            1..8,
        ),
    ) {
        let window = window(20, 12);
        let mut region = Region::default();
        let mut bytes = String::new();
        let mut told = String::new();
        for (above, lines) in &frames {
            let above: String = above.iter().map(|line| format!("{line}\n")).collect();
            bytes += &region.draw(&above, lines, window);
            told += &above;
        }
        let last = frames.last().map(|(_, lines)| lines.join("\n")).unwrap_or_default();
        // The same without a region, on a terminal where nothing scrolls away.
        let all = format!("{told}{last}").replace('\n', "\r\n");
        let (all, _) = screen(&all, Window { rows: 500, ..window });
        let (seen, _) = screen(&bytes, window);
        prop_assert!(all.ends_with(&seen), "{seen}\nis not the end of\n{all}");
        prop_assert!(seen.ends_with(&last), "{seen}\ndoes not end in\n{last}");
    }
}
