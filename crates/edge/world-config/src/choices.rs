//! The choices of a design, and the word for each.

use casemate_world::{
    Agent, Balance, DeviceInterrupt, Entry, Goal, Order, Priority, ProperCpu, Resume, SwitchBack, Tick,
};
use serde::{Deserialize, Serialize};

/// A field of which one choice is made, and the words for what there is to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The field's key.
    pub field: &'static str,
    /// The words. `time-slice` stands with its ticks, as in `{time-slice: 2}`; the others stand alone.
    pub values: &'static [&'static str],
}

macro_rules! choices {
    ($($field:literal: $form:ident of $choice:literal { $($word:literal $value:ident $(($ticks:ty))?),+ })+) => {
        $(
            #[derive(Deserialize, Serialize)]
            #[serde(remote = $choice)]
            pub(crate) enum $form { $(#[serde(rename = $word)] $value $(($ticks))?),+ }
        )+

        /// Every field of which one choice is made, in the order of the fields.
        pub const CHOICES: &[Choice] = &[$(Choice { field: $field, values: &[$($word),+] }),+];
    };
}

choices! {
    "entry": EntryForm of "Entry" { "call" Call, "event" Event, "time-slice" TimeSlice(u8) }
    "priority": PriorityForm of "Priority" {
        "tee-over-ree" TeeOverRee, "ree-over-tee" ReeOverTee, "equal" Equal
    }
    "agent": AgentForm of "Agent" { "caller" Caller, "one" One, "each-cpu" EachCpu }
    "order": OrderForm of "Order" { "fifo" Fifo, "priority" Priority, "deadline" Deadline }
    "goal": GoalForm of "Goal" { "one" One, "many" Many }
    "device": DeviceForm of "DeviceInterrupt" { "where-it-lands" WhereItLands, "routed" Routed }
    "proper_cpu": ProperCpuForm of "ProperCpu" {
        "own" Own, "idle" Idle, "least-loaded" LeastLoaded, "kind-of-core" KindOfCore, "warm" Warm
    }
    "balance": BalanceForm of "Balance" { "none" None, "steal" Steal, "steal-and-push" StealAndPush }
    "tick": TickForm of "Tick" {
        "none" None, "own" Own, "unified-tee" UnifiedTee, "unified-ree" UnifiedRee
    }
    "resume": ResumeForm of "Resume" { "next-call" NextCall, "ree-idle" ReeIdle, "tick" Tick }
    "switch_back": SwitchBackForm of "SwitchBack" { "dispatcher" Dispatcher, "tee-idle" TeeIdle }
}
