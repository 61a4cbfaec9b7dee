//! Each seeded bug, and the rule it must be caught by.

use std::collections::BTreeSet;

use casemate_checker::{Findings, Rule};
use casemate_mutant::{Mutant, with};

use crate::{contest, crowded, lives, moves, paging, places, remembered, trust, worlds};

/// Bugs may need a rare situation: this many schedules are tried before one counts as missed.
const SEEDS: u64 = 32;

/// Where a bug sits, and what it breaks.
fn caught_by(mutant: Mutant) -> (fn(u64) -> Findings, Rule) {
    match mutant {
        Mutant::PolicyIgnoresExpiry => (trust::schedule, Rule::EvidenceNotValid),
        Mutant::PolicyIgnoresDebug => (trust::schedule, Rule::DebugAffirmed),
        Mutant::PolicyIgnoresMeasurement => (trust::schedule, Rule::WitnessMisstatesMeasurement),
        Mutant::PolicyIgnoresLifetime => (trust::schedule, Rule::WitnessOutlivesEvidence),
        Mutant::PolicyReopensForAnybody => (trust::schedule, Rule::WitnessMisstatesMeasurement),
        Mutant::PolicyReopensForEver => (trust::schedule, Rule::WitnessOutlivesEvidence),
        Mutant::PlacementIgnoresTee => (places::schedule, Rule::WrongTee),
        Mutant::PlacementIgnoresLapse => (places::schedule, Rule::StalePlatformWitness),
        Mutant::PlacementTrustsAnybody => (places::schedule, Rule::NoPlatformWitness),
        Mutant::PlacementOvercommitsEpc => (places::schedule, Rule::EpcOvercommitted),
        Mutant::PlacementIgnoresNeighbours => (places::schedule, Rule::AntiAffinityIgnored),
        Mutant::PlacementForgetsOthersScope => (places::schedule, Rule::OthersExclusiveIgnored),
        Mutant::PlacementForgetsOwnScope => (places::schedule, Rule::ExclusiveIgnored),
        Mutant::PlacementSplitsCores => (places::schedule, Rule::CpuOvercommitted),
        Mutant::PlacementIgnoresNeeds => (places::schedule, Rule::NeedsIgnored),
        Mutant::PlacementIgnoresNodeName => (places::schedule, Rule::NodeNameIgnored),
        Mutant::PlacementAcceptsUnwitnessedTee => (places::schedule, Rule::NoPlatformWitness),
        Mutant::PlacementForgetsDrains => (places::schedule, Rule::DrainForgotten),
        Mutant::PlacementForgetsOverhead => (places::schedule, Rule::MemoryOvercommitted),
        Mutant::PlacementForgetsOverheadKeys => (places::schedule, Rule::KeySlotsOvercommitted),
        Mutant::PlacementForgetsInit => (places::schedule, Rule::EpcOvercommitted),
        Mutant::PlacementIgnoresSelector => (places::schedule, Rule::NodeSelectorIgnored),
        Mutant::PlacementIgnoresTaints => (places::schedule, Rule::TaintIgnored),
        Mutant::PlacementKeepsReservations => (places::schedule, Rule::WaitsThoughItFits),
        Mutant::PlacementDisplacesEquals => (crowded::schedule, Rule::VictimNotLower),
        Mutant::PlacementDisplacesNeedlessly => (crowded::schedule, Rule::NeedlessVictim),
        Mutant::PlacementDisplacesForUnattested => (crowded::schedule, Rule::PreemptedForUnattested),
        Mutant::PlacementIgnoresBudgets => (crowded::schedule, Rule::BudgetIgnored),
        Mutant::PlacementMovesEnclavesLive => (moves::schedule, Rule::MoveImpossible),
        Mutant::PlacementIgnoresUnits => (crowded::schedule, Rule::UnitsMisstated),
        Mutant::PlacementSumsNuma => (crowded::schedule, Rule::NumaMisstated),
        Mutant::PlacementOvercommitsExclusive => (crowded::schedule, Rule::EpcOvercommitted),
        Mutant::PlacementIgnoresSlowdown => (crowded::schedule, Rule::SlowedDown),
        Mutant::PodStartsBesideInit => (lives::schedule, Rule::EnteredBeforeInit),
        Mutant::PodForgetsBound => (lives::schedule, Rule::RestartBeyondBound),
        Mutant::PodRestartsSucceeded => (lives::schedule, Rule::RestartAgainstPolicy),
        Mutant::PodRestartsDistrusted => (lives::schedule, Rule::RestartAgainstPolicy),
        Mutant::PodKeepsInstance => (lives::schedule, Rule::EnclaveIdReused),
        Mutant::EnclaveIgnoresLapse => (trust::schedule, Rule::EntryOnStaleWitness),
        Mutant::EnclaveIgnoresSubject => (trust::schedule, Rule::EntryWithoutWitness),
        Mutant::EpcReusesVersion => (paging::schedule, Rule::VersionNotGrowing),
        Mutant::EpcLoadsFirstCopy => (paging::schedule, Rule::PageReplayed),
        Mutant::EpcForgetsSealedCopy => (paging::schedule, Rule::PageReplayed),
        Mutant::EpcEvictsRunning => (paging::schedule, Rule::EvictedWhileRunning),
        Mutant::EpcForgetsGuarantee => (paging::schedule, Rule::GuaranteeBroken),
        Mutant::CpuIgnoresEligibility => (contest::schedule, Rule::IneligiblePicked),
        Mutant::CpuIgnoresDeadlines => (contest::schedule, Rule::LaterDeadlinePicked),
        Mutant::CpuIgnoresWeight => (contest::schedule, Rule::Mischarged),
        Mutant::CpuIdlesOnDebtors => (contest::schedule, Rule::IdleWithWork),
        other => unreachable!("{other:?} is no decider's"),
    }
}

#[test]
fn every_seeded_bug_is_caught_by_the_rule_it_breaks() {
    let mut missed = Vec::new();
    for &mutant in Mutant::ALL.iter().filter(|it| !remembered::has(**it) && !worlds::has(**it)) {
        let (schedule, rule) = caught_by(mutant);
        let mut broken = BTreeSet::new();
        for seed in 0..SEEDS {
            let honest = schedule(seed);
            assert!(honest.is_clean(), "without {mutant:?}, seed {seed}: {:#?}", honest.violations);
            let findings = with(mutant, || schedule(seed));
            broken.extend(findings.violations.iter().map(|violation| violation.rule));
        }
        println!("{mutant:?}: {broken:?}");
        if !broken.contains(&rule) {
            missed.push((mutant, rule, broken));
        }
    }
    assert!(missed.is_empty(), "bug, rule it should break, rules it broke: {missed:#?}");
    worlds::every_bug_is_caught();
}
