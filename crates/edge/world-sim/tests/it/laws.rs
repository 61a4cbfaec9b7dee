//! What holds whatever is simulated.

use casemate_world_sim::{METRICS, Metric, Row, Scenario, Side, simulate};

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
fn what_is_told_of_a_cpu_is_in_order_and_is_all_that_it_did() {
    for (file, scenario) in all() {
        let nanos = scenario.millis * 1_000_000;
        for design in &scenario.designs {
            let at = format!("{file}: {}", design.name);
            let cpus = usize::from(scenario.machine.cpus);
            let mut until = vec![0; cpus];
            let mut told = vec![[0; 3]; cpus];
            let row = Row::simulated(&scenario, design, &mut |span| {
                let cpu = usize::from(span.cpu);
                assert!(span.from >= until[cpu] && span.from < span.until, "{at}: {span:?}");
                assert!(span.until <= nanos, "{at}: {span:?}");
                assert_ne!(span.who.name(&scenario, design), "?", "{at}: {span:?}");
                until[cpu] = span.until;
                told[cpu][span.side as usize] += span.until - span.from;
            })
            .unwrap();
            assert_eq!(row.spent.len(), cpus, "{at}");
            for ((spent, told), load) in row.spent.iter().zip(&told).zip(&row.activity.load) {
                assert_eq!([spent.ree_ns, spent.tee_ns, spent.tee_during_idle_ns], *told, "{at}");
                assert_eq!(spent.all(), nanos, "{at}");
                let drawn = Side::ALL.map(|side| {
                    let of = load.iter().map(|it| match side {
                        Side::Ree => it.ree,
                        Side::Tee => it.tee,
                        Side::TeeDuringIdle => it.tee_during_idle,
                    });
                    of.sum::<u64>()
                });
                assert_eq!(drawn, *told, "{at}");
            }
        }
    }
}

#[test]
fn a_curve_of_latencies_ends_at_the_longest_and_goes_through_the_quantiles() {
    for (file, scenario) in all() {
        for design in &scenario.designs {
            let row = Row::simulated(&scenario, design, &mut |_| {}).unwrap();
            let measured = row.measured;
            for (curve, count, longest, median) in [
                (&row.request_latency, measured.requests, measured.request_max_us, measured.request_p50_us),
                (&row.interrupt_latency, 1, measured.interrupt_max_us, measured.interrupt_p50_us),
            ] {
                let Some(last) = curve.at_most.last() else {
                    assert!(count == 0 || longest == 0.0, "{file}: {}", design.name);
                    continue;
                };
                assert_eq!(*last, [longest, 1.0], "{file}: {}", design.name);
                assert!(curve.at_most.is_sorted_by(|a, b| a[0] < b[0] && a[1] < b[1]), "{file}");
                let below = curve.at_most.iter().filter(|it| it[0] < median).map(|it| it[1]);
                assert!(below.fold(0.0, f64::max) <= 0.51, "{file}: {}", design.name);
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
