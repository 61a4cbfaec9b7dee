//! What people see: plain text where it is no terminal, units, one table.

use crate::casemate::{Casemate, Ran};

const ESCAPE: char = '\u{1b}';

fn hello(casemate: &Casemate, arguments: &[&str]) -> Ran {
    casemate.pod("hello", "file://./hello.wat", "");
    casemate.run(&[&["hello.yaml"], arguments].concat())
}

#[test]
fn a_pipe_gets_no_escape_codes() {
    let casemate = Casemate::new();
    for arguments in [&[][..], &["-o", "json"], &["missing.yaml"]] {
        let ran = hello(&casemate, arguments);
        assert!(!ran.stdout.contains(ESCAPE) && !ran.stderr.contains(ESCAPE), "{}{}", ran.stdout, ran.stderr);
    }
    let mut command = casemate.command(&["hello.yaml"]);
    let ran: Ran =
        command.env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1").output().expect("it starts").into();
    assert!(!ran.stdout.contains(ESCAPE) && !ran.stderr.contains(ESCAPE), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn the_table_has_every_column_and_says_what_software_enclaves_are_worth() {
    let ran = hello(&Casemate::new(), &[]);
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(0), ""));
    let header = ran.stdout.lines().find(|line| line.starts_with("WORKLOAD")).expect("a table");
    let columns: Vec<_> = header.split_whitespace().collect();
    let wanted = ["WORKLOAD", "TEE", "NODE", "VERDICT", "STATE", "EXIT", "TIME", "CPU"];
    assert_eq!(columns, [&wanted[..], &["PAGE-INS", "PAGE-OUTS", "AEX"]].concat());
    let row = ran.stdout.lines().find(|line| line.starts_with("default/hello/app ")).expect("a row");
    assert!(row.contains("software") && row.contains("affirming") && row.contains("Succeeded"), "{row}");
    assert!(ran.stdout.contains("software enclaves protect nothing from the owner of this machine"));
    assert!(ran.stdout.contains("software root this-machine = sha256:"), "{}", ran.stdout);
    assert!(ran.stdout.contains("none broke a rule"), "{}", ran.stdout);
}

#[test]
fn with_json_what_happens_goes_to_stderr() {
    let ran = hello(&Casemate::new(), &["-o", "json"]);
    assert!(ran.stdout.starts_with('{') && ran.stdout.ends_with("}\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("default/hello/app  entered"), "{}", ran.stderr);
}

#[test]
fn a_reader_that_goes_away_does_not_end_what_runs() {
    let casemate = Casemate::new();
    casemate.pod("hello", "file://./hello.wat", "");
    let mut child = casemate.start(&["hello.yaml", "--log-dir", "logs"]);
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let log = casemate.files().join("logs/default_hello_app.log");
    assert_eq!(std::fs::read(log).expect("it ran"), b"hello\n");
}

#[test]
fn help_names_the_unit_of_every_amount_and_the_exit_codes() {
    let casemate = Casemate::new();
    let ran = casemate.run(&["--help"]);
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(0), ""));
    for (flag, unit) in [
        ("--epc <BYTES>", "in bytes: 64Mi"),
        ("--attest-ttl <TIME>", "5m, 500ms"),
        ("--slice <TIME>", "10ms"),
        ("--cpus <N>", "CPUs"),
        ("--node-label <KEY=VALUE>", "label"),
        ("--node-taint <KEY=VALUE:EFFECT>", "taint"),
        ("--image <NAME=FILE>", "WASI program"),
    ] {
        let (_, after) = ran.stdout.split_once(flag).unwrap_or_else(|| panic!("no {flag}"));
        let own = after.split("\n      --").next().unwrap_or(after);
        assert!(own.contains(unit), "`{unit}` is not said of {flag}: {own}");
    }
    for code in ["0 everything", "1 something", "130 interrupted"] {
        assert!(ran.stdout.contains(code), "{code}");
    }
}
