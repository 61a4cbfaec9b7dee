//! The contest for the CPU: who is picked, and what it is charged.
//!
//! Method: earliest eligible virtual deadline first (Stoica and Abdel-Wahab 1995). With weights `w` and virtual
//! runtimes `v`, virtual time is `V = sum(w v) / sum(w)`, an enclave's lag is `w (V - v)`, and it is eligible
//! when its lag is not negative. Compared without dividing: `sum(w (v_j - v_i)) >= 0`.
//!
//! A weight that entitles to more than the one worker an enclave can use cannot be honoured (Chandra et al. 2000,
//! section 2.1). Such an enclave may be charged more than it used; nobody may be charged less.

use std::collections::BTreeMap;

use casemate_model::{EnclaveId, Nanos, Timestamp, WorkerId};

use crate::judge::Limits;
use crate::record::Record;
use crate::{Contender, HowLeft, Rule};

/// CPU time handed out, and what each contender had been charged when it was last seen.
#[derive(Debug, Default)]
pub(crate) struct Contest {
    accounts: BTreeMap<EnclaveId, Account>,
    first_entry_ns: Option<u64>,
    ran_ns: u128,
}

#[derive(Clone, Copy, Debug)]
struct Account {
    weight: u64,
    vruntime: i128,
    ran_ns: u128,
    stays: u32,
}

impl Contest {
    pub(crate) fn entered(&mut self, at: Timestamp) {
        self.first_entry_ns.get_or_insert(at.0);
    }

    pub(crate) fn left(
        &mut self,
        record: &mut Record,
        limits: &Limits,
        id: EnclaveId,
        at: Timestamp,
        ran: Nanos,
        how: HowLeft,
    ) {
        self.ran_ns = self.ran_ns.saturating_add(u128::from(ran.0));
        let wall_ns = at.0.saturating_sub(self.first_entry_ns.unwrap_or(at.0));
        let most_ns = u128::from(wall_ns) * u128::from(limits.workers);
        if self.ran_ns > most_ns {
            record.breach(
                Rule::CpuOveraccounted,
                id,
                format_args!("{} ns of CPU in all", self.ran_ns),
                format_args!("{most_ns} ns: {} workers for {wall_ns} ns", limits.workers),
            );
        }
        match how {
            HowLeft::Aex | HowLeft::Eexit => {
                if let Some(account) = self.accounts.get_mut(&id) {
                    account.ran_ns = account.ran_ns.saturating_add(u128::from(ran.0));
                    account.stays = account.stays.saturating_add(1);
                }
            }
            HowLeft::Blocked | HowLeft::Ended => self.forget(id),
        }
    }

    pub(crate) fn forget(&mut self, id: EnclaveId) {
        self.accounts.remove(&id);
    }

    pub(crate) fn picked(
        &mut self,
        record: &mut Record,
        limits: &Limits,
        worker: WorkerId,
        picked: Option<EnclaveId>,
        contenders: &[Contender],
    ) {
        judge_pick(record, worker, picked, contenders);
        let mut accounts = BTreeMap::new();
        let before: Vec<u64> = self.accounts.values().map(|account| account.weight).collect();
        let now: Vec<u64> = contenders.iter().map(|contender| contender.weight).collect();
        for contender in contenders {
            if let Some(account) = self.accounts.get(&contender.enclave) {
                let beyond = |weights| exceeds_one_worker(contender.weight, weights, limits.workers);
                account.check(record, limits, contender, beyond(&before) || beyond(&now));
            }
            let Contender { enclave, weight, vruntime, .. } = *contender;
            accounts.insert(enclave, Account { weight, vruntime, ran_ns: 0, stays: 0 });
        }
        self.accounts = accounts;
    }
}

fn judge_pick(record: &mut Record, worker: WorkerId, picked: Option<EnclaveId>, contenders: &[Contender]) {
    let contest = Sums::over(contenders);
    let waiting = || contenders.iter().filter(|contender| !contender.running);
    let Some(id) = picked else {
        if let Some(somebody) = waiting().next() {
            record.breach(
                Rule::IdleWithWork,
                worker,
                format_args!("left idle while {} waits", somebody.enclave),
                format_args!("somebody who waits"),
            );
        }
        return;
    };
    let Some(choice) = waiting().find(|contender| contender.enclave == id) else {
        record.breach(
            Rule::PickedNotWaiting,
            id,
            format_args!("picked for {worker}"),
            format_args!("one who wants the CPU and runs nowhere"),
        );
        return;
    };
    let Some(best) = waiting().filter(|c| contest.eligible(c)).min_by_key(|c| c.deadline) else { return };
    if !contest.eligible(choice) {
        record.breach(
            Rule::IneligiblePicked,
            id,
            format_args!("picked for {worker} with negative lag"),
            format_args!("{}, which is eligible", best.enclave),
        );
    } else if best.deadline < choice.deadline {
        record.breach(
            Rule::LaterDeadlinePicked,
            id,
            format_args!("picked for {worker} with deadline {}", choice.deadline),
            format_args!("{}, eligible with deadline {}", best.enclave, best.deadline),
        );
    }
}

impl Account {
    /// Each stay may round the charge by less than one unit, either way.
    fn check(&self, record: &mut Record, limits: &Limits, now: &Contender, overcharge_allowed: bool) {
        if self.weight != now.weight || self.weight == 0 {
            return;
        }
        let due = self.ran_ns.saturating_mul(u128::from(limits.vruntime_per_nano)) / u128::from(self.weight);
        let due = i128::try_from(due).unwrap_or(i128::MAX);
        let charged = now.vruntime.saturating_sub(self.vruntime);
        let error = charged.saturating_sub(due);
        if error.unsigned_abs() > u128::from(self.stays) && !(overcharge_allowed && error > 0) {
            record.breach(
                Rule::Mischarged,
                now.enclave,
                format_args!("charged {charged} for {} ns at weight {}", self.ran_ns, self.weight),
                format_args!("{due}, give or take {}", self.stays),
            );
        }
    }
}

/// Whether `weight` is owed more than one of `workers`, after each heavier enclave took a worker for itself.
fn exceeds_one_worker(weight: u64, weights: &[u64], workers: u16) -> bool {
    let heavier = weights.iter().filter(|other| **other > weight).count() as u128;
    let rest: u128 = weights.iter().filter(|other| **other <= weight).map(|other| u128::from(*other)).sum();
    let workers_left = u128::from(workers).saturating_sub(heavier);
    u128::from(weight) * workers_left > rest
}

/// `sum(w)` and `sum(w (v - base))`, where `base` keeps the products small.
struct Sums {
    base: i128,
    weight: i128,
    weighted: i128,
}

impl Sums {
    fn over(contenders: &[Contender]) -> Self {
        let base = contenders.iter().map(|contender| contender.vruntime).min().unwrap_or(0);
        let mut sums = Self { base, weight: 0, weighted: 0 };
        for contender in contenders {
            let weight = i128::from(contender.weight);
            sums.weight = sums.weight.saturating_add(weight);
            let ahead = contender.vruntime.saturating_sub(base);
            sums.weighted = sums.weighted.saturating_add(weight.saturating_mul(ahead));
        }
        sums
    }

    fn eligible(&self, contender: &Contender) -> bool {
        let ahead = contender.vruntime.saturating_sub(self.base);
        self.weighted >= self.weight.saturating_mul(ahead)
    }
}

#[cfg(test)]
mod tests;
