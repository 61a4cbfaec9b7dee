//! `casemate world`: designs that hold, designs that do not, and what is no design.

use serde_json::json;

use crate::casemate::{Casemate, Ran};

fn checked(casemate: &Casemate, arguments: &[&str]) -> Ran {
    let mut command = casemate.subcommand("world");
    command.arg("check").args(arguments).output().expect("the binary starts").into()
}

/// What is said, without how long it took.
fn untimed(ran: &Ran) -> String {
    let (before, after) = ran.stdout.split_once(" states in ").expect("how long it took");
    let (_, after) = after.split_once(" s; ").expect("what came of it");
    format!("{before} states; {after}")
}

#[test]
fn the_default_design_holds_and_says_so_to_people_and_programs() {
    let casemate = Casemate::new();
    let ran = checked(&casemate, &["--requests", "1"]);
    assert_eq!((ran.code(), untimed(&ran).as_str()), (Some(0), HOLDS));
    assert_eq!(ran.stderr, "", "nothing is drawn where nobody looks");
    let mut document = checked(&casemate, &["--requests", "1", "-o", "json"]).document();
    assert!(document["seconds"].as_f64().is_some_and(|it| it >= 0.0));
    document["seconds"] = json!(0);
    let states = document["states"].as_u64().expect("a count");
    assert!(HOLDS.contains(&format!(": {states} states")), "{states}");
    document["states"] = json!(0);
    let expected = json!({
        "schema": "casemate.world-check/v1",
        "design": {
            "cpus": 2, "big": [], "entry": "event", "scheduling_call": true, "priority": "ree-over-tee",
            "agent": "each-cpu", "order": "priority", "goal": "many", "device": "routed", "proper_cpu": "least-loaded",
            "balance": "steal", "tick": "unified-tee", "resume": "tick", "switch_back": "tee-idle",
            "nohz": true, "idle_hand_over": true, "tee_waits": 4, "ree_waits": 1, "ree_share": 1,
            "least_progress": true
        },
        "cpus": 2, "requests": 1, "hostile": false, "states": 0, "complete": true, "seconds": 0,
        "violations": [], "errors": []
    });
    assert_eq!(document, expected);
}

const HOLDS: &str = "2 CPUs, 1 request: 2276 states; every law holds\n";

#[test]
fn a_law_that_is_broken_is_told_with_a_shortest_way_there() {
    let casemate = Casemate::new();
    casemate.file("design.yaml", "# The REE owns the tick.\ntick: unified-ree\ntee_waits: 2\ncpus: 1\n");
    let arguments = ["design.yaml", "--requests", "1", "--hostile"];
    let ran = checked(&casemate, &arguments);
    assert_eq!((ran.code(), untimed(&ran).as_str()), (Some(1), BROKEN));
    let document = checked(&casemate, &[&arguments[..], &["-o", "json"]].concat()).document();
    let violation = &document["violations"][0];
    assert_eq!(violation["law"], "ready work waits no longer than its bound");
    assert_eq!(
        violation["timeline"][0],
        json!({
            "cpu": 0, "event": "a request is made", "decision": "goes on, thread 0 is queued, wakes the agent",
            "cpus": ["REE"]
        })
    );
}

const BROKEN: &str = "\
broken: ready work waits no longer than its bound
    1. CPU 0  a request is made                     [REE]           goes on, thread 0 is queued, wakes the agent
    2. CPU 0  the agent comes                       [TEE thread 0]  to thread 0, thread 0 is accepted
    3. CPU 0  the thread waits for a device         [REE]           to the REE
    4. CPU 0  the agent comes                       [REE]           to the REE, thread 0 is pending
    5. CPU 0  secure interrupt for thread 0         [REE]           goes on
    6. CPU 0  tick                                  [REE]           to the REE, a tick for the REE
    7. CPU 0  a tick's time goes by without a tick  [REE]           nothing
    8. CPU 0  a tick's time goes by without a tick  [REE]           nothing
    9. CPU 0  a tick's time goes by without a tick  [REE]           nothing
   10. CPU 0  a tick's time goes by without a tick  [REE]           nothing

1 CPU, 1 request, a hostile REE: 50 states; 1 law is broken
";

#[test]
fn what_makes_no_sense_is_refused_with_the_reason() {
    let casemate = Casemate::new();
    let refused = [
        (
            "tick: none\n",
            "error: d.yaml: the design makes no sense: `resume: tick` without a tick: take another one, or a tick\n",
        ),
        (
            "tick: mine\n",
            "error: d.yaml:1:7: tick: unknown variant `mine`, expected one of `none`, `own`, `unified-tee`, `unified-ree`. Mend it, or leave it out\n",
        ),
        ("- tick\n", "error: d.yaml:1:1: expected a mapping"),
        ("cpus: 0\n", "error: d.yaml: the design makes no sense: 0 CPUs: 1 to 8 will do\n"),
    ];
    for (text, cause) in refused {
        casemate.file("d.yaml", text);
        let ran = checked(&casemate, &["d.yaml", "-o", "json"]);
        assert_eq!(ran.code(), Some(2), "{text}");
        assert!(ran.stderr.starts_with(cause), "{}", ran.stderr);
        let document = ran.document();
        assert_eq!((&document["states"], &document["violations"]), (&json!(0), &json!([])));
        let error = document["errors"][0].as_str().expect("a cause");
        assert!(ran.stderr.contains(error), "{error}");
    }
    let ran = checked(&casemate, &["--cpus", "9", "-o", "json"]);
    assert_eq!(ran.code(), Some(2));
    assert!(ran.document()["errors"][0].as_str().is_some_and(|it| it.contains("9 is not in 1..=8")));
}

#[test]
fn what_is_not_seen_to_its_end_is_not_said_to_hold() {
    let ran = checked(&Casemate::new(), &["--steps-most", "1000", "-o", "json"]);
    assert_eq!((ran.code(), &ran.document()["complete"]), (Some(3), &json!(false)));
}

#[test]
fn every_priority_goal_and_tick_is_checked_by_one_command() {
    let ran = checked(&Casemate::new(), &["--all", "--cpus", "1", "--requests", "1", "-o", "json"]);
    let document = ran.document();
    assert_eq!((ran.code(), &document["schema"]), (Some(0), &json!("casemate.world-checks/v1")));
    let checks = document["checks"].as_array().expect("a list");
    let sum: u64 = checks.iter().map(|it| it["states"].as_u64().expect("a count")).sum();
    assert_eq!(
        (checks.len(), document["states"].as_u64(), &document["violations"]),
        (22, Some(sum), &json!(0))
    );
}
