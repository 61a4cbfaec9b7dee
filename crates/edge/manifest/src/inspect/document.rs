//! What a document is, and what to read of it: workloads, lists, offers of nodes and
//! sandboxes, Azure's templates, and everything else by what is in it.

use super::azure::azure;
use super::draft::{Amounts, Draft, Pen, Signs, shown};
use super::embedded::embedded;
use super::finding::{Finding, FindingId};
use super::inspection::{Form, Says, What};
use super::pod::{cost, pod};
use super::sandbox::{Classes, Given};
use super::scan::scan;
use super::spot::Spot;
use crate::field::Field;
use crate::problem::Findings;
use crate::source::Chunk;
use crate::template::{Blanked, is_blank};
use crate::vocabulary::annotations::annotation;
use crate::vocabulary::kinds::{Kind, kind, kind_of_list};
use crate::vocabulary::labels::{Says as Label, node_label};
use crate::vocabulary::resources::resource;

/// What was read so far.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) classes: Classes,
    /// Bytes that the drafts take, about.
    pub(crate) told: usize,
    /// Bytes of templates that were parsed again without some of their lines.
    pub(crate) mended: usize,
    /// Bytes that they may take before no further document is read.
    pub(crate) told_max: usize,
}

/// Kinds of group `v1` and API groups of Kubernetes that hold no pods and ask for nothing.
const SILENT_KINDS: [&str; 13] = [
    "Service",
    "ConfigMap",
    "Secret",
    "Namespace",
    "ServiceAccount",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "LimitRange",
    "ResourceQuota",
    "Event",
    "Endpoints",
    "ComponentStatus",
    "Binding",
];
const SILENT_GROUPS: [&str; 15] = [
    "rbac.authorization.k8s.io",
    "networking.k8s.io",
    "apiextensions.k8s.io",
    "admissionregistration.k8s.io",
    "policy",
    "storage.k8s.io",
    "coordination.k8s.io",
    "scheduling.k8s.io",
    "certificates.k8s.io",
    "autoscaling",
    "discovery.k8s.io",
    "events.k8s.io",
    "apiregistration.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "casemate.dev",
];

impl Reader {
    /// Reads one document.
    pub(crate) fn document(&mut self, root: &Field<'_>, template: Option<&Blanked>, errors: &mut Findings) {
        if root.is_list() {
            // A JSON patch, or objects in an array.
            self.array(root, template, errors);
        } else if !root.is_null() && root.map(errors) {
            self.object(root, None, template, errors);
        }
    }

    fn array(&mut self, root: &Field<'_>, template: Option<&Blanked>, errors: &mut Findings) {
        if root.elements().any(|item| item.get("kind").is_some()) {
            for item in root.elements().filter(Field::is_map) {
                self.object(&item.as_root(), None, template, errors);
            }
        } else {
            self.others(root, template);
        }
    }

    /// What the words of a document tell that could not be parsed.
    pub(crate) fn text(&mut self, document: Chunk<'_>, template: bool) {
        if let Some(draft) = scan(document, template) {
            self.keep(draft);
        }
    }

    /// Reads one object. `inherited` is what a typed list says that its items are.
    fn object(
        &mut self,
        root: &Field<'_>,
        inherited: Option<&'static Kind>,
        template: Option<&Blanked>,
        errors: &mut Findings,
    ) {
        let kind_field = root.get("kind");
        let name = match &kind_field {
            Some(field) => field.text(errors),
            None => inherited.map(|kind| kind.name),
        };
        let version = root.get("apiVersion").and_then(|field| field.plain()).unwrap_or_default();
        let (group, _) = version.rsplit_once('/').unwrap_or(("", version));
        let is_core = group.is_empty() || SILENT_GROUPS.contains(&group);
        match name {
            Some(name)
                if root.get("items").is_some_and(|items| items.is_list()) && name.ends_with("List") =>
            {
                let items = kind_of_list(name);
                if let Some(list) = root.get("items") {
                    for item in list.elements() {
                        let item = item.as_root();
                        if item.map(errors) {
                            self.object(&item, items, template, errors);
                        }
                    }
                }
            }
            Some("RuntimeClass") => self.runtime_class(root, template),
            Some("Node") if version == "v1" => self.node(root, template),
            Some("NodeFeatureRule" | "NodeFeature" | "NodeFeatureGroup") => self.offer(root, template),
            // What a device plugin's operator is told.
            Some(name) if name.ends_with("DevicePlugin") => self.offer(root, template),
            Some(name) if SILENT_KINDS.contains(&name) && is_core => {}
            Some(_) if SILENT_GROUPS.contains(&group) => {}
            // `kind: DaemonSet` among a chart's values.
            Some(_) if version.is_empty() && root.get("spec").is_none() && inherited.is_none() => {
                self.others(root, template);
            }
            Some(name) => match kind(name).filter(|kind| is_of(kind, version, group)) {
                Some(kind) => self.workload(kind, root, template, errors),
                None => self.others(root, template),
            },
            None if kind_field.is_some() => {}
            None => {
                let found = azure(root, &|form| draft(root, form, template));
                if found.is_empty() {
                    self.others(root, template);
                } else {
                    found.into_iter().for_each(|draft| self.keep(draft));
                }
            }
        }
    }

    fn workload(
        &mut self,
        kind: &'static Kind,
        root: &Field<'_>,
        template: Option<&Blanked>,
        errors: &mut Findings,
    ) {
        let mut draft = draft(root, Form::Workload, template);
        draft.kind = Some(kind.name.to_owned());
        draft.replicas = replicas(kind, root);
        let mut pen = Pen { draft: &mut draft, template };
        let version = root.get("apiVersion");
        if let Some(field) =
            version.filter(|field| kind.versions.iter().skip(1).any(|old| field.plain() == Some(old)))
        {
            let cause = format!("`{}` of {} is served no longer", shown(&field), kind.name);
            pen.find(FindingId::RetiredApiVersion, &field, cause);
        }
        misplaced(kind, root, &mut pen);
        let live = root.at(&["metadata", "uid"]).is_some();
        let spec = root.at(kind.spec);
        if spec.is_none() && template.is_none() {
            let _ = root.need("spec", "Describe the pod's containers here", errors);
        }
        if let Some(spec) = spec.filter(|spec| spec.map(errors)) {
            wrong_types(&spec, template, errors);
            pod(&spec, root.at(kind.metadata).as_ref(), live, &mut pen);
            unfilled(&spec, template, &mut pen);
        }
        self.keep(draft);
    }

    /// Anything else: pods described inside it, each an entry, or a TEE's words, one entry.
    fn others(&mut self, root: &Field<'_>, template: Option<&Blanked>) {
        for found in embedded(root, template, &|form| draft(root, form, template)) {
            self.keep(found);
        }
    }

    fn runtime_class(&mut self, root: &Field<'_>, template: Option<&Blanked>) {
        let mut draft = draft(root, Form::Offer, template);
        let mut pen = Pen { draft: &mut draft, template };
        if let Some(handler) = root.get("handler") {
            pen.fact(What::RuntimeClass, &handler, Says::Nothing, None, |_| String::new());
        }
        let fixed = root.at(&["overhead", "podFixed"]);
        if let Some(fixed) = &fixed {
            for (name, field) in fixed.children() {
                if resource(name).is_some() {
                    pen.fact(What::Overhead, &field, Says::Nothing, None, |_| String::new());
                }
            }
            pen.draft.overhead = Some(cost(fixed));
        }
        if let Some((name, given)) = Given::read(root) {
            if given.needs_overhead(&name) && fixed.is_none() && template.is_none() {
                pen.find(FindingId::OverheadMissing, root, format!("`{name}` has no `overhead.podFixed`"));
            }
            self.classes.insert(name, given);
        }
        self.keep(draft);
    }

    fn node(&mut self, root: &Field<'_>, template: Option<&Blanked>) {
        let mut draft = draft(root, Form::Offer, template);
        let mut pen = Pen { draft: &mut draft, template };
        if let Some(labels) = root.at(&["metadata", "labels"]) {
            for (key, field) in labels.children() {
                let tee = match field.plain().and_then(|value| node_label(key, Some(value))) {
                    Some(Label::Offers(tee)) => Some(tee),
                    Some(Label::Is(tee) | Label::Perhaps(tee)) => tee,
                    None => continue,
                };
                pen.fact(What::NodeLabel, &field, Says::Nothing, tee, |_| String::new());
            }
        }
        if let Some(capacity) = root.at(&["status", "allocatable"]).or(root.at(&["status", "capacity"])) {
            offered(&capacity, &mut pen);
        }
        self.keep(draft);
    }

    /// Rules of node-feature-discovery: the resources they make nodes offer.
    fn offer(&mut self, root: &Field<'_>, template: Option<&Blanked>) {
        let mut draft = draft(root, Form::Offer, template);
        let mut pen = Pen { draft: &mut draft, template };
        for rule in root.at(&["spec", "rules"]).iter().flat_map(Field::elements) {
            for resources in rule.all("extendedResources") {
                offered(&resources, &mut pen);
            }
        }
        self.keep(draft);
    }

    fn keep(&mut self, draft: Draft) {
        let facts: usize = draft.facts.iter().map(|fact| fact.value.len() + fact.field.len()).sum();
        let all = draft.findings.iter().chain(&draft.signs.if_confidential);
        let findings: usize = all.map(|finding| finding.cause.len() + finding.field.len()).sum();
        let values = (draft.facts.len() + draft.findings.len() + draft.signs.if_confidential.len()) * 128;
        self.told += size_of::<Draft>() + facts + findings + values + draft.file.len();
        self.drafts.push(draft);
    }
}

fn offered(resources: &Field<'_>, pen: &mut Pen<'_>) {
    for (name, field) in resources.children() {
        if let Some(known) = resource(name).filter(|known| known.is_of_a_tee()) {
            pen.fact(What::DeviceResource, &field, Says::Nothing, known.technology, |_| String::new());
        }
    }
}

/// Whether a document of that version is one of Kubernetes' own kind, and not another project's of that name.
fn is_of(kind: &Kind, version: &str, group: &str) -> bool {
    let same_group = kind.versions.iter().any(|known| {
        let (known, _) = known.rsplit_once('/').unwrap_or(("", known));
        known == group
    });
    version.is_empty() || is_blank(version) || same_group
}

/// An entry for a document, with nothing read of it yet.
fn draft(root: &Field<'_>, form: Form, template: Option<&Blanked>) -> Draft {
    let written = |field: Option<Field<'_>>| field.map(|field| shown(&field)).filter(|text| !text.is_empty());
    let metadata = root.get("metadata");
    let of_metadata = |key: &str| metadata.as_ref().and_then(|metadata| written(metadata.get(key)));
    Draft {
        file: root.file().to_owned(),
        spot: Spot::of(root),
        kind: written(root.get("kind")),
        api_version: written(root.get("apiVersion")),
        namespace: of_metadata("namespace"),
        name: of_metadata("name")
            .or_else(|| of_metadata("generateName"))
            .or_else(|| blank_name(metadata.as_ref())),
        form,
        template: template.is_some(),
        replicas: (form != Form::Offer).then_some(1),
        facts: Vec::new(),
        findings: Vec::new(),
        because: None,
        demand: Amounts::NONE,
        runtime_classes: Vec::new(),
        overhead: None,
        signs: Signs::default(),
    }
}

/// `name: {POD_NAME}` reads as a mapping, and is meant as a blank.
fn blank_name(metadata: Option<&Field<'_>>) -> Option<String> {
    let (key, value) = metadata?.get("name")?.children().next()?;
    value.is_null().then(|| format!("{{{key}}}"))
}

fn replicas(kind: &Kind, root: &Field<'_>) -> Option<u64> {
    match kind.replicas {
        Some(path) => match root.at(path) {
            Some(field) => field.plain().and_then(|text| text.parse().ok()),
            None => Some(1),
        },
        None if kind.name == "DaemonSet" => None,
        None => Some(1),
    }
}

/// What changes a pod's protection, where Kubernetes does not look for it: fields of its spec, and
/// annotations of what makes it rather than of itself.
fn misplaced(kind: &Kind, root: &Field<'_>, pen: &mut Pen<'_>) {
    let own = root.at(&["metadata", "annotations"]).filter(|_| kind.metadata != ["metadata"]);
    for (name, field) in own.iter().flat_map(Field::children) {
        if annotation(name, field.plain().unwrap_or_default()).is_some() {
            let cause = format!(
                "`{name}` of a {} has no effect: it belongs under `{}`",
                kind.name,
                kind.metadata.join(".")
            );
            pen.find(FindingId::MisplacedField, &field, cause);
        }
    }
    const FIELDS: [&str; 6] =
        ["runtimeClassName", "nodeSelector", "tolerations", "containers", "affinity", "securityContext"];
    let mut place = root.clone();
    let mut keys = kind.spec.iter();
    loop {
        for name in FIELDS {
            if let Some(field) = place.get(name) {
                let wanted = kind.spec.join(".");
                pen.find(
                    FindingId::MisplacedField,
                    &field,
                    format!(
                        "`{}` has no effect in a {}: `{name}` belongs under `{wanted}`",
                        field.path(),
                        kind.name
                    ),
                );
            }
        }
        match keys.next().and_then(|key| place.get(key)) {
            Some(next) if next.path() != kind.spec.join(".") => place = next,
            _ => return,
        }
    }
}

/// Values of another type than Kubernetes has, where reading on would miss what they say.
fn wrong_types(spec: &Field<'_>, template: Option<&Blanked>, errors: &mut Findings) {
    if template.is_some() {
        return;
    }
    for key in ["containers", "initContainers", "volumes", "tolerations"] {
        if let Some(list) = spec.get(key) {
            for item in list.items(errors) {
                item.map(errors);
            }
        }
    }
    for key in ["nodeSelector", "affinity", "overhead"] {
        if let Some(field) = spec.get(key) {
            field.map(errors);
        }
    }
    if let Some(field) = spec.get("runtimeClassName").filter(|field| field.is_map() || field.is_list()) {
        field.text(errors);
    }
    for container in spec.get("containers").iter().flat_map(Field::elements) {
        let Some(resources) = container.get("resources") else { continue };
        if resources.map(errors) {
            for section in ["requests", "limits"] {
                if let Some(section) = resources.get(section) {
                    section.map(errors);
                }
            }
        }
    }
}

/// Says where values still to be filled in decide what a template's pod asks for.
fn unfilled(spec: &Field<'_>, template: Option<&Blanked>, pen: &mut Pen<'_>) {
    let Some(template) = template else { return };
    let (first, _) = spec.line_column();
    // What fills an empty value stands on the line behind it.
    if let Some(line) = template.filled_in(first..spec.last_line() + 2) {
        let spot = Spot { field: spec.path().to_owned(), line, column: 1 };
        let cause = format!("line {line} is filled in by the template");
        pen.draft.findings.push(Finding::at(FindingId::TemplateUnfilled, spot, cause));
    }
}
