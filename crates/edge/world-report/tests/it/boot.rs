//! The page of a boot.

use casemate_world::{Agent, CPUS, Config, CpuId};
use casemate_world_log::{Note, What};
use casemate_world_metal::{Log, Summary};
use casemate_world_report::{Booted, Checked, write_boot_html};

use crate::booted::{HOSTILE, log};

fn page(of: &Booted<'_>) -> String {
    let mut bytes = Vec::new();
    write_boot_html(of, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn booted<'a>(log: &'a Log, summary: &'a Summary) -> Booted<'a> {
    let holds = summary.violations.is_empty();
    Booted {
        holds,
        log: Some((log, summary)),
        qemu: Some("7.2.22"),
        linux: Some("6.1.0"),
        ..Booted::default()
    }
}

fn of_log(log: &Log) -> String {
    page(&booted(log, &Summary::of(log)))
}

#[test]
fn a_small_page_is_this() {
    let log = log(Config { agent: Agent::Caller, ..Config::new(2) }, 40);
    let summary = Summary::of(&log);
    let said = ["ssr completed=4 failed=0".to_owned()];
    let checks = vec![Checked { name: "echo", failed: None }, Checked { name: "aes", failed: Some("wrong") }];
    let page = page(&Booted { holds: false, checks, said: &said, ..booted(&log, &summary) });
    let (_, body) = page.split_once("<body>").unwrap();
    insta::assert_snapshot!(body);
}

#[test]
fn a_boot_has_a_lane_an_account_and_a_stretch_for_each_cpu() {
    for cpus in [1, 2, 8] {
        let page = of_log(&log(Config::new(cpus), 4_000));
        assert_eq!(page.matches("<div class=\"cpu\">").count(), 3 * usize::from(cpus));
        assert!(page.contains("Everything held") && page.contains("<span class=\"word good\">none broken"));
        for name in ["all requests", "echo", "aes", "long", "Where the worlds changed most"] {
            assert!(page.contains(name), "{name}");
        }
        assert!(!page.contains("NaN") && !page.contains("inf\"") && !page.contains("class=\"problems\""));
    }
}

#[test]
fn the_same_boot_gives_the_same_page() {
    let of = || of_log(&log(Config::new(2), 2_000));
    assert_eq!(of(), of());
}

#[test]
fn what_a_machine_says_stays_text() {
    let log = log(Config::new(2), 200);
    let of = |words: &str, mark: &str| {
        let mut summary = Summary::of(&log);
        summary.violations = vec![words.to_owned()];
        let lines = [words.to_owned(), words.to_owned()];
        let checks =
            vec![Checked { name: words, failed: None }, Checked { name: words, failed: Some(words) }];
        let (qemu, linux) = (Some(words), Some(words));
        let booted = Booted { checks, said: &lines, qemu, linux, problems: &lines, ..booted(&log, &summary) };
        let page = page(&booted);
        assert!(!page.contains(['\u{202e}', '\u{1b}']));
        page.matches(mark).count()
    };
    // Not one tag or quote more than with harmless words.
    for mark in ["<", "\"", ">"] {
        assert_eq!(of(HOSTILE, mark), of("words", mark), "{mark}");
    }
}

#[test]
fn the_page_of_a_boot_needs_nothing_but_itself() {
    let page = of_log(&log(Config::new(2), 200));
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    for outside in ["http:", "https:", "url(", "@import", "<script", "<link", "src=", " style="] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn nothing_booted_and_a_log_without_anything_make_a_page() {
    let problems = ["no qemu: install it".to_owned()];
    let nothing = page(&Booted { problems: &problems, ..Booted::default() });
    assert!(nothing.contains("Nothing was booted") && nothing.contains("<li>no qemu: install it</li>"));
    let unread = page(&Booted { problems: &problems, qemu: Some("7.2.22"), ..Booted::default() });
    assert!(unread.contains("Not everything held"));
    for steps in [0, 1, 3] {
        let page = of_log(&log(Config::new(2), steps));
        assert!(page.contains("No request was made and answered.") && !page.contains("NaN"), "{steps}");
    }
}

/// Whatever a log says of times, CPUs and applications, the page is drawn, and is smaller than a megabyte.
#[test]
fn whatever_a_log_holds_its_page_is_drawn_and_is_bounded() {
    let good = log(Config::new(8), 60_000);
    assert!(of_log(&good).len() < 1 << 20, "{}", of_log(&good).len());
    let mut senseless = good.clone();
    senseless.setup.config.cpus = u8::MAX;
    (senseless.setup.tick_nanos, senseless.setup.frequency) = (0, 1);
    for (number, record) in senseless.records.iter_mut().enumerate() {
        match number % 5 {
            0 => record.time = u64::MAX,
            1 => record.time = 0,
            2 => record.cpu = CpuId::new(number % CPUS).unwrap(),
            _ => {}
        }
        if let What::Note(Note::Begin(thread, ..)) = record.what {
            record.what = What::Note(Note::Begin(thread, number as u8, 0));
        }
    }
    let mut without_ticks = good.clone();
    (without_ticks.setup.tick_nanos, without_ticks.setup.frequency) = (u64::MAX, 0);
    for (number, record) in without_ticks.records.iter_mut().enumerate() {
        if let What::Note(Note::Begin(thread, ..)) = record.what {
            record.what = What::Note(Note::Begin(thread, 199 * (number % 2) as u8, 0));
        }
    }
    assert!(of_log(&without_ticks).contains("another application"));
    for log in [senseless, without_ticks] {
        let mut summary = Summary::of(&log);
        summary.violations = vec!["long ".repeat(10_000); 300];
        let lines = vec!["line ".repeat(10_000); 300];
        let checks = vec![Checked { name: &lines[0], failed: None }; 300];
        let page = page(&Booted { checks, said: &lines, ..booted(&log, &summary) });
        for said in ["And 100 more problems", "And 100 more checks", "And 100 more lines"] {
            assert!(page.contains(said), "{said}");
        }
        assert!(page.len() < 3 << 20 && !page.contains("NaN"), "{}", page.len());
    }
}
