//! What holds after any sequence of steps.

use std::sync::LazyLock;

use casemate_enclave::{Inside, Tally};
use casemate_model::{Nanos, Timestamp};
use proptest::prelude::*;

use crate::witnesses::*;

/// Made once: generating its keys is what takes long.
static AFFIRMER: LazyLock<Affirmer> = LazyLock::new(Affirmer::new);

/// Something done to a ready enclave, after so many seconds.
#[derive(Clone, Copy, Debug)]
enum Act {
    Aex,
    Eexit,
    Abandon,
    CallOut(u8),
    Renew,
    SuspendAndResume,
}

fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let act = prop_oneof![
        Just(Act::Aex),
        Just(Act::Eexit),
        Just(Act::Abandon),
        any::<u8>().prop_map(Act::CallOut),
        Just(Act::Renew),
        Just(Act::SuspendAndResume),
    ];
    proptest::collection::vec((0..40_u64, act), 0..24)
}

fn stay(mut inside: Inside<'_>, act: Act) {
    match act {
        Act::Aex => inside.aex(),
        Act::Eexit => inside.eexit(),
        Act::CallOut(calls) => {
            inside.called_out(u32::from(calls));
            inside.eexit();
        }
        Act::Abandon | Act::Renew | Act::SuspendAndResume => drop(inside),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn entries_are_exits_and_only_the_fresh_enter(acts in acts()) {
        let mut enclave = ready(1);
        let (mut now, mut holds_until) = (NOW, NOW.after(TTL));
        let mut expected = Tally::default();
        for (seconds, act) in acts {
            now = now.after(Nanos::from_secs(seconds));
            match act {
                Act::Renew => {
                    enclave.renew(AFFIRMER.affirm(subject(1), now)).expect("its own");
                    (expected.renewals, holds_until) = (expected.renewals + 1, now.after(TTL));
                }
                Act::SuspendAndResume => {
                    let witness = AFFIRMER.affirm(subject(1), now);
                    enclave = enclave.suspend().resume(witness).expect("its own");
                    expected.suspensions += 1;
                    (expected.renewals, holds_until) = (expected.renewals + 1, now.after(TTL));
                }
                Act::Aex | Act::Eexit | Act::Abandon | Act::CallOut(_) => {
                    let entered = enclave.enter(worker(), now).map(|inside| stay(inside, act)).is_ok();
                    prop_assert_eq!(entered, now <= holds_until);
                    if entered {
                        count(&mut expected, act);
                    }
                }
            }
            prop_assert!(now < Timestamp(NOW.0 + Nanos::from_secs(24 * 3600).0), "the evidence lasts a day");
        }
        let tally = end(enclave);
        prop_assert_eq!(tally, expected);
        prop_assert_eq!(tally.entries, tally.aex + tally.eexit + tally.abandoned);
    }
}

fn count(expected: &mut Tally, act: Act) {
    expected.entries += 1;
    match act {
        Act::Aex => expected.aex += 1,
        Act::Eexit => expected.eexit += 1,
        Act::CallOut(calls) => {
            expected.entries += u64::from(calls);
            expected.eexit += u64::from(calls) + 1;
        }
        Act::Abandon | Act::Renew | Act::SuspendAndResume => expected.abandoned += 1,
    }
}
