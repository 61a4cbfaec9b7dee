//! Whatever a file says, reading it ends, and ends in an answer.

use casemate_manifest::{Source, read, read_policy};
use proptest::prelude::*;

use crate::fixture::{reading, source, with_container};

#[test]
fn alias_bombs_are_refused_and_the_next_document_is_read() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    let reading = reading(&format!("{bomb}---\n{}", with_container("")));
    assert_eq!((reading.problems.len(), reading.workloads.len()), (1, 1));
    assert!(reading.problems[0].cause.contains("expand to 5000 values"), "{}", reading.problems[0]);
}

#[test]
fn a_file_of_nothing_but_bombs_is_given_up() {
    let reading = reading(&"---\n[1\n".repeat(Source::DOCUMENTS_MAX));
    assert_eq!(reading.problems.len(), 101);
    assert!(reading.problems[100].cause.contains("the rest is not tried"));
}

#[test]
fn one_long_text_aliased_a_thousand_times_is_refused() {
    let plain = format!("env: [&a {{name: A, value: \"{}\"}}{}]", "x".repeat(200_000), ", *a".repeat(900));
    let escaped =
        format!("env: [&a {{name: A, value: \"\\t{}\"}}{}]", "x".repeat(200_000), ", *a".repeat(900));
    for text in [plain, escaped] {
        let reading = reading(&with_container(&text));
        assert_eq!((reading.problems.len(), reading.workloads.len()), (1, 0));
    }
}

#[test]
fn references_that_double_and_jobs_of_giants_are_refused() {
    let mut doubling = String::from("env:\n- {name: V0, value: 0123456789}\n");
    doubling = doubling.replace("0123456789", "\"0123456789\"");
    for step in 1..40 {
        doubling += &format!("- {{name: V{step}, value: \"$(V{0})$(V{0})\"}}\n", step - 1);
    }
    assert!(!reading(&with_container(&doubling)).problems.is_empty());

    let many = format!(
        "env: [{{name: A, value: {0}}}]\nargs: [{1}]",
        "x".repeat(100_000),
        "\"$(A)\",".repeat(5_000)
    );
    assert_eq!(reading(&with_container(&many)).workloads.len(), 0);

    let template = format!(
        "template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: i, args: [{}]}}]}}}}",
        "x".repeat(1 << 20)
    );
    let giants = format!(
        "{{apiVersion: batch/v1, kind: Job, metadata: {{name: j}}, spec: {{completions: 999, {template}}}}}"
    );
    let reading = reading(&giants);
    assert_eq!((reading.workloads.len(), reading.problems.len()), (0, 1));
}

#[test]
fn many_jobs_of_many_pods_are_refused_before_they_fill_memory() {
    let job = |index: u32| {
        format!(
            "- {{apiVersion: batch/v1, kind: Job, metadata: {{name: j{index}}}, spec: {{completions: 1000, template: \
             {{spec: {{restartPolicy: Never, containers: [{{name: c, image: i}}]}}}}}}}}\n"
        )
    };
    let jobs: String = (0..1_000).map(job).collect();
    let reading = reading(&format!("apiVersion: v1\nkind: List\nitems:\n{jobs}"));
    assert!(reading.workloads.len() < 20_000, "{}", reading.workloads.len());
    assert!(!reading.problems.is_empty());
}

#[test]
fn deep_nesting_is_refused_without_using_up_the_stack() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        let depth = (1 << 20) / open.len();
        let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        let reading = reading(&text);
        assert_eq!((reading.workloads.len(), reading.problems.len()), (0, 1), "{open}");
    }
}

#[test]
fn files_that_are_too_large_or_too_many_documents_are_refused() {
    let large = "#".repeat(Source::BYTES_MAX + 1);
    let many = "a: 1\n---\n".repeat(Source::DOCUMENTS_MAX + 1);
    for text in [large, many] {
        assert_eq!(reading(&text).problems.len(), 1);
    }
}

#[test]
fn a_file_full_of_mistakes_lists_some_and_counts_the_rest() {
    let reading = reading(&with_container(&format!("args: [{}]", "1,".repeat(5_000))));
    assert_eq!(reading.problems.len(), 500);
    assert_eq!(reading.problems.len() + reading.problems_left_out, 5_000);
}

/// Pieces that manifests are made of, so that random texts get past the parser.
fn piece() -> impl Strategy<Value = String> {
    let pieces = [
        "apiVersion: v1\n",
        "kind: Pod\n",
        "kind: Job\n",
        "apiVersion: batch/v1\n",
        "kind: List\n",
        "items:\n",
        "- ",
        "metadata: {name: a}\n",
        "spec:\n",
        "  containers:\n",
        "  - name: c\n",
        "    image: i\n",
        "    resources: ",
        "{limits: {sgx.intel.com/epc: 64Mi}}\n",
        "    env: [{name: A, value: \"$(A)\"}]\n",
        "---\n",
        "...\n",
        "&a ",
        "*a",
        "<<: *a\n",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'",
        ": ",
        "\n",
        "  ",
        "\t",
        "|\n",
        ">-\n",
        "? ",
        "!!binary ",
        "%YAML 1.2\n",
        "# c\n",
        "\u{feff}",
        "1e999",
        "-0x1",
        "é",
        "\r\n",
        "\0",
        "~",
        "  completions: 3\n",
        "  template:\n",
        "    spec:\n",
        "apiVersion: casemate.dev/v1alpha1\nkind: AppraisalPolicy\n",
        "  softwareRoot: this-machine\n",
        "  workloads: []\n",
    ];
    prop_oneof![4 => proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => ".{0,8}"]
}

proptest! {
    #[test]
    fn any_text_is_answered_and_places_lie_within_it(
        text in prop_oneof![".{0,200}", proptest::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat())]
    ) {
        let reading = read(&[source(&text)]);
        let places = reading.problems.iter().map(|p| &p.place).chain(reading.notes.iter().map(|n| &n.place));
        for place in places {
            prop_assert!(place.line >= 1 && place.column >= 1);
            prop_assert!(text.get(place.offset..place.offset + place.len).is_some(), "{place:?}");
        }
        let _ = read_policy(&source(&text));
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(source) = Source::from_bytes("f", bytes) {
            let _ = read(&[source]);
        }
    }
}
