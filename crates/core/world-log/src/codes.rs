//! Choices as numbers.

use casemate_world::{
    Agent, Balance, Class, DeviceInterrupt, Goal, Kind, Order, Priority, ProperCpu, Refusal, Resume,
    SwitchBack, Tick,
};

use crate::bytes::Malformed;

/// A choice that has a number.
pub(crate) trait Code: Sized {
    fn code(self) -> u8;
    fn of(code: u8) -> Result<Self, Malformed>;
}

macro_rules! codes {
    ($($choice:ident $field:literal { $($value:ident = $code:literal),+ })+) => {
        $(
            impl Code for $choice {
                #[inline(always)]
                fn code(self) -> u8 {
                    match self { $(Self::$value => $code),+ }
                }

                fn of(code: u8) -> Result<Self, Malformed> {
                    match code { $($code => Ok(Self::$value),)+ _ => Err(Malformed::Field($field)) }
                }
            }
        )+
    };
}

codes! {
    Priority "priority" { TeeOverRee = 0, ReeOverTee = 1, Equal = 2 }
    Agent "agent" { Caller = 0, One = 1, EachCpu = 2 }
    Order "order" { Fifo = 0, Priority = 1, Deadline = 2 }
    Goal "goal" { One = 0, Many = 1 }
    DeviceInterrupt "device" { WhereItLands = 0, Routed = 1 }
    ProperCpu "proper_cpu" { Own = 0, Idle = 1, LeastLoaded = 2, KindOfCore = 3, Warm = 4 }
    Balance "balance" { None = 0, Steal = 1, StealAndPush = 2 }
    Tick "tick" { None = 0, Own = 1, UnifiedTee = 2, UnifiedRee = 3 }
    Resume "resume" { NextCall = 0, ReeIdle = 1, Tick = 2 }
    SwitchBack "switch_back" { Dispatcher = 0, TeeIdle = 1 }
    Kind "kind" { Request = 0, Service = 1, Periodic = 2 }
    Class "class" { Off = 0, Ree = 1, Requested = 2, SelfScheduled = 3, DuringIdle = 4, Idle = 5 }
    Refusal "refusal" { Busy = 0, Unknown = 1, NotInThisDesign = 2, Impossible = 3, Deadlock = 4, Elsewhere = 5 }
}
