//! A plan as people and programs see it.

use casemate_report::{Style, plan_table, write_plan_html};

use crate::planned::report;

#[test]
fn a_plan_as_people_read_it() {
    insta::assert_snapshot!(plan_table(&report(""), Style::plain()));
}

#[test]
fn in_a_narrow_window_no_line_is_wider() {
    let style = Style { width: Some(60), colour: false };
    let table = plan_table(&report(""), style);
    assert!(table.lines().all(|line| line.chars().count() <= 60), "{table}");
}

#[test]
fn the_document_is_what_programs_rely_on() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&report("")).expect("JSON"));
}

#[test]
fn the_page_has_one_of_everything_and_nothing_of_it_is_markup() {
    let mut page = Vec::new();
    write_plan_html(&report(""), &mut page).expect("a Vec takes everything");
    let page = String::from_utf8(page).expect("UTF-8");
    let (_, body) = page.split_once("</style>").expect("a style");
    assert!(!body.contains("<script") && !body.contains('\u{1b}'));
    insta::assert_snapshot!(body);
}
