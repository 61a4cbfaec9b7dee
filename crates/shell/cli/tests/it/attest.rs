//! `casemate attest`: verdicts, fields and measurements as users get them.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use crate::casemate::{Casemate, Ran};

fn attest(casemate: &Casemate, arguments: &[&str]) -> Ran {
    let mut command = casemate.subcommand("attest");
    command.args(arguments).output().expect("the binary starts").into()
}

/// Where the shared data's case is, or `None` with a line that says what was skipped.
fn case(test: &str, name: &str) -> Option<PathBuf> {
    #[allow(clippy::disallowed_methods, reason = "a test finds its data by the environment")]
    let base = std::env::var_os("CASEMATE_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"),
        PathBuf::from,
    );
    let path = base.join("evidence").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {test}: no data at {}", path.display());
    None
}

#[test]
fn what_is_no_evidence_is_one_malformed_element_and_exit_code_2() {
    let casemate = Casemate::new();
    casemate.file("noise", "noise");
    casemate.file("directory/readme.md", "nothing");
    for arguments in [
        &["noise"][..],
        &["directory"],
        &["missing"],
        &["--nonce", "", "noise"],
        &["--no-such-flag"],
        &["--collateral", "noise", "--", "noise"],
        &[],
    ] {
        let ran = attest(&casemate, &[&["verify", "-o", "json"], arguments].concat());
        let document = ran.document();
        assert_eq!(ran.code(), Some(2), "{arguments:?}: {document:#}");
        let elements = document.as_array().expect("an array");
        assert!(
            !elements.is_empty() && elements.iter().all(|it| it["verdict"] == "malformed"),
            "{document:#}"
        );
        assert!(elements.iter().all(|it| it["reasons"][0].as_str().is_some_and(|it| !it.is_empty())));
    }
}

#[test]
fn the_table_goes_to_stdout_without_colours_in_a_pipe() {
    let casemate = Casemate::new();
    casemate.file("noise", "noise");
    let ran = attest(&casemate, &["verify", "noise"]);
    assert_eq!(ran.code(), Some(2));
    assert!(ran.stdout.contains("SUBJECT") && ran.stdout.contains("1 malformed"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}'), "{}", ran.stdout);
}

#[test]
fn a_program_measures_the_same_as_text_and_otherwise_with_another_limit() {
    let casemate = Casemate::new();
    let measured = |arguments: &[&str]| -> Value {
        let ran = attest(&casemate, &[&["measure", "hello.wat", "-o", "json"], arguments].concat());
        assert_eq!(ran.code(), Some(0), "{}", ran.stderr);
        ran.document()[0]["measurement"].clone()
    };
    let usual = measured(&[]);
    assert_eq!(usual.as_str().map(str::len), Some(64));
    assert_ne!(usual, measured(&["--limit", "2Gi"]));
    assert_eq!(attest(&casemate, &["measure", "missing.wasm"]).code(), Some(2));
}

#[test]
fn help_says_what_is_read_and_the_exit_codes() {
    for (command, said) in [
        ("verify", "1 something was refused"),
        ("inspect", "Nothing is verified"),
        ("measure", "MRENCLAVE"),
        ("forecast", "0 nobody falls"),
    ] {
        let ran = attest(&Casemate::new(), &[command, "--help"]);
        assert_eq!(ran.code(), Some(0));
        // Lines are wrapped at words.
        let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn real_evidence_is_accepted_refused_and_signed() {
    let test = "real_evidence_is_accepted_refused_and_signed";
    let casemate = Casemate::new();
    for (name, now, code, verdict, status) in [
        ("tdx/v4-phala-uptodate-2025-06", "2025-06-25T00:00:00Z", 0, "accepted", "UpToDate"),
        ("tdx/v4-phala-after-tcb-recovery-2026-10", "2026-10-20T00:00:00Z", 1, "refused", "OutOfDate"),
        ("tdx/v4-phala-uptodate-2025-06", "2025-08-01T00:00:00Z", 1, "refused", "UpToDate"),
        ("tdx/v5-td15-phala-no-matching-level", "1771977600", 1, "refused", "NO_MATCHING_TCB_LEVEL"),
    ] {
        let Some(path) = case(test, name) else { return };
        let path = path.to_str().expect("UTF-8");
        let ran = attest(&casemate, &["verify", path, "--now", now, "-o", "json"]);
        let document = ran.document();
        assert_eq!(ran.code(), Some(code), "{name}: {document:#}");
        let [element] = document.as_array().expect("an array").as_slice() else { panic!("{document:#}") };
        assert_eq!((&element["verdict"], &element["tcb_status"]), (&verdict.into(), &status.into()));
        assert_eq!((&element["tee"], &element["subject"]), (&"tdx".into(), &path.into()));
        let keys: Vec<_> = element.as_object().expect("an object").keys().map(String::as_str).collect();
        let documented =
            "advisories claims measurement not_checked reasons subject tcb_status tee valid_until verdict";
        assert_eq!(keys.join(" "), documented);
    }
    let Some(path) = case(test, "tdx/v4-phala-uptodate-2025-06") else { return };
    let path = path.to_str().expect("UTF-8");
    let ran = attest(&casemate, &["verify", path, "--now", "2025-06-25T00:00:00Z", "-o", "ear"]);
    assert_eq!((ran.code(), ran.stdout.lines().count()), (Some(0), 1), "{}", ran.stderr);
    assert_eq!(ran.stdout.matches('.').count(), 2, "a JWS: {}", ran.stdout);
    assert!(ran.stderr.contains("\"kid\""), "{}", ran.stderr);
}

#[test]
fn evidence_on_stdin_and_collateral_beside_it_are_one_verdict() {
    let test = "evidence_on_stdin_and_collateral_beside_it_are_one_verdict";
    let Some(path) = case(test, "tdx/v4-phala-uptodate-2025-06") else { return };
    let casemate = Casemate::new();
    let mut command = casemate.subcommand("attest");
    command.args(["verify", "-", "--now", "1750809600", "-o", "json", "--collateral"]);
    command.arg(path.join("tdx_quote_collateral.json")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let quote = fs::read(path.join("tdx_quote")).expect("the quote");
    child.stdin.take().expect("a pipe").write_all(&quote).expect("it reads");
    let ran = Ran::from(child.wait_with_output().expect("it ends"));
    let document = ran.document();
    assert_eq!((&document[0]["verdict"], &document[0]["subject"]), (&"accepted".into(), &"-".into()));
}

#[test]
fn forecast_and_verify_accept_this_machine_by_the_same_options() {
    let casemate = Casemate::new();
    casemate.file("noise", "noise");
    for arguments in [&["verify", "noise"][..], &["forecast", "noise", "--collateral", "noise"]] {
        let more = ["--software-root", "--state-dir", "state"];
        let ran = attest(&casemate, &[arguments, &more].concat());
        assert_eq!(ran.code(), Some(2));
        assert!(!ran.stderr.contains("unexpected argument"), "{arguments:?}: {}", ran.stderr);
        let root = casemate.file("beside", "").with_file_name("state").join("root");
        assert!(root.is_dir(), "{arguments:?} opened no root: {}", ran.stderr);
        fs::remove_dir_all(root).expect("it can be removed");
    }
}

#[test]
fn a_command_shows_how_it_is_called() {
    for command in ["verify", "inspect", "measure", "forecast", "serve"] {
        let ran = attest(&Casemate::new(), &[command, "--help"]);
        let example = format!("  casemate attest {command} ");
        let (_, examples) = ran.stdout.split_once("Examples:").expect("examples");
        assert!(examples.contains(&example), "{examples}");
    }
}

/// Every folder of the real evidence, as whoever downloads it would verify it: verdict, status and
/// advisories are those that are known, at the case's instant and for its nonce.
#[test]
fn every_real_case_gets_its_verdict_from_the_command() {
    let Some(evidence) = case("every_real_case_gets_its_verdict_from_the_command", "") else { return };
    let casemate = Casemate::new();
    let mut cases = 0;
    for family in ["sgx", "tdx", "snp", "cca", "nitro", "vtpm"] {
        for folder in fs::read_dir(evidence.join(family)).expect("a family") {
            let folder = folder.expect("an entry").path();
            let expected = fs::read(folder.join("expected.json")).expect("what is expected");
            let expected: Value = serde_json::from_slice(&expected).expect("JSON");
            check_case(&casemate, folder.to_str().expect("UTF-8"), &expected);
            cases += 1;
        }
    }
    assert!(cases >= 39, "{cases}");
}

fn check_case(casemate: &Casemate, folder: &str, expected: &Value) {
    let mut arguments = vec!["verify".to_owned(), folder.to_owned(), "-o".to_owned(), "json".to_owned()];
    if let Some(now) = expected["now_unix"].as_u64() {
        arguments.extend(["--now".to_owned(), now.to_string()]);
    }
    if let Some(nonce) = expected["nonce_extraData_hex"].as_str() {
        arguments.extend(["--nonce".to_owned(), format!("hex:{nonce}")]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = attest(casemate, &arguments);
    let document = ran.document();
    let [element] = document.as_array().expect("an array").as_slice() else {
        panic!("{folder}: one attester sent one piece of evidence: {document:#}")
    };
    let words = expected["expect"].as_str().expect("words");
    let is_good = words.starts_with("accept") && !words.starts_with("accept only");
    let is_evidence = expected["kind"] != "snp-chain";
    let verdict = match (is_good, is_evidence) {
        (true, _) => "accepted",
        (false, true) => "refused",
        (false, false) => "malformed",
    };
    assert_eq!(element["verdict"], verdict, "{folder}: {words}: {element:#}");
    assert_eq!(
        ran.code(),
        Some(if is_good {
            0
        } else if is_evidence {
            1
        } else {
            2
        }),
        "{folder}"
    );
    for key in ["tcb_status", "advisories"] {
        if expected["tcb_status"].is_string() && !expected[key].is_null() {
            assert_eq!(element[key], expected[key], "{folder}: {key}");
        }
    }
}
