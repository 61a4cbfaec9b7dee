//! Where pods with claims can be: where their bound volumes are.

use casemate_model::affinity::{Labels, NodeFacts};
use casemate_model::{NodeName, Pod};

use crate::fixture::summary;
use crate::nodes::planned;
use crate::plan::{pod, with_spec};

/// Whether the pod may be on a node of this name with these labels.
fn may(pod: &Pod, name: &str, labels: &[(&str, &str)]) -> bool {
    let labels: Labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let node = NodeFacts { name: NodeName(name.into()), labels, taints: Vec::new() };
    pod.scheduling.unsupported.is_empty() && pod.scheduling.node_affinity.allows(&node)
}

fn claim(name: &str, volume: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: {name}}}\nspec: {{volumeName: {volume:?}}}\n"
    )
}

/// A volume with these labels and node selector terms, in flow style.
fn volume(name: &str, labels: &str, terms: &str) -> String {
    let affinity = if terms.is_empty() {
        String::new()
    } else {
        format!("nodeAffinity: {{required: {{nodeSelectorTerms: {terms}}}}}")
    };
    format!(
        "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: {name}, labels: {{{labels}}}}}\nspec: {{{affinity}}}\n"
    )
}

const MOUNTS: &str = "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]";
const LOCAL: &str = "[{matchFields: [{key: metadata.name, operator: In, values: [w1]}]}]";

#[test]
fn a_volume_ties_its_pods_to_its_nodes() {
    let pod = pod(&(with_spec(MOUNTS) + &claim("c", "pv") + &volume("pv", "", LOCAL)));
    assert!(may(&pod, "w1", &[]) && !may(&pod, "w2", &[]));
    assert!(pod.volumes.is_empty());
    let anywhere = self::pod(&(with_spec(MOUNTS) + &volume("pv", "", "") + &claim("c", "pv")));
    assert!(may(&anywhere, "w2", &[]));
}

#[test]
fn a_volume_ties_its_pods_to_its_zones_where_there_are_zones() {
    let zone = "topology.kubernetes.io/zone";
    let pod = pod(&(with_spec(MOUNTS) + &claim("c", "pv") + &volume("pv", &format!("{zone}: a__b"), "")));
    assert!(may(&pod, "w1", &[(zone, "a")]) && may(&pod, "w1", &[(zone, "b")]));
    assert!(!may(&pod, "w1", &[(zone, "c")]));
    assert!(may(&pod, "w1", &[]), "a cluster without zones");
}

#[test]
fn what_volumes_demand_is_demanded_together_and_with_the_pod_s_own_affinity() {
    let own = "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [\
               {matchExpressions: [{key: a, operator: Exists}]}, {matchExpressions: [{key: b, operator: Exists}]}, {}]}}}\n";
    let mounts = "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}, {name: w, persistentVolumeClaim: {claimName: d}}, \
                  {name: x, persistentVolumeClaim: {claimName: c}}]";
    let terms = "[{matchExpressions: [{key: x, operator: Exists}]}]";
    let text = with_spec(&format!("{own}{mounts}"))
        + &claim("c", "one")
        + &claim("d", "two")
        + &volume("one", "", LOCAL)
        + &volume("two", "", terms);
    let pod = pod(&text);
    assert!(may(&pod, "w1", &[("a", ""), ("x", "")]) && may(&pod, "w1", &[("b", ""), ("x", "")]));
    assert!(!may(&pod, "w1", &[("a", "")]) && !may(&pod, "w1", &[("x", "")]));
    assert!(!may(&pod, "w2", &[("a", ""), ("x", "")]));
    assert_eq!(pod.scheduling.node_affinity.required.unwrap().terms.len(), 2);
}

#[test]
fn a_claim_that_is_not_bound_or_not_known_is_told() {
    let told = [
        with_spec(MOUNTS),
        with_spec(MOUNTS) + &claim("c", ""),
        with_spec(MOUNTS) + &claim("c", "pv"),
        with_spec(MOUNTS) + &claim("c", "pv").replace("{name: c}", "{name: c, namespace: other}"),
        with_spec("volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {}}}}]"),
    ]
    .map(|text| {
        let reading = planned(&text);
        assert_eq!((reading.problems.len(), reading.workloads.len()), (0, 1), "{text}");
        reading.workloads[0].pod.scheduling.unsupported.join("\n")
    });
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn ephemeral_claims_and_those_of_stateful_sets_are_found_by_their_names() {
    let ephemeral = "volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {}}}}]";
    let pod = pod(&(with_spec(ephemeral) + &claim("p-v", "pv") + &volume("pv", "", LOCAL)));
    assert!(may(&pod, "w1", &[]) && !may(&pod, "w2", &[]));
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  replicas: 2\n  \
               volumeClaimTemplates: [{metadata: {name: data}}]\n  template: {spec: {containers: [{name: c, image: i}]}}\n";
    let reading = planned(&(set.to_owned() + &claim("data-db-0", "pv") + &volume("pv", "", LOCAL)));
    assert_eq!(reading.problems, []);
    let [first, second] = [0, 1].map(|index: usize| &reading.workloads[index].pod);
    assert!(may(first, "w1", &[]) && !may(first, "w2", &[]));
    assert!(second.scheduling.unsupported[0].contains("`data-db-1` is not among the documents"));
}

#[test]
fn claims_and_volumes_are_told_where_they_are_wrong_and_read_once_each() {
    let text = claim("c", "pv") + &claim("c", "pv") + &volume("pv", "", "[]") + &volume("pv", "", "[]");
    insta::assert_snapshot!(summary(&planned(&text)));
    let list = "{apiVersion: v1, kind: PersistentVolumeList, items: [{metadata: {name: pv}, spec: {}}]}";
    assert_eq!((planned(list).problems.len(), planned(list).notes.len()), (0, 0));
}

#[test]
fn choices_of_choices_do_not_grow_without_bound() {
    let terms: String =
        (0..30).map(|at| format!("{{matchExpressions: [{{key: k{at}, operator: Exists}}]}}, ")).collect();
    let mut text = String::new();
    let mut mounts = String::new();
    for at in 0..20 {
        mounts += &format!("{{name: v{at}, persistentVolumeClaim: {{claimName: c{at}}}}}, ");
        text += &claim(&format!("c{at}"), &format!("pv{at}"));
        text += &volume(&format!("pv{at}"), "", &format!("[{terms}]"));
    }
    let pod = pod(&(with_spec(&format!("volumes: [{mounts}]")) + &text));
    assert!(
        pod.scheduling.unsupported[0].contains("more choices of nodes"),
        "{:?}",
        pod.scheduling.unsupported
    );
    let long: String = (0..2_000).map(|at| format!("v{at}, ")).collect();
    let long = format!("[{{matchExpressions: [{{key: k, operator: In, values: [{long}]}}]}}]");
    let both = "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}, {name: w, persistentVolumeClaim: {claimName: d}}]";
    let text = claim("c", "one") + &claim("d", "two") + &volume("one", "", &long) + &volume("two", "", &long);
    assert_eq!(self::pod(&(with_spec(both) + &text)).scheduling.unsupported.len(), 1);
}
