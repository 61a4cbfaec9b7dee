use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use casemate_model::{Bytes, Container, Demand, MilliCpu, Nanos, Pod, PodKey, RestartPolicy, Timestamp};

use crate::{End, PodLife, Restarts, Step, Why};

const RESTARTS: Restarts = Restarts { max: 3, first_delay: Nanos(10), longest_delay: Nanos(15) };

fn pod(init: usize, others: usize, policy: RestartPolicy) -> Pod {
    let container = |index: usize| Container {
        name: index.to_string(),
        image: String::new(),
        args: Vec::new(),
        env: Vec::new(),
        working_dir: None,
        mounts: Vec::new(),
        demand: Demand::default(),
    };
    Pod {
        key: PodKey { namespace: "default".into(), name: "p".into() },
        priority: 0,
        node_selector: BTreeMap::new(),
        tolerations: Vec::new(),
        overhead_memory: Bytes::ZERO,
        overhead_cpu: MilliCpu::ZERO,
        overhead_key_slots: 0,
        init_containers: (0..init).map(container).collect(),
        containers: (init..init + others).map(container).collect(),
        restart_policy: policy,
        restarts_max: None,
        active_deadline: None,
        volumes: Vec::new(),
        scheduling: casemate_model::Scheduling::default(),
    }
}

fn life(init: usize, others: usize, policy: RestartPolicy) -> PodLife {
    PodLife::new(&pod(init, others, policy), RESTARTS)
}

fn start(container: usize, instance: u32) -> Step {
    Step::Start { container, instance }
}

fn back_off(container: usize, restarts: u32, delay: u64) -> Step {
    Step::BackOff { container, restarts, delay: Nanos(delay) }
}

const NOW: Timestamp = Timestamp(100);

#[test]
fn init_containers_run_one_after_another_and_the_others_together_after_the_last() {
    let mut life = life(2, 2, RestartPolicy::Never);
    assert_eq!(life.begin(NOW), [start(0, 0)]);
    assert_eq!(life.ended(0, End::Succeeded, NOW), [start(1, 0)]);
    assert_eq!(life.ended(1, End::Succeeded, NOW), [start(2, 0), start(3, 0)]);
    assert_eq!(life.ended(2, End::Failed, NOW), [], "the other goes on");
    assert!(!life.is_over());
    assert_eq!(life.ended(3, End::Succeeded, NOW), []);
    assert!(life.is_over());
}

#[test]
fn an_init_container_that_fails_for_good_keeps_the_others_from_starting() {
    for (policy, end) in [(RestartPolicy::Never, End::Failed), (RestartPolicy::Always, End::Distrusted)] {
        let mut life = life(2, 1, policy);
        life.begin(NOW);
        let given_up = |container| Step::GiveUp { container, why: Why::InitFailed(0) };
        assert_eq!(life.ended(0, end, NOW), [given_up(1), given_up(2)]);
        assert!(life.is_over());
    }
}

#[test]
fn an_init_container_is_started_again_before_anything_else_starts() {
    let mut life = life(1, 1, RestartPolicy::OnFailure);
    life.begin(NOW);
    assert_eq!(life.ended(0, End::Failed, NOW), [back_off(0, 1, 0), start(0, 1)]);
    assert_eq!(life.ended(0, End::Failed, NOW), [back_off(0, 2, 10)]);
    assert_eq!(life.due(Timestamp(109)), []);
    assert_eq!(life.next_due(), Some(Timestamp(110)));
    assert_eq!(life.due(Timestamp(110)), [start(0, 2)]);
    assert_eq!(life.ended(0, End::Succeeded, NOW), [start(1, 0)]);
}

#[test]
fn restarts_of_all_containers_together_are_bounded() {
    let mut life = life(0, 2, RestartPolicy::Always);
    life.begin(NOW);
    assert_eq!(life.ended(0, End::Failed, NOW), [back_off(0, 1, 0), start(0, 1)]);
    assert_eq!(life.ended(1, End::Failed, NOW), [back_off(1, 1, 0), start(1, 1)]);
    assert_eq!(life.ended(0, End::Failed, NOW), [back_off(0, 2, 10)]);
    let exhausted = Step::GiveUp { container: 1, why: Why::RestartsExhausted(3) };
    assert_eq!(life.ended(1, End::Failed, NOW), [exhausted]);
    assert_eq!(life.due(Timestamp(200)), [start(0, 2)], "the other still has its turn");
}

#[test]
fn who_ended_with_0_was_not_trusted_or_could_not_be_made_is_not_started_again() {
    for end in [End::Succeeded, End::Distrusted, End::Unusable, End::Stopped] {
        let mut life = life(0, 1, RestartPolicy::Always);
        life.begin(NOW);
        assert_eq!(life.ended(0, end, NOW), [], "{end:?}");
        assert!(life.is_over());
    }
}

#[test]
fn a_failed_pod_whose_kind_allows_it_is_replaced_as_a_whole() {
    let mut pod = pod(1, 2, RestartPolicy::Never);
    pod.restarts_max = Some(2);
    let mut life = PodLife::new(&pod, RESTARTS);
    life.begin(NOW);
    life.ended(0, End::Succeeded, NOW);
    assert_eq!(life.ended(1, End::Failed, NOW), [], "only once all are over");
    assert_eq!(life.ended(2, End::Succeeded, NOW), [Step::Replace, back_off(0, 1, 0), start(0, 1)]);
    assert_eq!(life.ended(0, End::Failed, NOW), [Step::Replace, back_off(0, 2, 10)]);
    assert_eq!(life.due(Timestamp(110)), [start(0, 2)]);
    let given_up = |container| Step::GiveUp { container, why: Why::InitFailed(0) };
    assert_eq!(life.ended(0, End::Failed, NOW), [given_up(1), given_up(2)]);
    assert!(life.is_over());
}

#[test]
fn a_pod_that_was_not_trusted_is_not_replaced() {
    let mut pod = pod(0, 2, RestartPolicy::Never);
    pod.restarts_max = Some(2);
    let mut life = PodLife::new(&pod, RESTARTS);
    life.begin(NOW);
    assert_eq!(life.ended(0, End::Failed, NOW), []);
    assert_eq!(life.ended(1, End::Distrusted, NOW), []);
    assert!(life.is_over());
}

#[test]
fn a_deadline_stops_what_runs_and_gives_up_what_does_not() {
    let mut pod = pod(0, 3, RestartPolicy::OnFailure);
    pod.active_deadline = Some(Nanos(50));
    let mut life = PodLife::new(&pod, RESTARTS);
    assert_eq!(life.next_due(), None, "it counts from the start");
    life.begin(NOW);
    assert_eq!(life.ended(0, End::Succeeded, NOW), []);
    life.ended(1, End::Failed, NOW);
    life.ended(1, End::Failed, Timestamp(145));
    assert_eq!(life.next_due(), Some(Timestamp(150)));
    let why = Why::DeadlineExceeded(Nanos(50));
    let expected = vec![Step::Stop { container: 2, why }, Step::GiveUp { container: 1, why }];
    assert_eq!(life.due(Timestamp(150)), expected);
    assert_eq!((life.due(Timestamp(151)), life.next_due()), (vec![], None), "once");
    assert_eq!(life.ended(2, End::Failed, Timestamp(152)), [], "nothing is started any more");
    assert!(life.is_over());
}

#[test]
fn the_end_of_an_instance_counts_once() {
    let mut life = life(0, 1, RestartPolicy::Always);
    life.begin(NOW);
    life.ended(0, End::Failed, NOW);
    life.ended(0, End::Failed, NOW);
    assert_eq!(life.ended(0, End::Failed, NOW), [], "it backs off and has no instance");
    assert_eq!(life.ended(7, End::Failed, NOW), [], "there is none of this number");
}
