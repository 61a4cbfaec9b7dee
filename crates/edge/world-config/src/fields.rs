//! The fields of a design, and how each is written.
//!
//! Serde's remote derive: the compiler refuses these lists if `world` has another field or choice.

use casemate_world::{
    Agent, Balance, Config, CpuSet, DeviceInterrupt, Entry, Goal, Order, Priority, ProperCpu, Resume,
    SwitchBack, Tick,
};
use serde::{Deserialize, Serialize};

use crate::{CPUS_UNLESS_SAID, choices, cpu_set};

#[derive(Deserialize, Serialize)]
#[serde(remote = "Config", deny_unknown_fields, default = "unless_said")]
pub(crate) struct Fields {
    cpus: u8,
    #[serde(with = "cpu_set")]
    big: CpuSet,
    #[serde(with = "choices::EntryForm")]
    entry: Entry,
    scheduling_call: bool,
    #[serde(with = "choices::PriorityForm")]
    priority: Priority,
    #[serde(with = "choices::AgentForm")]
    agent: Agent,
    #[serde(with = "choices::OrderForm")]
    order: Order,
    #[serde(with = "choices::GoalForm")]
    goal: Goal,
    #[serde(with = "choices::DeviceForm")]
    device: DeviceInterrupt,
    #[serde(with = "choices::ProperCpuForm")]
    proper_cpu: ProperCpu,
    #[serde(with = "choices::BalanceForm")]
    balance: Balance,
    #[serde(with = "choices::TickForm")]
    tick: Tick,
    #[serde(with = "choices::ResumeForm")]
    resume: Resume,
    #[serde(with = "choices::SwitchBackForm")]
    switch_back: SwitchBack,
    nohz: bool,
    idle_hand_over: bool,
    tee_waits: Option<u8>,
    ree_waits: Option<u8>,
    ree_share: u8,
    least_progress: bool,
}

fn unless_said() -> Config {
    Config::new(CPUS_UNLESS_SAID)
}
