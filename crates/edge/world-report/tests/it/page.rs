//! The page of a simulation.

use casemate_world_report::write_simulation_html;
use casemate_world_sim::{
    Activity, Comparison, Comparisons, Distribution, Load, METRICS, Measured, Piece, Row, Scenario, Side,
    Spent,
};

use crate::scenarios::{SMALL, all, read};

fn page(of: &Comparisons) -> String {
    let mut bytes = Vec::new();
    write_simulation_html(of, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn simulated(file: &str, scenario: &Scenario) -> Comparison {
    let mut comparison = Comparison::of(file.to_owned(), scenario);
    let rows = scenario.designs.iter().map(|it| Row::simulated(scenario, it, &mut |_| {}).unwrap());
    comparison.designs.extend(rows);
    comparison
}

/// A design whose figures are all this, on one CPU.
fn row(name: &str, figure: f64) -> Row {
    let piece = |from, until, side, interrupt| Piece { from, until, side, interrupt };
    let pieces = vec![
        piece(0, 1_000_000, Side::Ree, false),
        piece(1_000_000, 3_000_000, Side::Tee, false),
        piece(3_000_000, 3_050_000, Side::Ree, true),
        piece(6_000_000, 8_000_000, Side::TeeDuringIdle, false),
    ];
    let (ree, tee, tee_during_idle) = (40_000, 10_000, 20_000);
    let activity = Activity {
        nanos: 12_000_000,
        beginning: 8_000_000,
        pieces: vec![pieces],
        load: vec![vec![Load { ree, tee, tee_during_idle }; Activity::STEPS]],
    };
    let measured = Measured {
        requests: 7,
        request_p50_us: figure,
        request_p99_us: figure * 2.0,
        request_max_us: figure * 3.0,
        ree_loss: figure / 1e4,
        ..Measured::default()
    };
    let at_most = vec![[figure, 0.5], [figure * 2.0, 0.99], [figure * 3.0, 1.0]];
    let (ree_ns, tee_ns, tee_during_idle_ns, idle_ns) = (4_800_000, 1_200_000, 2_400_000, 3_600_000);
    Row {
        name: name.to_owned(),
        corrected: figure < 500.0,
        measured,
        request_latency: Distribution { at_most },
        interrupt_latency: Distribution::default(),
        spent: vec![Spent { ree_ns, tee_ns, tee_during_idle_ns, idle_ns }],
        activity,
    }
}

fn comparison(words: &str, designs: Vec<Row>) -> Comparison {
    Comparison {
        file: format!("{words}file.yaml"),
        name: format!("{words}name"),
        about: format!("{words}about"),
        finding: format!("{words}finding"),
        metric: "request_p99_us".to_owned(),
        millis: 12,
        seed: 3,
        designs,
    }
}

#[test]
fn a_small_page_is_this() {
    let designs = vec![row("first", 100.0), row("second", 1_000.0)];
    let all = Comparisons::of(vec![comparison("", designs)], vec!["b.yaml: `millis`: 0".to_owned()]);
    let page = page(&all);
    let (_, body) = page.split_once("<body>").unwrap();
    insta::assert_snapshot!(body);
}

#[test]
fn every_scenario_has_its_finding_its_designs_and_every_figure_as_a_table() {
    for (file, scenario) in all() {
        let page = page(&Comparisons::of(vec![simulated(&file, &scenario)], Vec::new()));
        assert_eq!(page.matches("<table").count(), 1, "{file}");
        assert_eq!(page.matches("<th scope=\"row\">").count(), METRICS.len(), "{file}");
        assert_eq!(page.matches("<th scope=\"col\"").count(), scenario.designs.len() + 2, "{file}");
        assert_eq!(page.matches("class=\"lanes\"").count(), scenario.designs.len(), "{file}");
        assert_eq!(page.matches("<tr class=\"marked\">").count(), 1, "{file}");
        assert!(page.contains("class=\"measures first\""), "{file}");
        assert!(!page.contains("NaN") && !page.contains("inf\""), "{file}");
    }
}

#[test]
fn the_same_scenario_gives_the_same_page() {
    let of = || page(&Comparisons::of(vec![simulated("small", &read(SMALL))], Vec::new()));
    assert_eq!(of(), of());
}

#[test]
fn names_from_files_stay_text() {
    const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=y>\u{202e}\u{1b}&amp;";
    let designs = vec![row(HOSTILE, 10.0), row(HOSTILE, 20.0)];
    let tame = page(&Comparisons::of(
        vec![comparison("", vec![row("a", 10.0), row("a", 20.0)])],
        vec!["b".to_owned()],
    ));
    let all = Comparisons::of(vec![comparison(HOSTILE, designs)], vec![HOSTILE.to_owned()]);
    let page = page(&all);
    // Not one tag or quote more than with harmless names.
    for mark in ["<", "\"", ">"] {
        assert_eq!(page.matches(mark).count(), tame.matches(mark).count(), "{mark}");
    }
    assert!(page.contains("&lt;script&gt;") && !page.contains(['\u{202e}', '\u{1b}']));
}

#[test]
fn the_page_needs_nothing_but_itself() {
    let page = page(&Comparisons::of(vec![simulated("small", &read(SMALL))], Vec::new()));
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    for outside in ["http:", "https:", "url(", "@import", "<script", "<link", "src=", " style="] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn whatever_there_is_the_page_is_bounded_and_says_what_it_leaves_out() {
    let mut busy = row(&"long".repeat(10_000), 10.0);
    let piece = busy.activity.pieces[0][0];
    busy.activity.pieces = vec![vec![piece; 6_000]; 8];
    let many = comparison(&"words ".repeat(10_000), vec![busy; 40]);
    let all = Comparisons::of(vec![many; 60], vec!["error ".repeat(10_000); 300]);
    let page = page(&all);
    assert!(page.len() < 48 << 20, "{}", page.len());
    for said in ["And 10 more scenarios", "And 8 more designs", "And 100 more problems", "More pieces than"] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn nothing_simulated_and_senseless_figures_make_a_page() {
    let nothing = page(&Comparisons::of(Vec::new(), Vec::new()));
    assert!(nothing.contains("Nothing was simulated"));
    let none = page(&Comparisons::of(vec![comparison("", Vec::new())], Vec::new()));
    assert!(none.contains("No design was simulated."));
    let odd = [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e300, 1e-300].map(|it| row("odd", it)).to_vec();
    let mut odd = comparison("", odd);
    odd.metric = "no such figure".to_owned();
    odd.designs[0].activity = Activity::default();
    odd.designs[1].spent.clear();
    odd.designs[2].activity.pieces.clear();
    let page = page(&Comparisons::of(vec![odd], Vec::new()));
    assert!(!page.contains("measures first"));
}
