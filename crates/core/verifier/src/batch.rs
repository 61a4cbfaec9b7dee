//! Many pieces of evidence at once: each different one is verified once, platform by platform.
//!
//! [`Plan::of`] says what the jobs are; they are independent, and whoever has threads runs them in any
//! order. [`Plan::assemble`] puts the answers where they belong: one for each input, in its order.

use std::collections::BTreeMap;
use std::ops::Range;

/// Pieces of one platform that one job verifies: enough for the platform's own verification to be
/// little beside them, and few enough that one platform's evidence keeps several threads busy.
pub const JOB_LEN: usize = 64;

/// Which inputs are verified by which job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The first of each set of equal inputs, in the order of jobs.
    order: Vec<usize>,
    jobs: Vec<Range<usize>>,
    /// Of each input, where in `order` the one equal to it is.
    place: Vec<usize>,
}

impl Plan {
    /// Plans inputs, each given by what makes it equal to another and by its platform.
    #[must_use]
    pub fn of<E: Ord, P: Ord>(inputs: impl IntoIterator<Item = (E, P)>) -> Self {
        let mut platforms: BTreeMap<P, Vec<usize>> = BTreeMap::new();
        let mut firsts: BTreeMap<E, usize> = BTreeMap::new();
        let mut first_of = Vec::new();
        for (nth, (evidence, platform)) in inputs.into_iter().enumerate() {
            let first = *firsts.entry(evidence).or_insert(nth);
            if first == nth {
                platforms.entry(platform).or_default().push(nth);
            }
            first_of.push(first);
        }
        let (mut order, mut jobs) = (Vec::with_capacity(firsts.len()), Vec::new());
        for of_platform in platforms.into_values() {
            for job in of_platform.chunks(JOB_LEN) {
                let start = order.len();
                order.extend_from_slice(job);
                jobs.push(start..order.len());
            }
        }
        let at: BTreeMap<usize, usize> = order.iter().enumerate().map(|(at, first)| (*first, at)).collect();
        let place = first_of.iter().map(|first| at.get(first).copied().unwrap_or(usize::MAX)).collect();
        Self { order, jobs, place }
    }

    /// How many jobs there are.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.jobs.len()
    }

    /// The inputs that a job verifies, in this order. Empty for a job that there is not.
    #[must_use]
    pub fn inputs(&self, job: usize) -> &[usize] {
        self.jobs.get(job).and_then(|it| self.order.get(it.clone())).unwrap_or_default()
    }

    /// Inputs that are verified: those that equal no earlier one.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.order.len()
    }

    /// The answer to each input, of each job's answers in the order of jobs; `None` where a job gave
    /// fewer answers than it has inputs.
    #[must_use]
    pub fn assemble<T: Clone>(&self, answers: Vec<Vec<T>>) -> Option<Vec<T>> {
        let complete = answers.len() == self.jobs.len()
            && answers.iter().zip(&self.jobs).all(|(answers, job)| answers.len() == job.len());
        if !complete {
            return None;
        }
        let flat: Vec<T> = answers.into_iter().flatten().collect();
        self.place.iter().map(|at| flat.get(*at).cloned()).collect()
    }

    /// Has the jobs run and puts their answers together.
    pub fn run<T: Clone + Send>(
        &self,
        executor: &impl Executor,
        job: &(impl Fn(&[usize]) -> Vec<T> + Sync),
    ) -> Option<Vec<T>> {
        self.assemble(executor.run(self.jobs(), &|nth| job(self.inputs(nth))))
    }
}

/// Runs jobs that do not depend on each other.
pub trait Executor {
    /// Calls `work` once for each number below `jobs`, in any order and on any thread, and answers in
    /// the order of numbers.
    fn run<T: Send>(&self, jobs: usize, work: &(impl Fn(usize) -> T + Sync)) -> Vec<T>;
}

/// Runs one job after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sequential;

impl Executor for Sequential {
    fn run<T: Send>(&self, jobs: usize, work: &(impl Fn(usize) -> T + Sync)) -> Vec<T> {
        (0..jobs).map(work).collect()
    }
}
