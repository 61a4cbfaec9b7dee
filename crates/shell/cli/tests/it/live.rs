//! On a terminal: the view in place, in every window, and a terminal left as it was.

use std::process::Command;

use crate::casemate::{Casemate, SPIN, pod};
use crate::pty::{Streams, Terminal};

/// Programs that never end, and a pod that waits for their memory.
fn spinning(pods: usize) -> Casemate {
    let casemate = Casemate::new();
    casemate.file("spin.wat", SPIN);
    let mut manifests: Vec<_> =
        (0..pods).map(|index| pod(&format!("spin-{index}"), "file://./spin.wat", "1Mi", "")).collect();
    manifests.push(pod("late", "file://./spin.wat", "64Mi", ""));
    casemate.file("spin.yaml", manifests.join("---\n"));
    casemate
}

fn command(casemate: &Casemate) -> Command {
    casemate.command(&["spin.yaml", "--cpus", "1"])
}

/// Whether the view has been told how things stand.
fn drawn(shown: &str) -> bool {
    shown.contains("EPC 64Mi ") && shown.contains("on CPU 0") && shown.contains("1 pod waits")
}

/// Whether some text is set in a colour.
fn is_coloured(written: &str) -> bool {
    let sequences = written.split("\u{1b}[").skip(1);
    sequences
        .filter_map(|sequence| {
            sequence.find(|c: char| c.is_ascii_alphabetic()).map(|end| &sequence[end..=end])
        })
        .any(|end| end == "m")
}

#[test]
fn enclaves_and_memory_are_drawn_in_place_below_the_events() {
    let casemate = spinning(2);
    let mut terminal = Terminal::start(command(&casemate), 100, 40, Streams::All);
    let first = terminal.until(drawn);
    // And once more, over the first time.
    terminal.until(|shown| drawn(shown) && shown != first);
    let lines = terminal.lines();
    let once = |text: &str| lines.iter().filter(|line| line.starts_with(text)).count();
    for text in ["ENCLAVE ", "spin-0/app ", "spin-1/app ", "EPC 64Mi "] {
        assert_eq!(once(text), 1, "{text}: {lines:#?}");
    }
    let event = lines.iter().position(|line| line.contains("default/spin-1/app  entered"));
    let view = lines.iter().position(|line| line.starts_with("ENCLAVE "));
    assert!(event.is_some() && event < view, "{lines:#?}");
    assert!(terminal.cursor_is_hidden());
    assert!(is_coloured(&terminal.written()));
}

#[test]
fn ctrl_c_leaves_the_table_a_cursor_and_nothing_of_the_view() {
    let casemate = spinning(2);
    let mut terminal = Terminal::start(command(&casemate), 140, 60, Streams::All);
    terminal.until(drawn);
    terminal.interrupt();
    assert_eq!(terminal.end().code(), Some(130));
    let shown = terminal.text();
    assert!(shown.contains("interrupted: stopping enclaves"), "{shown}");
    assert!(shown.contains("default/spin-0/app") && shown.contains("Killed"), "{shown}");
    assert!(!shown.contains("EPC 64Mi ") && !shown.contains("Ctrl-C stops"), "{shown}");
    assert!(!terminal.cursor_is_hidden());
    assert!(terminal.written().ends_with("\r\n"), "the shell's prompt begins a line");
}

#[test]
fn a_second_ctrl_c_quits_and_leaves_a_cursor_too() {
    let casemate = spinning(2);
    let mut terminal = Terminal::start(command(&casemate), 100, 40, Streams::All);
    terminal.until(drawn);
    terminal.interrupt();
    terminal.interrupt();
    assert_eq!(terminal.end().code(), Some(130));
    assert!(!terminal.cursor_is_hidden(), "{}", terminal.text());
}

#[test]
fn no_color_means_no_colour_but_a_view() {
    let casemate = spinning(1);
    let mut command = command(&casemate);
    command.env("NO_COLOR", "1");
    let mut terminal = Terminal::start(command, 100, 40, Streams::All);
    terminal.until(drawn);
    terminal.interrupt();
    terminal.end();
    assert!(!is_coloured(&terminal.written()), "{}", terminal.written());
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    let casemate = spinning(1);
    let mut command = command(&casemate);
    command.env("TERM", "dumb");
    let mut terminal = Terminal::start(command, 100, 40, Streams::All);
    terminal.until(|shown| shown.contains("default/spin-0/app  entered"));
    terminal.interrupt();
    assert_eq!(terminal.end().code(), Some(130));
    assert!(!terminal.written().contains('\u{1b}'), "{}", terminal.written());
}

#[test]
fn a_locale_without_utf_8_gets_ascii() {
    let casemate = spinning(1);
    let mut command = command(&casemate);
    command.env("LC_ALL", "C");
    let mut terminal = Terminal::start(command, 100, 40, Streams::All);
    terminal.until(drawn);
    assert!(terminal.written().is_ascii(), "{}", terminal.written());
}

#[test]
fn a_window_of_forty_columns_and_ten_rows_is_enough() {
    let casemate = spinning(12);
    let mut terminal = Terminal::start(command(&casemate), 40, 10, Streams::All);
    terminal.until(|shown| shown.contains("EPC 64Mi ") && shown.contains(" more\n"));
    let lines = terminal.lines();
    let view: Vec<_> = lines.iter().skip_while(|line| !line.starts_with("spin-")).collect();
    assert!(view.len() >= 7, "{lines:#?}");
    for line in view {
        assert!(!terminal.is_wrapped(line), "{lines:#?}");
    }
}

#[test]
fn a_window_that_changes_its_size_is_drawn_anew() {
    let casemate = spinning(2);
    let mut terminal = Terminal::start(command(&casemate), 100, 30, Streams::All);
    terminal.until(|shown| drawn(shown) && shown.contains("FAULTS/S"));
    terminal.resize(50, 12);
    terminal.until(|shown| shown.contains("EPC 64Mi ") && !shown.contains("FAULTS/S"));
    terminal.resize(120, 30);
    let shown = terminal.until(|shown| drawn(shown) && shown.contains("FAULTS/S"));
    assert_eq!(shown.matches("EPC 64Mi ").count(), 1, "{shown}");
}

#[test]
fn with_json_the_view_is_on_stderr_and_stdout_is_one_document() {
    let casemate = Casemate::new();
    casemate.pod("hello", "file://./hello.wat", "");
    let command = casemate.command(&["hello.yaml", "-o", "json"]);
    let mut terminal = Terminal::start(command, 100, 30, Streams::Stderr);
    terminal.until(|shown| shown.contains("run ended: everything succeeded"));
    let document: serde_json::Value = serde_json::from_str(&terminal.stdout()).expect("one document");
    assert_eq!(document["succeeded"], true);
    assert_eq!(terminal.end().code(), Some(0));
    assert!(terminal.written().contains("\u{1b}[?25l"), "the view was drawn: {}", terminal.written());
    assert!(!terminal.cursor_is_hidden());
}
