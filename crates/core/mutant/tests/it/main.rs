//! The deciders under the judge: honest, and with each seeded bug.
//!
//! What a decider answers is translated here and nothing is computed: the arithmetic is the checker's.
//! Schedules are drawn from a seed, so that a failure can be repeated.

mod contest;
mod crowded;
mod dice;
#[cfg(not(feature = "mutants"))]
mod honest;
mod lives;
mod moves;
mod paging;
mod places;
#[cfg(feature = "mutants")]
mod remembered;
#[cfg(feature = "mutants")]
mod seeded;
mod stage;
mod trust;
#[cfg(feature = "mutants")]
mod worlds;
