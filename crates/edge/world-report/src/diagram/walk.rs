//! Everything that the state machine does in a setting: a walk through all states, breadth first.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use casemate_world::{Config, CpuId, Event, Outcome, State, step};
use casemate_world_model::{Happening, Setting, What};

/// One step that was taken.
pub(super) struct Taken<'a> {
    pub(super) config: &'a Config,
    pub(super) cpu: CpuId,
    pub(super) event: Event,
    pub(super) before: &'a State,
    pub(super) outcome: Outcome,
    pub(super) after: &'a State,
}

/// Takes every step that can be taken from every state there is, and shows each. Tells how many states there are; a
/// setting without sense has none.
pub(super) fn walk(setting: &Setting, mut see: impl FnMut(&Taken<'_>)) -> usize {
    let mut seen = BTreeSet::new();
    let mut waiting: VecDeque<_> = setting.begin().into_iter().collect();
    seen.extend(waiting.iter().map(hash));
    let mut happenings = Vec::new();
    while let Some(scene) = waiting.pop_front() {
        happenings.clear();
        setting.happenings(&scene, &mut happenings);
        for Happening { cpu, what } in happenings.iter().copied() {
            if let What::Event(event) = what {
                let mut after = scene.state;
                let outcome = step(&mut after, &setting.config, cpu, event);
                see(&Taken {
                    config: &setting.config,
                    cpu,
                    event,
                    before: &scene.state,
                    outcome,
                    after: &after,
                });
            }
            let next = setting.follow(&scene, Happening { cpu, what });
            if seen.insert(hash(&next)) {
                waiting.push_back(next);
            }
        }
    }
    seen.len()
}

/// Two scenes with one hash are taken for one; among some hundred thousand there is none such pair.
fn hash(scene: &casemate_world_model::Scene) -> u64 {
    let mut hasher = DefaultHasher::new();
    scene.hash(&mut hasher);
    hasher.finish()
}
