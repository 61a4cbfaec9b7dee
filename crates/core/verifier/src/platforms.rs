//! Platforms of one vendor that were verified, and what collateral says of each now.
//!
//! A platform is verified once; from then on a piece of its evidence costs one signature. What is
//! remembered is never served as it was: every use compares the bytes that vouch for the platform, asks
//! the time, and goes by the collateral in force. So a verdict is the same with and without this memory.
//!
//! Reading ([`Platforms::examine`]) takes `&self`, so any number of threads read at once; what was
//! learnt is put in afterwards ([`Platforms::learn`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use casemate_attest::Refused;
use casemate_model::Timestamp;
use casemate_mutant::{Mutant, active as seeded};

use crate::cache::Cache;
use crate::forecast::{Expiry, Fall, Forecast, Subject};
use crate::queue::Name;
use crate::stages::{Key, Stages};
use crate::standing::{Change, Course, Event, Standing};

/// Subjects that are told of one platform's changes.
pub const SUBJECTS_OF_PLATFORM: usize = 64;
/// Different security versions that are remembered of one platform: its trust domains may have been
/// launched under several.
pub const FACTS_OF_PLATFORM: usize = 4;

/// What is remembered at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Platforms. One takes about 5 KiB, most of which are its certificates.
    pub platforms: usize,
    /// Of them, with the same certificate: keys that one machine made.
    pub per_certificate: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { platforms: 32_768, per_certificate: 4 }
    }
}

/// Platforms of one vendor.
pub struct Platforms<S: Stages> {
    stages: S,
    collateral: S::Collateral,
    generation: u64,
    cache: Cache<Name, Remembered<S>>,
    /// Where to look first.
    hints: BTreeMap<Name, Name>,
}

struct Remembered<S: Stages> {
    platform: S::Platform,
    hint: Name,
    worth: BTreeMap<S::Facts, Worth>,
}

struct Worth {
    standing: Standing,
    subjects: BTreeSet<String>,
}

/// The answer to a piece of evidence, and what is to be remembered of it.
pub struct Examined<S: Stages> {
    /// The verdict.
    pub outcome: Result<S::Statement, Refused>,
    /// To be handed to [`Platforms::learn`].
    pub learnt: Learnt<S>,
}

/// What was learnt from a piece of evidence whose every signature holds.
pub struct Learnt<S: Stages>(Option<Lesson<S>>);

struct Lesson<S: Stages> {
    key: Key,
    hint: Name,
    facts: S::Facts,
    /// `None` where it is remembered.
    platform: Option<Box<S::Platform>>,
}

impl<S: Stages> Learnt<S> {
    /// Whether the platform was verified for this evidence, which is what memory is to save.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.0.as_ref().is_some_and(|it| it.platform.is_some())
    }

    /// The platform; `None` where evidence does not hold.
    #[must_use]
    pub fn platform(&self) -> Option<Name> {
        self.0.as_ref().map(|it| it.key.platform)
    }
}

impl<S: Stages> Platforms<S> {
    /// None yet. `generation` numbers `collateral`.
    pub fn new(stages: S, collateral: S::Collateral, generation: u64, bounds: Bounds) -> Self {
        let cache = Cache::new(bounds.platforms, bounds.per_certificate);
        Self { stages, collateral, generation, cache, hints: BTreeMap::new() }
    }

    /// Platforms remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cache.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cache.is_empty()
    }

    /// The collateral in force.
    #[must_use]
    pub const fn collateral(&self) -> &S::Collateral {
        &self.collateral
    }

    /// Its number.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether evidence is of a platform that is remembered: then it costs one signature.
    #[must_use]
    pub fn knows(&self, evidence: S::Evidence<'_>) -> bool {
        self.find(evidence).is_some()
    }

    /// What a platform is remembered by that is to be verified for this evidence, and nothing where it is
    /// known or cannot be remembered.
    pub fn flight(&self, evidence: S::Evidence<'_>) -> Option<Name> {
        S::key(evidence).map(|it| it.platform).filter(|_| !self.knows(evidence))
    }

    /// Verifies a piece of evidence at the instant `now`.
    pub fn examine(&self, evidence: S::Evidence<'_>, now: Timestamp) -> Examined<S> {
        let hint = S::hint(evidence);
        if let Some((key, it)) = self.find(evidence) {
            return self.appraise(&it.platform, evidence, now, || Some((key, None)), hint);
        }
        match self.stages.platform(evidence, &self.collateral) {
            Err(refused) => Examined { outcome: Err(refused), learnt: Learnt(None) },
            Ok(platform) => {
                let is_current = S::window(&platform).contains(now) || seeded(Mutant::MemoryIgnoresExpiry);
                let key = S::key(evidence).filter(|_| is_current);
                let found = || key.map(|key| (key, Some(Box::new(platform.clone()))));
                self.appraise(&platform, evidence, now, found, hint)
            }
        }
    }

    /// Only evidence whose every signature holds teaches anything.
    fn appraise(
        &self,
        platform: &S::Platform,
        evidence: S::Evidence<'_>,
        now: Timestamp,
        found: impl FnOnce() -> Option<(Key, Option<Box<S::Platform>>)>,
        hint: Name,
    ) -> Examined<S> {
        let outcome = S::appraise(platform, evidence, &self.collateral, now);
        let holds = outcome.as_ref().err().is_none_or(|refused| refused.claims.is_some())
            || seeded(Mutant::MemoryLearnsOfRefused);
        let facts = || S::facts(platform, evidence);
        let lesson = holds.then(found).flatten();
        let lesson = lesson.map(|(key, platform)| Lesson { key, hint, facts: facts(), platform });
        Examined { outcome, learnt: Learnt(lesson) }
    }

    /// The platform of evidence: where the hint says, or by its key.
    fn find(&self, evidence: S::Evidence<'_>) -> Option<(Key, &Remembered<S>)> {
        let is_of =
            |it: &&Remembered<S>| S::is_of(&it.platform, evidence) || seeded(Mutant::MemoryIgnoresBytes);
        let get = |name: &Name| {
            let it = self.cache.get(name).filter(is_of)?;
            let owner = self.cache.owner(name)?;
            Some((Key { platform: *name, owner }, it))
        };
        self.hints.get(&S::hint(evidence)).and_then(get).or_else(|| get(&S::key(evidence)?.platform))
    }

    /// Remembers what was learnt. `subject` is whose verdict it was, to be told when the platform's
    /// standing changes; `None` where nobody keeps the verdict.
    pub fn learn(&mut self, learnt: Learnt<S>, subject: Option<&str>, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        let Some(Lesson { key, hint, facts, platform }) = learnt.0 else { return events };
        let name = key.platform;
        if let Some(platform) = platform {
            let lapses = S::window(&platform).not_after();
            let known = self.cache.remove(&name).map(|it| it.worth).unwrap_or_default();
            let entry = Remembered { platform: *platform, hint, worth: known };
            for (gone, it) in self.cache.insert(name, key.owner, entry, lapses, now) {
                if self.hints.get(&it.hint) == Some(&gone) {
                    self.hints.remove(&it.hint);
                }
                events.extend(forgotten::<S>(gone, &it.platform, it.worth.into_values()));
            }
            self.hints.insert(hint, name);
        }
        self.cache.touch(&name);
        let Some(it) = self.cache.get_mut(&name) else { return events };
        // Under the collateral in force now, which need not be that of the examination.
        let platform = &it.platform;
        let worth = it.worth.entry(facts.clone()).or_insert_with(|| Worth {
            standing: S::rate(platform, &facts, &self.collateral, now).standing,
            subjects: BTreeSet::new(),
        });
        if let Some(subject) = subject.filter(|_| !seeded(Mutant::MemoryForgetsSubjects)) {
            if worth.subjects.len() < SUBJECTS_OF_PLATFORM || worth.subjects.contains(subject) {
                worth.subjects.insert(subject.to_owned());
            } else {
                let subjects = [subject.to_owned()].into();
                events.push(Event::Forgotten { platform: name, id: S::id(&it.platform), subjects });
            }
        }
        while it.worth.len() > FACTS_OF_PLATFORM {
            let Some(other) = it.worth.keys().find(|other| **other != facts).cloned() else { break };
            events.extend(forgotten::<S>(name, &it.platform, it.worth.remove(&other)));
        }
        events
    }

    /// Nobody is to be told of this subject any more.
    pub fn dismiss(&mut self, subject: &str) {
        for (_, it) in self.cache.iter_mut() {
            it.worth.values_mut().for_each(|worth| _ = worth.subjects.remove(subject));
        }
    }

    /// Puts collateral in force and looks every platform up in it anew, without cryptography. Answers
    /// what changed, in the order of platforms' names.
    pub fn replace(&mut self, collateral: S::Collateral, generation: u64, now: Timestamp) -> Vec<Event> {
        (self.collateral, self.generation) = (collateral, generation);
        self.rematch(now)
    }

    /// Looks every platform up anew: collateral says less once it has lapsed.
    pub fn rematch(&mut self, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        for (name, it) in self.cache.iter_mut() {
            for (facts, worth) in &mut it.worth {
                if S::is_rated(&worth.standing, &it.platform, facts, &self.collateral, now) {
                    continue;
                }
                let after = S::rate(&it.platform, facts, &self.collateral, now).standing;
                let Some(course) = Course::between(&worth.standing, &after) else { continue };
                if seeded(Mutant::MemoryTellsNobody) {
                    continue;
                }
                let before = std::mem::replace(&mut worth.standing, after.clone());
                events.push(Event::Standing(Box::new(Change {
                    platform: *name,
                    id: S::id(&it.platform),
                    course,
                    advisories: after.advisories().difference(&before.advisories()).cloned().collect(),
                    before,
                    after,
                    generation: self.generation,
                    subjects: worth.subjects.clone(),
                })));
            }
        }
        events
    }

    /// What would become of every platform under `early`, collateral that is not in force yet, and what
    /// lapses until `horizon` as things are.
    pub fn forecast(&self, early: Option<&S::Collateral>, now: Timestamp, horizon: Timestamp) -> Forecast {
        let mut forecast = Forecast::default();
        for (name, it) in self.cache.iter() {
            for (facts, worth) in &it.worth {
                let subjects = worth.subjects.clone();
                let subject = Subject { platform: *name, id: S::id(&it.platform), subjects };
                let rated = S::rate(&it.platform, facts, &self.collateral, now).window;
                for window in [Some(S::window(&it.platform)), rated].into_iter().flatten() {
                    forecast.expiries.extend(Expiry::within(window, now, horizon, Some(subject.clone())));
                }
                let Some(early) = early else { continue };
                let rated = S::rate(&it.platform, facts, early, now);
                let (before, after) = (worth.standing.clone(), rated.standing);
                let Some(course) = Course::between(&before, &after) else { continue };
                let advisories = after.advisories().difference(&before.advisories()).cloned().collect();
                let not_before = rated.window.map_or(now, |it| it.not_before());
                forecast.falls.push(Fall { subject, course, before, after, advisories, not_before });
            }
        }
        forecast.sort();
        forecast
    }
}

impl<S: Stages> fmt::Debug for Platforms<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Platforms({} under generation {})", self.len(), self.generation)
    }
}

impl<S: Stages> fmt::Debug for Learnt<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Learnt(new: {})", self.is_new())
    }
}

/// Of those who rested on what is forgotten, if there are any.
fn forgotten<S: Stages>(
    name: Name,
    platform: &S::Platform,
    worth: impl IntoIterator<Item = Worth>,
) -> Option<Event> {
    let subjects: BTreeSet<_> = worth.into_iter().flat_map(|it| it.subjects).collect();
    let id = S::id(platform);
    (!subjects.is_empty()).then_some(Event::Forgotten { platform: name, id, subjects })
}
