//! The table, at several widths.

use casemate_report::{CheckerReport, RunReport, Style, table};

use crate::fixture;

#[test]
fn a_wide_terminal_sees_every_column() {
    insta::assert_snapshot!(table(&fixture::run(), Style { width: Some(160), colour: false }));
}

#[test]
fn at_a_hundred_columns_what_the_first_line_says_is_not_repeated() {
    insta::assert_snapshot!(table(&fixture::run(), Style { width: Some(110), colour: false }));
}

#[test]
fn restarts_have_a_column_where_there_were_any() {
    let mut run = fixture::run();
    let without = table(&run, Style::plain());
    assert!(!without.contains("RESTARTS"));
    let workload = run.workloads.first_mut().expect("the fixture runs something");
    workload.restarts = 3;
    let with = table(&run, Style::plain());
    assert!(with.lines().any(|line| line.contains("EXIT  RESTARTS  ")), "{with}");
    assert!(with.lines().any(|line| line.contains("         3  ")), "{with}");
}

#[test]
fn a_narrow_terminal_is_never_overrun_by_the_table() {
    for width in 40..160 {
        let text = table(
            &RunReport { problems: vec![], ..fixture::run() },
            Style { width: Some(width), colour: false },
        );
        let rows = text.split("\n\n").nth(1).unwrap();
        for line in rows.lines() {
            assert!(line.chars().count() <= usize::from(width), "{width}: {line:?}");
        }
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let run = fixture::run();
    let plain = table(&run, Style { width: None, colour: false });
    let coloured = table(&run, Style { width: None, colour: true });
    assert!(coloured.contains("\u{1b}["));
    assert!(!plain.contains('\u{1b}'), "neither ours nor a guest's");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(&strip(&coloured)), words(&plain));
}

#[test]
fn an_empty_run_is_empty_and_a_violation_is_loud() {
    assert_eq!(table(&RunReport::empty(), Style::plain()), "");
    let checker = CheckerReport { observations: 9, violations: vec!["two enclaves own frame 7".into()] };
    let text = table(&RunReport { checker: Some(checker), ..RunReport::empty() }, Style::plain());
    insta::assert_snapshot!(text);
}

/// `text` without ANSI colour sequences.
fn strip(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.split_once('m').map_or("", |(_, rest)| rest))
}
