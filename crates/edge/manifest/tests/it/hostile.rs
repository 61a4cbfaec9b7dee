//! Whatever a file says, reading it ends, and ends in an answer.

use casemate_manifest::{Options, Source, inspect, read, read_policy, read_to_plan};
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
        "  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{}]}}}\n",
        "  topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule}]\n",
        "  volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]\n",
        "  initContainers: [{name: s, image: i, restartPolicy: Always}]\n",
        "apiVersion: v1\nkind: Node\nmetadata: {name: p, annotations: {casemate.dev/numa-epc: \"1,2\"}}\n",
        "apiVersion: topology.node.k8s.io/v1alpha2\nkind: NodeResourceTopology\nzones: [{name: n0, type: Node}]\n",
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\n",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {volumeName: v}\n",
    ];
    prop_oneof![4 => proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => ".{0,8}"]
}

proptest! {
    #[test]
    fn any_text_is_answered_and_places_lie_within_it(
        text in prop_oneof![".{0,200}", proptest::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat())]
    ) {
        let planned = read_to_plan(&[source(&text)], &Options::default());
        let reading = read(&[source(&text)]);
        let places = planned.problems.iter().map(|p| &p.place).chain(planned.notes.iter().map(|n| &n.place));
        for place in places.chain(planned.nodes.iter().map(|node| &node.place)) {
            prop_assert!(text.get(place.offset..place.offset + place.len).is_some(), "{place:?}");
        }
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
            let _ = read(std::slice::from_ref(&source));
            let _ = read_to_plan(&[source], &Options::default());
        }
    }
}

/// A file's name, its bytes, the line and column where it is wrong, and why.
type BadFile = (&'static str, Vec<u8>, (usize, usize), &'static str);

/// Each way in which a file can be no manifest.
fn bad_files() -> Vec<BadFile> {
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n";
    let text = |lines: &str| lines.as_bytes().to_vec();
    let with = |lines: &str| format!("{pod}{lines}").into_bytes();
    vec![
        ("elf", b"\x7fELF\x02\x01\x01\0\0\0".to_vec(), (1, 8), "not text"),
        ("gzip", b"\x1f\x8b\x08\x00rest".to_vec(), (1, 2), "compressed"),
        ("utf-16", utf_16("\u{feff}kind: Pod\n"), (1, 1), "UTF-16"),
        ("latin-1", b"kind: Pod\nname: caf\xe9\n".to_vec(), (2, 10), "not UTF-8"),
        ("nul", b"kind: Pod\nname: a\0b\n".to_vec(), (2, 8), "not text"),
        ("tab", with("spec:\n\tcontainers: []\n"), (5, 2), "tabs disallowed"),
        ("twice", with("spec: {}\nkind: Job\n"), (5, 1), "the key `kind` is written twice"),
        ("cycle", with("spec: &a {containers: [*a]}\n"), (4, 24), "would never end"),
        ("unknown-alias", with("spec: *b\n"), (4, 7), "unknown anchor"),
        ("open", with("spec: {containers: [\n"), (4, 20), "unclosed bracket"),
        ("key", with("spec: {? [a] : b}\n"), (4, 10), "a key that is no plain text"),
        ("merge", with("spec:\n  <<: 1\n"), (5, 3), "merges mappings only"),
        ("list", with("spec: []\n"), (4, 7), "expected a mapping, found a list"),
        ("containers", with("spec: {containers: {name: c}}\n"), (4, 20), "expected a list, found a mapping"),
        ("container", with("spec: {containers: [c]}\n"), (4, 21), "expected a mapping, found text"),
        ("limits", with("spec: {containers: [{resources: {limits: 5}}]}\n"), (4, 42), "found the number `5`"),
        ("nothing", text("# nothing\n---\n"), (1, 1), "holds no document"),
        ("scalar", text("just words\n"), (1, 1), "expected a mapping, found text"),
        ("no-spec", text(pod), (1, 1), "is missing"),
    ]
}

#[test]
fn each_bad_file_is_told_by_its_place_and_cause() {
    let mut wrong = Vec::new();
    for (name, bytes, (line, column), cause) in bad_files() {
        let problem = match Source::from_bytes(name, bytes) {
            Err(problem) => Some(*problem),
            Ok(source) => inspect(&[source]).errors.first().cloned(),
        };
        let as_expected = problem.as_ref().is_some_and(|problem| {
            let place = &problem.place;
            problem.cause.contains(cause)
                && (place.file.as_str(), place.line, place.column) == (name, line, column)
                && !problem.remedy.is_empty()
        });
        if !as_expected {
            wrong.push(format!("{name}: {:?}", problem.map(|problem| problem.to_string())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ten_thousand_pods_in_one_file_are_all_told() {
    let pod = |index: usize, indent: &str| {
        let pod = with_container("resources: {limits: {sgx.intel.com/epc: 1Mi, sgx.intel.com/enclave: 1}}");
        pod.replace("name: p", &format!("name: p{index}")).replace('\n', &format!("\n{indent}"))
    };
    let documents: String = (0..10_000).map(|index| format!("---\n{}\n", pod(index, ""))).collect();
    let items: String = (0..10_000).map(|index| format!("- {}\n", pod(index, "  "))).collect();
    for text in [documents, format!("apiVersion: v1\nkind: List\nitems:\n{items}")] {
        let inspection = inspect(&[source(&text)]);
        assert_eq!(inspection.errors, []);
        assert_eq!(inspection.workloads.len(), 10_000);
        let last = inspection.workloads.last().unwrap();
        assert_eq!((last.name.as_deref(), last.epc_guaranteed_bytes), (Some("p9999"), Some(1 << 20)));
    }
}

#[test]
fn a_document_as_deep_as_is_allowed_is_walked_on_a_small_stack() {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(99), close.repeat(99));
    let walk = move || {
        let lists = deep("[", "]");
        let texts = [format!("a: {}\n", deep("{a: ", "}")), format!("a: &a {lists}\nb: *a\n")];
        for text in texts {
            let inspection = inspect(&[source(&text)]);
            assert_eq!(inspection.errors, [], "{text}");
            let _ = read(&[source(&text)]);
        }
    };
    // An eighth of what a thread has.
    std::thread::Builder::new().stack_size(256 << 10).spawn(walk).unwrap().join().unwrap();
}

/// Each is billions of steps if looking something up takes as long as there is of it.
#[test]
fn fifty_thousand_of_anything_are_read() {
    const MANY: usize = 50_000;
    let each = |one: &dyn Fn(usize) -> String| (0..MANY).map(one).collect::<String>();
    for text in [
        format!("<<: {{{}}}\n{}", each(&|i| format!("m{i}: 1,")), each(&|i| format!("k{i}: 1\n"))),
        with_container(&format!(
            "resources: {{limits: {{{}}}}}",
            each(&|i| format!("example.com/sgx-{i}: 1,"))
        )),
        with_container(&format!(
            "resources: {{requests: {{{0}}}, limits: {{{0}}}}}",
            each(&|i| format!("example.com/x-{i}: 1,"))
        )),
        format!(
            "{{apiVersion: v1, kind: Node, metadata: {{name: w1, labels: {{{}}}}}, status: {{allocatable: {{{}}}}}}}",
            each(&|i| format!("sgx-{i}: x,")),
            each(&|i| format!("example.com/x-{i}: 1,"))
        ),
        with_container(&format!("ports: [{}]", each(&|i| format!("{{hostPort: {i}}},")))),
        with_container("").replace(
            "{name: p}",
            &format!(
                "{{name: p, annotations: {{{}}}}}",
                each(&|i| format!("casemate.dev/working-set.{i}: x,"))
            ),
        ),
        with_container("")
            + &format!(
                "  topologySpreadConstraints: [{}]\n",
                each(&|i| {
                    format!("{{maxSkew: 1, topologyKey: z{i}, whenUnsatisfiable: DoNotSchedule}},")
                })
            ),
        with_container("")
            + &format!(
                "  volumes: [{}]\n",
                each(&|i| format!("{{name: v{i}, persistentVolumeClaim: {{claimName: c{i}}}}},"))
            ),
        with_container("")
            + &format!("  resources: {{limits: {{{}}}}}\n", each(&|i| format!("hugepages-{i}: 1,")))
            + &format!("  initContainers: [{}]\n", each(&|i| format!("{{name: c{i}, image: i}},"))),
        // Each of the second half would ask for all that the first half asks for.
        with_container("")
            + &format!(
                "  initContainers: [{}]\n",
                each(&|i| match i < MANY / 2 {
                    true => format!(
                        "{{name: s{i}, image: i, restartPolicy: Always, resources: {{limits: {{example.com/x{i}: 1}}}}}},"
                    ),
                    false => format!("{{name: i{i}, image: i}},"),
                })
            ),
        format!(
            "apiVersion: topology.node.k8s.io/v1alpha2\nkind: NodeResourceTopology\nmetadata: {{name: w1}}\nzones: [{}]\n",
            (0..300)
                .map(|i| format!(
                    "{{name: n{i}, type: Node, costs: [{}]}},",
                    (0..300).map(|j| format!("{{name: n{j}, value: 10}},")).collect::<String>()
                ))
                .collect::<String>()
        ),
        with_container(&format!("env: [{}]", each(&|i| format!("{{name: SCONE_{i}, value: x}},")))),
        format!("{{{{ if x }}}}\n{}", each(&|i| format!("k{i}: {{{{ .v }}}}\n"))),
        "{{ if x }}\n".repeat(MANY),
        "{{ \"".repeat(MANY),
        "{{/*".repeat(MANY) + "}}",
        format!("a: {{{{ .b }}}}\n{}", "---\n\"\n".repeat(MANY / 2)),
    ] {
        let inspection = inspect(&[source(&text)]);
        assert!(serde_json::to_vec(&inspection).is_ok());
        let _ = read_to_plan(&[source(&text)], &Options::default());
    }
}

#[test]
fn what_is_too_large_is_refused_by_the_name_of_the_limit() {
    let bomb = |levels: usize| {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..levels {
            text += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "));
        }
        text
    };
    for (text, limit) in [
        ("#".repeat(50_000_000), "33554432"),
        ("---\na: 1\n".repeat(100_001), "100000"),
        (bomb(9), "expand to 5000 values"),
        ("[".repeat(1_000), "100 levels"),
        (format!("{}x", "- ".repeat(1_000)), "100 levels"),
        (format!("[{}]", "1,".repeat(2_000_001)), "2000000 values"),
    ] {
        let inspection = inspect(&[source(&text)]);
        assert_eq!(inspection.errors.len(), 1);
        assert!(inspection.errors[0].cause.contains(limit), "{}", inspection.errors[0]);
    }
}

/// Pieces that templates are made of.
fn template_piece() -> impl Strategy<Value = String> {
    let pieces = [
        "{{ if .x }}\n",
        "{{- end }}\n",
        "{{- else }}\n",
        "{{ .Values.a }}",
        "{{ include \"x\" . | nindent 4 }}\n",
        "{{/* c */}}",
        "{{ \"",
        "{{",
        "}}",
        "${X}",
        "<x>",
        "kind: Pod\n",
        "kind: RuntimeClass\n",
        "handler: kata-qemu-tdx\n",
        "spec:\n",
        "  runtimeClassName: ",
        "kata\n",
        "  containers:\n",
        "  - name: c\n",
        "    resources: {limits: {sgx.intel.com/epc: 1Mi}}\n",
        "  volumes: [{hostPath: {path: /dev/sgx}}]\n",
        "  nodeSelector: {tdx: x}\n",
        "sgx: {enabled: true}\n",
        "{\"$schema\": 1, \"resources\": [{\"type\": \"Microsoft.ContainerInstance/containerGroups\", ",
        "\"properties\": {\"sku\": \"confidential\"}}]}",
        "---\n",
        "\n",
        "  ",
        "\r\n",
        "é",
    ];
    prop_oneof![4 => proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => ".{0,8}"]
}

proptest! {
    #[test]
    fn any_template_is_answered_within_its_lines(
        text in proptest::collection::vec(prop_oneof![piece(), template_piece()], 0..40).prop_map(|pieces| pieces.concat())
    ) {
        let lines = text.matches(['\n', '\r']).count() + 2;
        let inspection = inspect(&[source(&text)]);
        for entry in &inspection.workloads {
            prop_assert!((1..=lines).contains(&entry.line), "{entry:?}");
            prop_assert!(entry.facts.iter().all(|fact| (1..=lines).contains(&fact.line)), "{entry:?}");
            prop_assert!(entry.findings.iter().all(|finding| (1..=lines).contains(&finding.line)), "{entry:?}");
        }
        prop_assert!(serde_json::to_string(&inspection).is_ok());
    }
}
