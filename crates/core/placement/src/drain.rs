//! Pods that have to leave because nobody vouches for their node any more.

use std::fmt;

use casemate_model::{NodeName, PodKey};
use casemate_policy::Expired;

/// A confidential pod that has to leave its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drain {
    /// The pod.
    pub pod: PodKey,
    /// Its node.
    pub node: NodeName,
    /// Why.
    pub cause: DrainCause,
}

/// Why nobody vouches for a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrainCause {
    /// Its witness does not hold now.
    Lapsed(Expired),
    /// Its witness was taken away.
    Revoked,
    /// It is supposed not to be trusted.
    Distrusted(String),
}

impl fmt::Display for DrainCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lapsed(expired) => write!(f, "the node's attestation does not hold: {expired}"),
            Self::Revoked => f.write_str("the node's attestation was revoked"),
            Self::Distrusted(why) => write!(f, "the node is not trusted: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use casemate_model::{NodeName, Timestamp};

    use super::*;
    use crate::filter::fixture::words::{key, node, pod};
    use crate::{Decision, Hypothetical, Ledger, Plan};

    const NOW: Timestamp = Timestamp(0);

    fn placed(ledger: &mut Ledger<Hypothetical>, words: &str) -> Plan<Hypothetical> {
        match ledger.place(&pod(words), NOW) {
            Decision::Placed(plan) => plan,
            Decision::Waiting | Decision::Never => panic!("{words} has no place"),
        }
    }

    #[test]
    fn confidential_pods_leave_a_node_nobody_vouches_for_in_the_order_of_their_names_and_no_others() {
        let nodes = ["name=a tee=sgx epc=64 label:on=a", "name=b tee=sgx epc=64 label:on=b"];
        let mut ledger = Ledger::<Hypothetical>::new(nodes.map(node)).unwrap();
        let pods = [
            "name=z tee=sgx epc=1 select:on=a",
            "name=early tee=sgx epc=1 > cpu=0 select:on=a",
            "name=plain select:on=a",
            "name=elsewhere tee=sgx epc=1 select:on=b",
        ];
        let plans = pods.map(|words| placed(&mut ledger, words));
        assert_eq!(ledger.drains(NOW), []);
        let a = NodeName("a".to_owned());
        ledger.distrust(&a, "it was opened").unwrap();
        let cause = DrainCause::Distrusted("it was opened".to_owned());
        let drain = |pod| Drain { pod: key(pod), node: a.clone(), cause: cause.clone() };
        assert_eq!(ledger.drains(NOW), [drain("early"), drain("z")]);
        assert!(plans.map(|plan| ledger.release(plan)).iter().all(Result::is_ok));
        assert_eq!(ledger.drains(NOW), [], "who is gone has not to leave");
    }

    #[test]
    fn a_cause_says_what_became_of_the_attestation() {
        let expired = Expired { not_before: NOW, not_after: NOW, now: Timestamp::from_unix_secs(9) };
        let lapsed = DrainCause::Lapsed(expired).to_string();
        assert_eq!(lapsed, format!("the node's attestation does not hold: {expired}"));
        assert_eq!(DrainCause::Revoked.to_string(), "the node's attestation was revoked");
        let distrusted = DrainCause::Distrusted("it was opened".to_owned());
        assert_eq!(distrusted.to_string(), "the node is not trusted: it was opened");
    }
}
