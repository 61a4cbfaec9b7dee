//! Who moves where when nodes are given up, emptied, or not trusted any more.

use casemate_model::{BudgetBound, DisruptionBudget, Node, Pod, Share};
use casemate_placement::{How, LIVE, Options, Planning, Supposed};

use crate::{lines, name, words};

fn nodes(all: &str) -> Vec<Node> {
    lines(all).map(words::node).collect()
}

/// Pods, each on the node that its line begins with.
fn there(all: &str) -> Vec<Pod> {
    let on = |line: &str| {
        let (node, rest) = line.split_once(' ').unwrap();
        let mut pod = words::pod(rest);
        pod.scheduling.node = Some(name(node));
        pod
    };
    lines(all).map(on).collect()
}

/// What comes of giving up the node `a`.
fn given_up(nodes: Vec<Node>, pods: &[Pod], options: Options) -> Planning {
    let supposed = Supposed { distrusted: Vec::new(), given_up: vec![name("a")] };
    Planning::with(nodes, pods, &options, &supposed).unwrap()
}

/// `pod from>to how`, and `pod stays`.
fn told(planning: &Planning) -> Vec<String> {
    let migration = planning.migration();
    let moves = migration
        .moves
        .iter()
        .map(|it| format!("{}: {} {}>{} {}", it.wave, it.pod.name, it.from, it.to, it.how.as_str()));
    moves.chain(migration.stranded.iter().map(|it| format!("{} stays", it.pod.name))).collect()
}

const THREE: &str = "name=a cpu=1000 tee=sgx epc=64
    name=b cpu=1000 tee=sgx epc=64
    name=c cpu=1000 tee=sgx epc=64";

#[test]
fn a_node_that_is_given_up_is_emptied_by_one_move_for_each_pod() {
    let pods = there("a name=p cpu=600\n a name=q cpu=300\n b name=r cpu=300");
    let planning = given_up(nodes(THREE), &pods, Options::default());
    let told = told(&planning);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(planning.migration().freed, [name("a")]);
    assert!(planning.placed().all(|(_, plan)| *plan.node() != name("a")));
}

#[test]
fn what_fits_nowhere_else_stays_and_says_why() {
    let pods = there("a name=large cpu=900\n b name=r cpu=300\n c name=s cpu=300");
    let planning = given_up(nodes(THREE), &pods, Options::default());
    assert_eq!(told(&planning), ["large stays"]);
    let stranded = &planning.migration().stranded[0];
    assert!(stranded.reasons.iter().any(|it| it.contains("CPU")), "{stranded:?}");
    assert_eq!(planning.placed().count(), 3, "it is where it was");
}

#[test]
fn confidential_pods_leave_a_node_that_is_not_trusted_and_others_do_not() {
    let pods = there("a name=secret tee=sgx epc=8 cpu=100\n a name=plain cpu=100");
    let supposed = Supposed { distrusted: vec![(name("a"), "supposed".to_owned())], given_up: Vec::new() };
    let planning = Planning::with(nodes(THREE), &pods, &Options::default(), &supposed).unwrap();
    assert_eq!(told(&planning).len(), 1);
    assert!(told(&planning)[0].starts_with("1: secret a>"), "{:?}", told(&planning));
    assert!(planning.drains().is_empty(), "nobody confidential is left there");
}

#[test]
fn confidential_vms_move_as_they_run_where_both_nodes_offer_it_and_trust_is_not_in_doubt() {
    let pods = there("a name=vm tee=tdx keys=1 cpu=100");
    let mut all = nodes("name=a cpu=1000 tee=tdx keys=9\n name=b cpu=1000 tee=tdx keys=9");
    let how = |all: &[Node]| {
        let planning = given_up(all.to_vec(), &pods, Options::default());
        planning.migration().moves[0].how
    };
    assert_eq!(how(&all), How::Restart);
    for node in &mut all {
        node.labels.insert(LIVE.to_owned(), "true".to_owned());
    }
    assert_eq!(how(&all), How::Live);
    let supposed = Supposed { distrusted: vec![(name("a"), "supposed".to_owned())], given_up: Vec::new() };
    let planning = Planning::with(all, &pods, &Options::default(), &supposed).unwrap();
    assert_eq!(planning.migration().moves[0].how, How::Restart);
}

#[test]
fn a_budget_of_one_makes_a_wave_of_each_move() {
    let mut pods = there("a name=p cpu=100\n a name=q cpu=100\n a name=r cpu=100");
    for pod in &mut pods {
        pod.scheduling.labels.insert("app".into(), "x".into());
    }
    let mut selector = casemate_model::affinity::LabelSelector::default();
    selector.match_labels.insert("app".into(), "x".into());
    let bound = BudgetBound::MaxUnavailable(Share::Count(1));
    let budget = DisruptionBudget { namespace: "default".into(), name: "one".into(), selector, bound };
    let options = Options { budgets: vec![budget], ..Options::default() };
    let planning = given_up(nodes(THREE), &pods, options);
    let waves: Vec<usize> = planning.migration().moves.iter().map(|it| it.wave).collect();
    assert_eq!(waves, [1, 2, 3]);
}

#[test]
fn consolidation_empties_the_emptiest_nodes_whole_and_opens_none() {
    let pods = there("a name=p cpu=500\n b name=q cpu=200\n b name=r cpu=200\n c name=s cpu=900");
    let four = format!("{THREE}\n name=d cpu=1000");
    let mut planning = Planning::of(nodes(&four), &pods).unwrap();
    planning.consolidate(&pods);
    assert_eq!(planning.migration().freed, [name("a")]);
    assert_eq!(told(&planning), ["1: p a>b restart"]);
    assert_eq!(planning.nodes_used(), 2);
}

#[test]
fn what_cannot_be_emptied_as_a_whole_stays_as_it_is() {
    let pods = there("a name=p cpu=200\n a name=q cpu=700\n b name=r cpu=700");
    let mut planning = Planning::of(nodes(THREE), &pods).unwrap();
    planning.consolidate(&pods);
    assert!(told(&planning).is_empty(), "{:?}", told(&planning));
    assert_eq!(planning.placed().count(), 3);
}

#[test]
fn who_cannot_leave_a_cordoned_node_is_where_it_was() {
    let cordoned = "name=a cpu=1000 taint:node.kubernetes.io/unschedulable=:NoSchedule\n name=b cpu=1000";
    let pods = there("a name=large cpu=900\n b name=r cpu=300");
    let planning = given_up(nodes(cordoned), &pods, Options::default());
    assert_eq!(told(&planning), ["large stays"]);
    assert_eq!(planning.placed().count(), 2);
}
