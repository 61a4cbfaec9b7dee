//! What holds whatever is simulated.

use casemate_world_sim::{METRICS, Metric, Scenario, simulate};

use crate::scenarios::{all, read};

#[test]
fn the_same_scenario_has_the_same_outcome_and_another_seed_another() {
    let (_, scenario) = all().remove(0);
    let design = &scenario.designs[0];
    let first = simulate(&scenario, design).unwrap();
    assert_eq!(simulate(&scenario, design).unwrap(), first);
    let other = Scenario { seed: scenario.seed + 1, ..scenario.clone() };
    assert_ne!(simulate(&other, design).unwrap(), first);
}

#[test]
fn every_figure_is_finite_and_shares_are_shares() {
    for (file, scenario) in all() {
        for design in &scenario.designs {
            let measured = simulate(&scenario, design).unwrap();
            for Metric { name, of, .. } in METRICS {
                assert!(of(&measured).is_finite() && of(&measured) >= 0.0, "{file}: {name}");
            }
            for share in ["thrash", "ree_loss", "misbilled", "tee_during_idle", "error_corrected"] {
                let share = Metric::named(share).unwrap();
                assert!((share.of)(&measured) <= 1.0, "{file}: {}", share.name);
            }
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_the_place_and_the_remedy() {
    let refused = [
        ("millis: 0", "`millis`: 0 is not in 1..=600000: choose a value in it"),
        ("millis: 1\nmachine: {cpus: 9}", "`machine: cpus`: 9 is not in 1..=8"),
        ("millis: 1\ntasks: [{name: a, run_micros: 0}]", "`task a: run_micros`: 0 is not in 1..=60000000"),
        (
            "millis: 1\ntasks: [{name: a, run_micros: 1, request: {work_micros: 1, calls: [b]}}]",
            "`task a: request: calls` names `b`, which is none of: nothing, as there is none",
        ),
        (
            "millis: 1\nservices: [{name: s, work_micros: 1}, {name: s, work_micros: 1}]",
            "two by the name `s`",
        ),
    ];
    for (text, why) in refused {
        let text = format!(
            "name: it\nabout: a\nfinding: {{says: s, metric: requests, figures: {{}}}}\n\
             designs: [{{name: d}}]\n{text}\n"
        );
        let error = read(&text).validate().unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
