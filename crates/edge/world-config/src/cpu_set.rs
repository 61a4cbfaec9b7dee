//! A set of CPUs as a list of their numbers.

use casemate_world::{CPUS, CpuId, CpuSet};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize as _, Serializer};

pub(crate) fn serialize<S: Serializer>(set: &CpuSet, to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(set.iter().map(CpuId::index))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<CpuSet, D::Error> {
    let there_is_none =
        |number: &usize| D::Error::custom(format!("CPU {number}: there are at most {CPUS}, from 0"));
    let numbers = Vec::<usize>::deserialize(from)?;
    numbers.iter().map(|number| CpuId::new(*number).ok_or_else(|| there_is_none(number))).collect()
}
