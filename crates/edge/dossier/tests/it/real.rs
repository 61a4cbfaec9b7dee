//! Dossiers of the shared data's cases: what is found in each folder.

use std::fs;
use std::path::{Path, PathBuf};

use casemate_attest::Evidence;
use casemate_dossier::{Dossier, Input, Statement};

/// The cases of one TEE, or none with a line that says what was skipped.
fn cases(test: &str) -> Vec<PathBuf> {
    #[allow(clippy::disallowed_methods, reason = "a test finds its data by the environment")]
    let base = std::env::var_os("CASEMATE_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"),
        PathBuf::from,
    );
    let base = base.join("evidence");
    if !base.exists() {
        println!("skipped: {test}: no data at {}", base.display());
        return Vec::new();
    }
    let mut cases: Vec<_> = directories(&base).iter().flat_map(|it| directories(it)).collect();
    cases.sort();
    cases
}

fn directories(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).expect("it can be listed").map(|it| it.expect("an entry").path());
    entries.filter(|it| it.is_dir()).collect()
}

fn dossier(path: &Path) -> Dossier {
    let mut files: Vec<_> =
        fs::read_dir(path).expect("a folder").map(|it| it.expect("an entry").path()).collect();
    files.sort();
    let inputs: Vec<_> = files
        .iter()
        .map(|it| Input {
            name: it.file_name().expect("a name").to_string_lossy().into_owned(),
            bytes: fs::read(it).expect("it can be read"),
        })
        .collect();
    Dossier::of(&inputs)
}

/// One line a case: what the attester says, and how many endorsements of which kind came along.
fn line(path: &Path) -> String {
    let Dossier { statements, endorsements, references, unused } = dossier(path);
    let statements: Vec<_> = statements
        .iter()
        .map(|found| match &found.statement {
            Statement::Evidence(Evidence::AzureVtpm(it)) => format!(
                "{}: azure, {} registers{}",
                found.source,
                it.quote.as_ref().map_or(0, |it| it.pcrs.len()),
                if it.td_quote.is_some() { ", td quote" } else { "" }
            ),
            Statement::Evidence(it) => format!("{}: {it:?}", found.source),
            Statement::Unsupported(it) => format!("{}: {}", found.source, it.what),
            Statement::Malformed { why, .. } => format!("{}: malformed: {why}", found.source),
        })
        .collect();
    let counts = [
        ("tcb infos", endorsements.tcb_infos.len()),
        ("qe identities", endorsements.qe_identities.len()),
        ("certificates", endorsements.certificates.len()),
        ("crls", endorsements.crls.len()),
        ("anchors", endorsements.cca_anchors.len()),
        ("references", references.cca.len()),
    ];
    let counts: Vec<_> =
        counts.iter().filter(|it| it.1 > 0).map(|(what, count)| format!("{count} {what}")).collect();
    let unused: Vec<_> = unused.iter().map(|it| it.name.as_str()).collect();
    let case: Vec<_> = path.iter().rev().take(2).map(|it| it.to_string_lossy()).collect();
    format!(
        "{}/{}\n  {}\n  with {}; unused {}\n",
        case[1],
        case[0],
        statements.join("\n  "),
        counts.join(", "),
        unused.join(", ")
    )
}

#[test]
fn every_file_of_every_case_is_told_by_its_content() {
    let cases = cases("every_file_of_every_case_is_told_by_its_content");
    if cases.is_empty() {
        return;
    }
    insta::assert_snapshot!(cases.iter().map(|it| line(it)).collect::<String>());
}
