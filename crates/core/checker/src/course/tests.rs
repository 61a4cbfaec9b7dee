use casemate_model::{ContainerKey, EnclaveId, Pod, RestartPolicy};

use crate::testing::*;
use crate::{HowEnded, Limits, Observation, Rule};

/// One story: which instance of which container, and what happens to it.
struct Story {
    pod: Pod,
    stream: Vec<Observation>,
    instances: u32,
}

impl Story {
    /// A pod with init containers `i` and `j` and another, `main`.
    fn new(policy: RestartPolicy, restarts_max: Option<u32>) -> Self {
        let mut pod = pod("p");
        let init = |name: &str| casemate_model::Container { name: name.into(), ..pod.containers[0].clone() };
        pod.init_containers = vec![init("i"), init("j")];
        (pod.restart_policy, pod.restarts_max) = (policy, restarts_max);
        let stream = vec![Observation::NodeOffered { node: node("n") }, affirmed("n", 0, 1000)];
        Self { stream: [stream, vec![placed(pod.clone(), "n", 10)]].concat(), pod, instances: 0 }
    }

    fn is(mut self, what: impl FnOnce(EnclaveId, ContainerKey) -> Vec<Observation>, name: &str) -> Self {
        self.instances += 1;
        let container = ContainerKey { pod: self.pod.key.clone(), container: name.into() };
        self.stream.extend(what(enclave(self.instances), container));
        self
    }

    /// An instance that is entered and ends like this.
    fn runs(self, name: &str, how: HowEnded) -> Self {
        self.is(
            |id, container| {
                let grant = match granted(id, 100, 900) {
                    Observation::WorkloadWitnessGranted {
                        at,
                        enclave,
                        measurement,
                        not_after,
                        evidence,
                        ..
                    } => Observation::WorkloadWitnessGranted {
                        at,
                        enclave,
                        container: container.clone(),
                        measurement,
                        not_after,
                        evidence,
                    },
                    other => other,
                };
                vec![
                    Observation::EnclaveCreated { enclave: id, container, pages_guaranteed: 0 },
                    initialised(id),
                    grant,
                    entered(id, 1, 200),
                    left(id, 1, 300, 1, crate::HowLeft::Ended),
                    Observation::EnclaveEnded { enclave: id, how },
                    destroyed(id, 0),
                ]
            },
            name,
        )
    }

    fn breaks(self) -> Vec<Rule> {
        rules_under(Limits { restarts: 2, violations: 99, ..limits() }, self.stream)
    }
}

const DONE: HowEnded = HowEnded::Exited(0);
const FAILED: HowEnded = HowEnded::Exited(1);

#[test]
fn nobody_is_entered_before_the_init_containers_before_it_have_ended_with_0() {
    let story = || Story::new(RestartPolicy::Never, None);
    assert_eq!(story().runs("i", DONE).runs("j", DONE).runs("main", DONE).breaks(), []);
    assert_eq!(story().runs("i", DONE).runs("main", DONE).breaks(), [Rule::EnteredBeforeInit]);
    assert_eq!(story().runs("j", DONE).breaks(), [Rule::EnteredBeforeInit]);
    let failed = story().runs("i", DONE).runs("j", FAILED).runs("main", DONE);
    assert_eq!(failed.breaks(), [Rule::EnteredBeforeInit]);
}

#[test]
fn only_what_failed_is_started_again_and_only_where_the_policy_says_so() {
    for policy in [RestartPolicy::Always, RestartPolicy::OnFailure] {
        for how in [FAILED, HowEnded::Trapped] {
            assert_eq!(Story::new(policy, None).runs("i", how).runs("i", DONE).breaks(), []);
        }
        for how in [DONE, HowEnded::Distrusted, HowEnded::Unusable, HowEnded::Stopped] {
            let again = Story::new(policy, None).runs("i", how).runs("i", DONE);
            assert_eq!(again.breaks(), [Rule::RestartAgainstPolicy], "{policy:?} {how:?}");
        }
    }
    let never = Story::new(RestartPolicy::Never, None).runs("i", FAILED).runs("i", DONE);
    assert_eq!(never.breaks(), [Rule::RestartAgainstPolicy]);
}

#[test]
fn restarts_of_a_pods_containers_are_counted_together() {
    let twice = |most| {
        let story = Story::new(RestartPolicy::OnFailure, most).runs("i", FAILED).runs("i", DONE);
        story.runs("j", FAILED).runs("j", FAILED)
    };
    assert_eq!(twice(None).breaks(), []);
    assert_eq!(twice(None).runs("j", DONE).breaks(), [Rule::RestartBeyondBound]);
    assert_eq!(twice(Some(3)).runs("j", DONE).breaks(), []);
    assert_eq!(twice(Some(1)).breaks(), [Rule::RestartBeyondBound]);
}

#[test]
fn a_pod_begun_anew_runs_everything_again_and_its_init_containers_first() {
    let story = || Story::new(RestartPolicy::Never, Some(1)).runs("i", DONE).runs("j", DONE);
    let anew = story().runs("main", FAILED).runs("i", DONE);
    assert_eq!(anew.runs("j", DONE).runs("main", FAILED).breaks(), []);
    let anew = story().runs("main", FAILED).runs("i", DONE);
    assert_eq!(anew.runs("main", DONE).breaks(), [Rule::EnteredBeforeInit]);
    let unasked = story().runs("main", DONE).runs("i", DONE);
    assert_eq!(unasked.breaks(), [Rule::RestartAgainstPolicy], "nothing failed");
    let distrusted = story().runs("main", HowEnded::Distrusted).runs("i", DONE);
    assert_eq!(distrusted.breaks(), [Rule::RestartAgainstPolicy]);
    let often = story().runs("main", FAILED).runs("i", FAILED).runs("i", DONE);
    assert_eq!(often.breaks(), [Rule::RestartBeyondBound]);
}

#[test]
fn a_place_given_up_and_taken_again_is_another_course() {
    let mut story = Story::new(RestartPolicy::Never, None).runs("i", FAILED);
    story.stream.push(Observation::PodReleased { pod: pod_key("p") });
    story.stream.push(placed(story.pod.clone(), "n", 20));
    assert_eq!(story.runs("i", DONE).breaks(), []);
}
