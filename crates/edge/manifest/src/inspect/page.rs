//! `docs/inspect.md`: the command's page, its tables from the tables in this crate.
//!
//! A test holds page and code together.

use std::fmt::Write as _;

use super::finding::FindingId;
use super::inspection::What;
use crate::vocabulary::annotations::{ANNOTATIONS, Annotation};
use crate::vocabulary::devices::{DEVICES, PLUGINS, SERVICES};
use crate::vocabulary::environment::{ATTESTATION, RUNTIMES};
use crate::vocabulary::kinds::KINDS;
use crate::vocabulary::labels::{INSTANCE_TYPE, LABELS, Says};
use crate::vocabulary::resources::{Means, RESOURCES};
use crate::vocabulary::runtime_classes::{Isolation, RUNTIME_CLASSES};

/// The text of `docs/inspect.md`.
#[must_use]
pub fn inspect_markdown() -> String {
    let mut page = String::from(HEAD);
    vocabularies(&mut page);
    page.push_str(DOCUMENT);
    page.push_str("### What a fact is\n\n| `what` | is |\n|---|---|\n");
    for what in What::ALL {
        row(&mut page, &[&code(what.as_str()), what.meaning()]);
    }
    page.push_str("\n## Findings\n\nIdentifiers are stable. Severities: `error` will not run as written, or nothing protects it; `warning` runs,\nbut less protected or less reliably than it seems; `info` is worth knowing.\n\n| id | severity | means | remedy |\n|---|---|---|---|\n");
    for id in FindingId::ALL {
        row(&mut page, &[&code(id.as_str()), id.severity().as_str(), id.meaning(), id.remedy()]);
    }
    page.push_str(LIMITS);
    page
}

const HEAD: &str = "\
# `casemate inspect`

Tells what Casemate understands of manifests: for each thing that asks or could ask for a TEE its class, TEE, bytes and
slots, where in the file each of these comes from, and what is wrong or risky in it, with a remedy. It decides nothing
and runs nothing; what `casemate run` takes is in [run.md](run.md). This page is generated from the code
(`crates/edge/manifest`); a test fails when it differs.

```
casemate inspect FILE|DIR… [--fail-on error|warning|info] [-o table|json]
```

A directory is searched, with all below it, for YAML and JSON, and for templates of them (`*.yaml.in`, `*.yaml.tpl`, …);
`-` is standard input. RuntimeClasses in any of the files count for the pods of all.

| exit code | meaning |
|---|---|
| 0 | every file was read, whatever was found in it |
| 1 | something could not be read, and is among the errors; or `--fail-on` names what was found |
| 2 | the command line would not do |
| 130 | interrupted |

## Classes

| class | means |
|---|---|
| `confidential` | it asks for a TEE |
| `ambiguous` | a TEE is possible, but not certain; `reason` says what it depends on |
| `not-confidential` | nothing in it asks for a TEE |

Every fact *asks* for a TEE, makes one *possible*, or says *nothing* of one. The fact that says most decides, and is the
`reason`. Beside that:

- A **device plugin** mounts the kubelet's plugin sockets. It is `not-confidential` whatever devices it mounts and
  whatever privilege it has, unless it asks for a TEE as workloads do: by a resource, a runtime class or an annotation.
- **Privilege** or a **TPM** alone is no request, nor are all of the host's devices.
- A **RuntimeClass**, **Node** or **NodeFeatureRule** says what there is, and asks for nothing.
- **Zero** of a resource asks for nothing.
- In a **template** nothing is rendered: actions (`{{ … }}`) are blanked out, both branches of a condition are looked at,
  and what stands under a condition, or depends on a value still to be filled in, makes a TEE possible at most. Up to 16
  lines of a document that are YAML only once rendered are left out, unless a TEE's word is in them. Blanks of scripts
  (`${NAME}`, `$NAME`, `<name>`, `{NAME}`, `@NAME@`) count as values still to be filled in.
- **Values** for a chart, node pools and other documents with a TEE's words in them are `ambiguous`: what becomes of the
  words is decided elsewhere.
- Text that **cannot be parsed** is an error, and `ambiguous` besides where a TEE's words are in it.

## Numbers

Per pod; `replicas` says how many pods there are at once. A container is guaranteed its request, or its limit where it
requests nothing, and may have its limit. Init containers count as Kubernetes counts them: the larger of what starts and
what runs. An SGX container that names no enclave slot takes one; an enclave slot without encrypted memory is guaranteed
0 bytes, never all. Key slots are those asked for, and the one of a TDX or SEV-SNP sandbox. A sandbox's overhead is that
of the pod (`spec.overhead`), else of the RuntimeClass given, else the known one of the runtime class.

A number that the files do not tell is null: an amount still to be filled in, a limit that nobody sets, enclaves behind
a device that is mounted from the host, the overhead of a runtime class that is not known.

## Vocabularies
";

fn vocabularies(page: &mut String) {
    page.push_str(
        "\n### Kinds that make pods\n\n| kind | versions | the pod is at | replicas |\n|---|---|---|---|\n",
    );
    for kind in &KINDS {
        let replicas = kind.replicas.map_or_else(String::new, |path| code(&path.join(".")));
        let versions: Vec<String> = kind.versions.iter().map(|version| code(version)).collect();
        row(page, &[kind.name, &versions.join(", "), &code(&kind.spec.join(".")), &replicas]);
    }
    page.push_str(
        "\nLists of these, typed or not, and many documents in a file. In any other kind, every mapping with `containers` is a\npod of its own entry; a document without a kind is a patch, or values. KubeVirt's `launchSecurity` asks for the TEE it\nnames; a device class that is named like a TEE's makes it possible.\n",
    );
    page.push_str("\n### Resources\n\n| resource | TEE | means | of |\n|---|---|---|---|\n");
    for resource in RESOURCES.iter().filter(|resource| resource.is_of_a_tee()) {
        let tee = resource.technology.map_or("any", |technology| technology.as_str());
        row(page, &[&code(resource.name), tee, &means(resource.means), resource.offered_by]);
    }
    page.push_str(
        "\nAnother extended resource with a TEE's name in it makes a TEE possible, and is the finding `unknown-tee-resource`.\n",
    );
    page.push_str(
        "\n### Runtime classes\n\n| runtime class | runs pods in | overhead known |\n|---|---|---|\n",
    );
    for class in &RUNTIME_CLASSES {
        let overhead = class.overhead.map_or_else(String::new, |overhead| {
            let key = overhead.key.map_or_else(String::new, |key| format!(", 1 `{key}`"));
            format!("{}, {} CPU{key}", overhead.memory, overhead.cpu)
        });
        row(page, &[&code(class.name), &isolation(class.isolation), &overhead]);
    }
    page.push_str(
        "\nA variant counts as the longest of these names that it begins with (`kata-qemu-snp-debug`). A name that is not listed\nand has a TEE's name in it makes that TEE possible. A RuntimeClass given with the files goes by its handler.\n",
    );
    page.push_str("\n### Labels of nodes\n\n| label | value | says of the node |\n|---|---|---|\n");
    for label in &LABELS {
        let value = if label.value.is_empty() { "any but a no".to_owned() } else { code(label.value) };
        row(page, &[&code(label.key), &value, &says(label.says)]);
    }
    for key in INSTANCE_TYPE {
        row(
            page,
            &[&code(key), "Azure's DC, EC and NCC sizes", "it is in a TEE, or offers one, by its size"],
        );
    }
    page.push_str(
        "\nRead from `nodeSelector` and node affinity. To require a node that *is* in a TEE asks for it; a node that *offers* one,\na preference, or another label with a TEE's name in it makes it possible.\n",
    );
    page.push_str("\n### Paths of the host\n\n| path | means |\n|---|---|\n");
    for (device, technology) in DEVICES {
        row(
            page,
            &[&code(&format!("/dev/{device}")), &format!("asks for {technology}, around all accounting")],
        );
    }
    for (service, technology) in SERVICES {
        row(
            page,
            &[
                &code(service),
                &format!("makes {technology} possible: it serves workloads in {technology} only"),
            ],
        );
    }
    row(page, &["`/sys/kernel/config`", "makes a TEE possible: guests get their reports there"]);
    row(page, &[&code(PLUGINS), "a device plugin"]);
    row(page, &["`/dev`, `/`, `/dev/tpm*`", "no request"]);
    page.push_str("\n### Annotations\n\n| annotation | means |\n|---|---|\n");
    for (name, annotation) in ANNOTATIONS {
        let name = if name.ends_with(['.', '/']) { format!("{name}*") } else { name.to_owned() };
        row(page, &[&code(&name), &annotated(annotation)]);
    }
    page.push_str("\n### Programs\n\n");
    let list = |names: &mut dyn Iterator<Item = &'static str>| {
        names.map(|name| format!("`{name}*`")).collect::<Vec<_>>().join(", ")
    };
    let _ = writeln!(
        page,
        "No request, but a sign: variables {} belong to enclave runtimes, and {} show attestation.",
        list(&mut RUNTIMES.iter().map(|(name, _)| *name)),
        list(&mut ATTESTATION.iter().copied())
    );
    page.push_str(
        "\n### Azure Resource Manager\n\nContainer groups with the sku `Confidential` run in SEV-SNP; machines with the security type `ConfidentialVM` in the TEE\nof their size. Parameters count by their default. The YAML of `az container create --file` is read as well.\n",
    );
}

const DOCUMENT: &str = "
## The document

With `-o json` stdout is exactly this document. Keys are only ever added. Null is what the files do not tell.

| key | |
|---|---|
| `schema` | `casemate.inspect/v1` |
| `workloads[]` | one for each thing that asks or could ask for a TEE, in the order written |
| `errors[]` | what could not be read: `file`, `line`, `column`, `field`, `cause`, `remedy` |
| `errors_left_out` | errors beyond those listed, where there are very many |

Of a workload:

| key | |
|---|---|
| `file`, `line`, `column` | where it begins; lines and columns count from 1, columns in characters |
| `kind`, `api_version`, `namespace`, `name` | as written, or null; of Azure the resource's type |
| `form` | `workload`; `embedded` in a kind not known; `patch`; `azure-resource`; `values`; `offer` (Node, RuntimeClass, NodeFeatureRule); `text` that is no YAML |
| `template` | whether something in it is still to be filled in |
| `class`, `reason` | see above |
| `tee` | `sgx`, `tdx`, `sev-snp`, `sev`, `cca`, `nitro`, `secure-execution`, or null where it is none or not said which |
| `epc_guaranteed_bytes`, `epc_limit_bytes` | encrypted memory |
| `enclaves` | enclaves at once |
| `key_slots` | memory-encryption keys |
| `overhead_memory_bytes`, `overhead_cpu_millis` | the sandbox, beside the containers |
| `replicas` | pods at once; null for one a node |
| `facts[]` | `what` (below), `value` as written, `field`, `line`, `column`, `says` (`asked`, `possible`, `nothing`), `tee` |
| `findings[]` | `id`, `severity`, `field`, `line`, `column`, `cause`, `remedy` |

";

const LIMITS: &str = "
## Limits

| | |
|---|---|
| a file | 32 MiB, 100,000 documents |
| a document | 2,000,000 values, 100 levels, 1,000 aliases that expand to 5,000 values and 4 MiB |
| documents of a file that cannot be parsed | 100, then the rest is not tried |
| lines of a template's document that are left out | 16, while no more than 8 MiB are parsed again for them |
| errors listed | 500 |
| what is told of all files | 128 MiB |

Beyond them there is an error that names the limit. A file in another encoding than UTF-8 is an error, too.
";

fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn means(means: Means) -> String {
    match means {
        Means::Epc { unit: 1 } => "encrypted memory, bytes".to_owned(),
        Means::Epc { unit } if unit == 1 << 20 => "encrypted memory, MiB".to_owned(),
        Means::Epc { unit } => format!("encrypted memory, pages of {unit} bytes"),
        Means::Slots => "enclaves".to_owned(),
        Means::Provision => "the right to be attested; counts nothing".to_owned(),
        Means::KeySlots => "memory-encryption keys".to_owned(),
        Means::Device => "the device; counts no memory".to_owned(),
        Means::PeerPod => "a virtual machine elsewhere: a TEE is possible".to_owned(),
        Means::Cpu | Means::Memory | Means::Uncounted => "counts nothing here".to_owned(),
    }
}

fn isolation(isolation: Isolation) -> String {
    match isolation {
        Isolation::Tee(technology) => technology.to_string(),
        Isolation::SomeTee => "a confidential virtual machine".to_owned(),
        Isolation::Possible => "a TEE or not, as it is installed".to_owned(),
        Isolation::None => "no TEE".to_owned(),
    }
}

fn says(says: Says) -> String {
    match says {
        Says::Offers(technology) => format!("it offers {technology}"),
        Says::Is(Some(technology)) => format!("it is in {technology}"),
        Says::Is(None) => "it is in a TEE".to_owned(),
        Says::Perhaps(_) => "it may be in a TEE".to_owned(),
    }
}

fn annotated(annotation: Annotation) -> String {
    match annotation {
        Annotation::Confidential(technology) => format!("asks for {technology}"),
        Annotation::Meant(Some(technology)) => format!("makes {technology} possible"),
        Annotation::Meant(None) => "makes a TEE possible".to_owned(),
        Annotation::Epc => "asks for sgx: encrypted memory of the sandbox, bytes".to_owned(),
        Annotation::Policy => "the policy of what may run in the sandbox".to_owned(),
        Annotation::Attested(Some(technology)) => format!("makes {technology} possible: it is attested"),
        Annotation::Attested(None) => "makes a TEE possible: it is attested".to_owned(),
        Annotation::Loosens => "no request; lets the host look in, or change what boots".to_owned(),
        Annotation::Sandbox => "no request".to_owned(),
    }
}
