//! What an inspection tells of manifests, one file for each vocabulary and each finding.
//!
//! A file in `tests/manifests` ends with what is to be understood of it, as comments (a JSON
//! file has them in a file beside it). `UPDATE_MANIFESTS=1` writes them anew; read the diff.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use casemate_manifest::{
    Class, Entry, FindingId, Inspection, Says, Source, Technology, What, inspect, inspect_markdown,
    is_manifest_name,
};

use crate::fixture::{source, with_container};

const EXPECTED: &str = "# => ";

fn manifests() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| is_manifest_name(&path.to_string_lossy()))
        .collect();
    paths.sort();
    assert!(paths.len() >= 25, "{} manifests", paths.len());
    paths
}

/// A manifest without its expectation, and the expectation.
fn split(path: &Path) -> (Source, String) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).unwrap();
    let beside = beside(path);
    if beside.exists() || name.ends_with(".json") {
        let expected = std::fs::read_to_string(beside).unwrap_or_default();
        return (Source { name, text }, expected);
    }
    let end = text.find(&format!("\n{EXPECTED}")).map_or(text.len(), |at| at + 1);
    let (text, expected) = text.split_at(end);
    (Source { name, text: text.to_owned() }, expected.to_owned())
}

fn beside(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.expected", path.display()))
}

fn told(inspection: &Inspection) -> String {
    let mut out = String::new();
    for entry in &inspection.workloads {
        let number = |number: Option<u64>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
        let _ = writeln!(
            out,
            "{EXPECTED}line {}: {} {}: {}, {}\n#    because {}\n#    epc {}/{}, enclaves {}, keys {}, overhead {} bytes {} millis, replicas {}",
            entry.line,
            entry.kind.as_deref().unwrap_or("-"),
            entry.name.as_deref().unwrap_or("-"),
            entry.class.as_str(),
            entry.tee.map_or("-", Technology::as_str),
            entry.reason,
            number(entry.epc_guaranteed_bytes),
            number(entry.epc_limit_bytes),
            number(entry.enclaves),
            number(entry.key_slots),
            number(entry.overhead_memory_bytes),
            number(entry.overhead_cpu_millis),
            number(entry.replicas),
        );
        for finding in &entry.findings {
            let _ = writeln!(
                out,
                "#    {}:{} {} {}: {}",
                finding.line,
                finding.column,
                finding.severity.as_str(),
                finding.id.as_str(),
                finding.cause
            );
        }
    }
    for error in &inspection.errors {
        let _ = writeln!(out, "{EXPECTED}error {}:{}: {}", error.place.line, error.place.column, error.cause);
    }
    out
}

#[test]
fn each_manifest_is_understood_as_it_says_at_its_end() {
    let update = std::env::var_os("UPDATE_MANIFESTS").is_some();
    let mut wrong = Vec::new();
    for path in manifests() {
        let (source, expected) = split(&path);
        let text = source.text.clone();
        let told = told(&inspect(&[source]));
        if told != expected && update {
            if path.extension().is_some_and(|extension| extension == "json") {
                std::fs::write(beside(&path), &told).unwrap();
            } else {
                std::fs::write(&path, format!("{text}{told}")).unwrap();
            }
        } else if told != expected {
            wrong.push(format!("{}: told\n{told}where it says\n{expected}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn all_entries() -> Vec<Entry> {
    manifests().iter().flat_map(|path| inspect(&[split(path).0]).workloads).collect()
}

#[test]
fn every_finding_of_the_catalogue_is_found_somewhere() {
    let found: BTreeSet<FindingId> =
        all_entries().iter().flat_map(|entry| entry.findings.iter().map(|finding| finding.id)).collect();
    let never: Vec<&str> =
        FindingId::ALL.iter().filter(|id| !found.contains(id)).map(|id| id.as_str()).collect();
    assert_eq!(never, Vec::<&str>::new());
}

#[test]
fn every_tee_and_every_class_is_told_somewhere() {
    let entries = all_entries();
    for tee in Technology::ALL {
        assert!(entries.iter().any(|entry| entry.tee == Some(tee)), "{tee}");
    }
    for class in [Class::Confidential, Class::Ambiguous, Class::NotConfidential] {
        assert!(entries.iter().any(|entry| entry.class == class), "{}", class.as_str());
    }
}

#[test]
fn facts_point_at_what_they_tell() {
    for path in manifests() {
        let (source, _) = split(&path);
        let lines: Vec<String> = source.text.lines().map(str::to_owned).collect();
        for entry in inspect(&[source]).workloads {
            for fact in &entry.facts {
                let line = &lines[fact.line - 1];
                let shown: String = line.chars().skip(fact.column - 1).collect();
                let shown = shown.trim_start_matches(['"', '\'']);
                let start: String = fact.value.chars().take(8).collect();
                assert!(
                    fact.value.is_empty() || shown.starts_with(&start) || line.contains(&start),
                    "{}:{}:{}: `{}` at `{shown}`",
                    path.display(),
                    fact.line,
                    fact.column,
                    fact.value
                );
            }
        }
    }
}

#[test]
fn the_document_has_its_documented_keys() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests/sgx-intel.yaml");
    let mut text = split(&path).0.text;
    text += "---\nkind: Pod\nspec: [\n";
    let inspection = inspect(&[Source { name: "sgx-intel.yaml".into(), text }]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&inspection).unwrap());
}

#[test]
fn a_runtime_class_of_one_file_counts_for_the_pods_of_another_in_any_order() {
    let pod = Source { name: "pod.yaml".into(), text: "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {runtimeClassName: kata, containers: [{image: a@b}]}\n".into() };
    let class = Source { name: "class.yaml".into(), text: "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: kata}\nhandler: kata-qemu-snp\noverhead: {podFixed: {memory: 1Gi}}\n".into() };
    for sources in [[pod.clone(), class.clone()], [class, pod]] {
        let inspection = inspect(&sources);
        let pod = inspection.workloads.iter().find(|entry| entry.kind.as_deref() == Some("Pod")).unwrap();
        assert_eq!((pod.class, pod.tee), (Class::Confidential, Some(Technology::SevSnp)));
        assert_eq!(pod.overhead_memory_bytes, Some(1 << 30));
    }
}

#[test]
fn what_stands_under_a_condition_is_at_most_possible() {
    let with = |condition: &str, end: &str| {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: '{{{{ .x }}}}'}}\nspec:\n{condition}\n  runtimeClassName: kata-qemu-tdx\n{end}\n  containers: [{{image: {{{{ .image }}}}}}]\n"
        );
        inspect(&[source(&text)]).workloads.remove(0)
    };
    assert_eq!(with("", "").class, Class::Confidential);
    let conditional = with("  {{- if .Values.tdx }}", "  {{- end }}");
    assert_eq!(conditional.class, Class::Ambiguous);
    assert!(conditional.reason.contains("line 5"), "{}", conditional.reason);
}

#[test]
fn a_template_that_is_yaml_only_once_rendered_is_an_error_and_told_by_its_words() {
    let text =
        "data:\n  a: |\n  {{ if .x }}\n    b: 1\n   c: 2\n  sgx.intel.com/epc: {{ .y }} {{ end }} : x\n";
    let inspection = inspect(&[source(text)]);
    assert!(inspection.errors[0].remedy.starts_with("Render the template first"), "{}", inspection.errors[0]);
    assert_eq!(inspection.workloads[0].class, Class::Ambiguous);
    assert_eq!((inspection.workloads[0].line, inspection.workloads[0].tee), (6, Some(Technology::Sgx)));
}

#[test]
fn directories_are_searched_for_manifests_and_templates_of_them() {
    for name in ["a.yaml", "b.YML", "c.json", "pod.yaml.in", "d.yaml.tpl", "e.yml.j2"] {
        assert!(is_manifest_name(name), "{name}");
    }
    for name in ["README.md", "INVENTORY.csv", "Chart.lock", "_helpers.tpl", "yaml", "x.yaml.expected"] {
        assert!(!is_manifest_name(name), "{name}");
    }
}

#[test]
fn a_fact_says_no_more_than_its_entry() {
    for entry in all_entries() {
        let most = entry.facts.iter().map(|fact| fact.says).max().unwrap_or(Says::Nothing);
        let expected = match entry.class {
            Class::Confidential => most == Says::Asked,
            Class::Ambiguous => most == Says::Possible,
            // A device plugin mounts what would be a request in a workload.
            Class::NotConfidential => {
                let plugin = |what| matches!(what, What::HostPath | What::NodeLabel);
                entry.facts.iter().all(|fact| fact.says == Says::Nothing || plugin(fact.what))
            }
        };
        assert!(expected, "{entry:?}");
    }
}

#[test]
fn what_a_variable_holds_is_in_no_message() {
    let secret = "correct-horse-battery";
    let names = ["DB_PASSWORD", "KBS_TOKEN", "SCONE_CONFIG_ID", "SGX_SPID", "PLAIN"];
    let env: String = names.map(|name| format!("{{name: {name}, value: {secret}}},")).concat();
    let pod = with_container(&format!("env: [{env}]\nresources: {{limits: {{sgx.intel.com/enclave: 1}}}}"));
    let told = serde_json::to_string(&inspect(&[source(&pod)])).unwrap();
    assert!(told.contains("DB_PASSWORD") && !told.contains(secret), "{told}");
}

/// Regenerate with `UPDATE_DOCS=1 cargo test -p casemate-manifest`.
#[test]
fn docs_inspect_md_is_what_the_code_writes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/inspect.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, inspect_markdown()).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        page,
        inspect_markdown(),
        "docs/inspect.md is out of date: UPDATE_DOCS=1 cargo test -p casemate-manifest"
    );
}
