//! Platforms that are remembered never change a verdict: random histories against a verifier without
//! memory, and the same with one law of the stages broken, which has to be noticed.

use std::collections::BTreeSet;

use casemate_attest::claims::{Body, PlatformId, SgxBody};
use casemate_attest::dcap::TcbStatus;
use casemate_attest::{Artifact, Claims, Fault, Refused, Window};
use casemate_model::{Fingerprint, Measurement, ReportData, Timestamp};
use casemate_verifier::queue::Name;
use casemate_verifier::{
    Bounds, Cache, Course, Event, FACTS_OF_PLATFORM, Key, Platforms, Rated, SUBJECTS_OF_PLATFORM, Stages,
    Standing,
};
use proptest::prelude::*;

/// A vendor without cryptography: bytes that should match are numbers that do. With a bug it breaks one
/// of the laws of [`Stages`].
struct Vendor<const BUG: u8>;

type Toy = Vendor<0>;
/// What vouches for a platform is not compared.
const IGNORES_CHAIN: u8 = 1;
/// Any platform is taken for any other.
const IGNORES_MACHINE: u8 = 2;
/// Collateral that changes is not noticed.
const IGNORES_COLLATERAL: u8 = 3;
/// Dates and revocation are not asked for at each use.
const IGNORES_TIME: u8 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Quote {
    /// Which machine.
    machine: u8,
    /// Which of its keys.
    key: u8,
    /// The chain's signature: right where it equals the machine.
    chain: u8,
    svn: u8,
    /// Right where it equals the key.
    signature: u8,
    /// Signed by nobody.
    tail: u8,
}

#[derive(Clone, Debug)]
struct Machine {
    machine: u8,
    key: u8,
    chain: u8,
}

/// Least SVN for UpToDate, revoked machines, last instant.
#[derive(Clone, Debug)]
struct Levels {
    least: u8,
    revoked: BTreeSet<u8>,
    until: u64,
}

fn name(bytes: &[u8]) -> Name {
    let mut name = [0; 32];
    name[..bytes.len()].copy_from_slice(bytes);
    name
}

fn fault(what: &'static str) -> Fault {
    Fault::Unsupported { what, remedy: "none" }
}

const LIST: Artifact = Artifact { name: "levels", index: None };

impl<const BUG: u8> Stages for Vendor<BUG> {
    type Evidence<'a> = Quote;
    type Collateral = Levels;
    type Platform = Machine;
    type Facts = u8;
    type Statement = (u8, TcbStatus);

    fn hint(quote: Quote) -> Name {
        name(&[quote.key])
    }

    fn key(quote: Quote) -> Option<Key> {
        Some(Key { platform: name(&[quote.machine, quote.key]), owner: name(&[quote.machine]) })
    }

    fn platform(&self, quote: Quote, _: &Levels) -> Result<Machine, Refused> {
        let Quote { machine, key, chain, .. } = quote;
        if chain == machine { Ok(Machine { machine, key, chain }) } else { Err(fault("chain").into()) }
    }

    fn is_of(it: &Machine, quote: Quote) -> bool {
        match BUG {
            IGNORES_CHAIN => (it.machine, it.key) == (quote.machine, quote.key),
            IGNORES_MACHINE => true,
            _ => (it.machine, it.key, it.chain) == (quote.machine, quote.key, quote.chain),
        }
    }

    /// A machine's certificate ends at 100 times its number.
    fn window(it: &Machine) -> Window {
        let end = 100 * (u64::from(it.machine) + 1);
        Window::new(Timestamp(0), Timestamp(end), Artifact { name: "certificate", index: Some(0) })
    }

    fn id(it: &Machine) -> Option<PlatformId> {
        Some(PlatformId::Ppid([it.machine; 16]))
    }

    fn facts(_: &Machine, quote: Quote) -> u8 {
        quote.svn
    }

    fn rate(it: &Machine, svn: &u8, levels: &Levels, _: Timestamp) -> Rated {
        let window = Some(Window::new(Timestamp(0), Timestamp(levels.until), LIST));
        if levels.revoked.contains(&it.machine) {
            return Rated { standing: Standing::Revoked { why: "revoked".into() }, window };
        }
        let status = if *svn >= levels.least { TcbStatus::UpToDate } else { TcbStatus::OutOfDate };
        let advisories =
            if *svn >= levels.least { [].into() } else { [format!("SA-{}", levels.least)].into() };
        Rated { standing: Standing::Rated { status, advisories }, window }
    }

    fn is_rated(standing: &Standing, it: &Machine, svn: &u8, levels: &Levels, now: Timestamp) -> bool {
        BUG == IGNORES_COLLATERAL || Self::rate(it, svn, levels, now).standing == *standing
    }

    fn appraise(
        it: &Machine,
        quote: Quote,
        levels: &Levels,
        now: Timestamp,
    ) -> Result<(u8, TcbStatus), Refused> {
        if quote.signature != quote.key {
            return Err(fault("signature").into());
        }
        if BUG == IGNORES_TIME {
            return Ok((quote.svn, TcbStatus::UpToDate));
        }
        let Rated { standing, window } = Self::rate(it, &quote.svn, levels, now);
        let mut faults = Self::window(it).faults(now);
        faults.extend(window.into_iter().flat_map(|it| it.faults(now)));
        match standing {
            Standing::Rated { status, .. } if faults.is_empty() => Ok((quote.svn, status)),
            Standing::Rated { .. } => Err(Refused { faults, claims: Some(claims()) }),
            _ => Err(Refused { faults: vec![fault("revoked")], claims: Some(claims()) }),
        }
    }
}

fn claims() -> Box<Claims> {
    let zero = Measurement([0; 32]);
    let body = SgxBody {
        cpu_svn: [0; 16],
        misc_select: 0,
        isv_ext_prod_id: [0; 16],
        attribute_flags: 0,
        xfrm: 0,
        mr_enclave: zero,
        mr_signer: zero,
        config_id: ReportData([0; 64]),
        isv_prod_id: 0,
        isv_svn: 0,
        config_svn: 0,
        isv_family_id: [0; 16],
        report_data: ReportData([0; 64]),
    };
    Box::new(Claims {
        root: Fingerprint([0; 32]),
        window: Window::ALWAYS,
        platform: None,
        tcb: None,
        not_checked: [].into(),
        body: Body::Software(body),
    })
}

#[derive(Clone, Debug)]
enum Step {
    Verify(Quote),
    Collateral(Levels),
    Pass(u64),
}

fn quote() -> impl Strategy<Value = Quote> {
    // Mostly right, so that platforms are remembered and wrong ones meet them.
    (0..4u8, 0..4u8, any::<u8>(), 0..6u8, any::<u8>(), any::<u8>()).prop_map(
        |(machine, key, wrong, svn, bad, tail)| {
            let chain = if wrong < 40 { machine.wrapping_add(1) } else { machine };
            let signature = if bad < 40 { key.wrapping_add(1) } else { key };
            Quote { machine, key, chain, svn, signature, tail }
        },
    )
}

fn levels() -> impl Strategy<Value = Levels> {
    let revoked = proptest::collection::btree_set(0..4u8, 0..2);
    (0..6u8, revoked, 50..600u64).prop_map(|(least, revoked, until)| Levels { least, revoked, until })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => quote().prop_map(Step::Verify),
        1 => levels().prop_map(Step::Collateral),
        1 => (0..60u64).prop_map(Step::Pass),
    ]
}

const BOUNDS: Bounds = Bounds { platforms: 6, per_certificate: 3 };

fn first() -> Levels {
    Levels { least: 2, revoked: [].into(), until: 300 }
}

/// Whoever was told that a platform is worth something knows that, or was told otherwise.
fn history<const BUG: u8>(steps: &[Step]) -> Result<(), String> {
    let (mut levels, mut now) = (first(), Timestamp(1));
    let mut platforms = Platforms::new(Vendor::<BUG>, levels.clone(), 0, BOUNDS);
    // What each holder of a verdict believes: by machine, key and SVN.
    let mut believed: std::collections::BTreeMap<String, (Quote, Standing)> = Default::default();
    for (nth, step) in steps.iter().enumerate() {
        let events = match step {
            Step::Pass(span) => {
                now = Timestamp(now.0 + span);
                Vec::new()
            }
            Step::Collateral(it) => {
                levels = it.clone();
                platforms.replace(levels.clone(), nth as u64, now)
            }
            Step::Verify(quote) => {
                let alone = Vendor::<0>
                    .platform(*quote, &levels)
                    .and_then(|it| Toy::appraise(&it, *quote, &levels, now));
                let examined = platforms.examine(*quote, now);
                if examined.outcome != alone {
                    return Err(format!("step {nth}: {:?}, alone {alone:?}", examined.outcome));
                }
                let holder = format!("{} {} {}", quote.machine, quote.key, quote.svn);
                let holds = examined.learnt.platform().is_some();
                let events = platforms.learn(examined.learnt, Some(&holder), now);
                if holds {
                    let machine = Machine { machine: quote.machine, key: quote.key, chain: quote.chain };
                    believed.insert(holder, (*quote, Toy::rate(&machine, &quote.svn, &levels, now).standing));
                }
                events
            }
        };
        for event in events {
            match event {
                Event::Standing(change) => {
                    for subject in &change.subjects {
                        believed.entry(subject.clone()).and_modify(|it| it.1 = change.after.clone());
                    }
                }
                Event::Forgotten { subjects, .. } => subjects.iter().for_each(|it| _ = believed.remove(it)),
            }
        }
        for (holder, (quote, standing)) in &believed {
            let machine = Machine { machine: quote.machine, key: quote.key, chain: quote.chain };
            let is = Toy::rate(&machine, &quote.svn, &levels, now).standing;
            if *standing != is {
                return Err(format!("step {nth}: {holder} believes {standing}, and it is {is}"));
            }
        }
        if platforms.len() > BOUNDS.platforms {
            return Err(format!("step {nth}: {} platforms", platforms.len()));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn a_verdict_is_the_same_with_and_without_memory_and_whoever_holds_one_is_told(
        steps in proptest::collection::vec(step(), 0..80)
    ) {
        prop_assert_eq!(history::<0>(&steps), Ok(()));
    }

    #[test]
    fn unsigned_bytes_neither_miss_nor_fill_the_memory(quote in quote(), tails in proptest::collection::vec(any::<u8>(), 1..20)) {
        let quote = Quote { chain: quote.machine, signature: quote.key, ..quote };
        let mut platforms = Platforms::new(Vendor::<0>, first(), 0, BOUNDS);
        let learnt = platforms.examine(quote, Timestamp(1)).learnt;
        platforms.learn(learnt, None, Timestamp(1));
        for tail in tails {
            let examined = platforms.examine(Quote { tail, ..quote }, Timestamp(1));
            prop_assert!(!examined.learnt.is_new());
            platforms.learn(examined.learnt, None, Timestamp(1));
        }
        prop_assert_eq!(platforms.len(), 1);
    }

    #[test]
    fn the_cache_keeps_its_bounds_and_what_was_used_last(
        uses in proptest::collection::vec((0..12u8, 0..3u8, 1..100u64), 1..80)
    ) {
        let mut cache = Cache::new(5, 2);
        for (key, owner, lapses) in uses {
            let owner = 100 + (key + owner) % 3;
            let held = cache.len();
            let had = cache.get(&key).is_some();
            let gone = cache.insert(key, owner, key, Timestamp(lapses), Timestamp(50));
            prop_assert_eq!(held + usize::from(!had), cache.len() + gone.len());
            prop_assert!(cache.len() <= 5 && cache.get(&key).is_some());
            for owner in 100..103 {
                prop_assert!(cache.iter().filter(|(it, _)| cache.owner(it) == Some(owner)).count() <= 2);
            }
        }
    }
}

/// Looks for a history that betrays a bug.
fn is_caught<const BUG: u8>() -> bool {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let steps = proptest::collection::vec(step(), 60);
    (0..200).any(|_| {
        let steps = proptest::strategy::ValueTree::current(&steps.new_tree(&mut runner).expect("steps"));
        history::<BUG>(&steps).is_err()
    })
}

#[test]
fn every_seeded_bug_is_caught() {
    assert!(!is_caught::<0>());
    assert!(is_caught::<IGNORES_CHAIN>(), "a forged chain passes behind a good one");
    assert!(is_caught::<IGNORES_MACHINE>(), "one platform's verdict is given for another");
    assert!(is_caught::<IGNORES_COLLATERAL>(), "nobody is told");
    assert!(is_caught::<IGNORES_TIME>(), "served past its expiry");
}

fn good(machine: u8, key: u8, svn: u8) -> Quote {
    Quote { machine, key, chain: machine, svn, signature: key, tail: 0 }
}

fn learn(platforms: &mut Platforms<Toy>, quote: Quote, subject: &str) -> Vec<Event> {
    let learnt = platforms.examine(quote, Timestamp(1)).learnt;
    platforms.learn(learnt, Some(subject), Timestamp(1))
}

#[test]
fn a_machine_that_makes_keys_pushes_out_its_own_entries_only() {
    let mut platforms = Platforms::new(Vendor::<0>, first(), 0, BOUNDS);
    learn(&mut platforms, good(0, 0, 2), "node-a");
    for key in 0..100 {
        let events = learn(&mut platforms, good(1, key, 2), "node-b");
        let about_a =
            |it: &Event| matches!(it, Event::Forgotten { subjects, .. } if subjects.contains("node-a"));
        assert!(!events.iter().any(about_a));
    }
    assert!(platforms.knows(good(0, 0, 2)));
    assert_eq!(platforms.len(), 1 + BOUNDS.per_certificate);
}

#[test]
fn subjects_and_security_versions_of_one_platform_are_bounded_and_nobody_is_dropped_silently() {
    let mut platforms = Platforms::new(Vendor::<0>, first(), 0, BOUNDS);
    for nth in 0..SUBJECTS_OF_PLATFORM {
        assert_eq!(learn(&mut platforms, good(0, 0, 2), &format!("pod {nth}")), []);
    }
    let dropped = |events: &[Event], who: &str| {
        events.iter().any(|it| matches!(it, Event::Forgotten { subjects, .. } if subjects.contains(who)))
    };
    assert!(dropped(&learn(&mut platforms, good(0, 0, 2), "one more"), "one more"));
    let mut events = Vec::new();
    for svn in 3..=3 + FACTS_OF_PLATFORM as u8 {
        events.extend(learn(&mut platforms, good(0, 0, svn), &format!("svn {svn}")));
    }
    assert!(dropped(&events, "pod 0"));
}

#[test]
fn what_was_learnt_under_old_collateral_counts_under_the_new() {
    let mut platforms = Platforms::new(Vendor::<0>, first(), 0, BOUNDS);
    let learnt = platforms.examine(good(0, 0, 2), Timestamp(1)).learnt;
    platforms.replace(Levels { least: 5, ..first() }, 1, Timestamp(1));
    platforms.learn(learnt, Some("node"), Timestamp(1));
    let events = platforms.replace(first(), 2, Timestamp(1));
    let [Event::Standing(change)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((change.course, change.generation), (Course::Restored, 2));
}

#[test]
fn a_forecast_changes_nothing_and_names_who_falls_by_what_and_what_lapses() {
    let mut platforms = Platforms::new(Vendor::<0>, first(), 0, BOUNDS);
    learn(&mut platforms, good(0, 0, 2), "node-a");
    learn(&mut platforms, good(1, 0, 5), "node-b");
    let early = Levels { least: 4, until: 900, ..first() };
    let mut forecast = platforms.forecast(Some(&early), Timestamp(1), Timestamp(150));
    let [fall] = forecast.falls.as_slice() else { panic!("{forecast:?}") };
    assert_eq!((fall.course, &fall.subject.subjects), (Course::Revoked, &["node-a".to_owned()].into()));
    assert_eq!(fall.advisories, ["SA-4".to_owned()].into());
    let [expiry] = forecast.expiries.as_slice() else { panic!("{forecast:?}") };
    assert_eq!(expiry.at, Timestamp(100), "node-a's certificate; the rest is beyond the horizon");
    forecast.add_results([("soon", Timestamp(90)), ("later", Timestamp(151))], Timestamp(1), Timestamp(150));
    assert_eq!(forecast.expiries.len(), 2);
    assert_eq!(forecast.expiries[0].at, Timestamp(90));
    assert_eq!(platforms.rematch(Timestamp(1)), []);
}
