//! How structures lie in memory: written out once, asserted here and, by the header, where C is compiled.

use core::mem::{align_of, offset_of, size_of};

use crate::{
    Config, CpuView, Durations, Event, Outcome, Request, Ring, Sessions, Supply, Task, ThreadView, World,
};

/// How a structure lies in memory.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// What Rust calls it.
    pub name: &'static str,
    /// Its size in bytes.
    pub size: usize,
    /// Its fields, each with where it begins, in bytes.
    pub fields: &'static [(&'static str, usize)],
}

macro_rules! layouts {
    ($($name:ident: $size:literal { $($field:ident: $at:literal)+ })+) => {
        /// Every structure.
        pub const LAYOUTS: &[Layout] = &[$(Layout {
            name: stringify!($name),
            size: $size,
            fields: &[$((stringify!($field), $at)),+],
        }),+];

        $(const _: () = {
            assert!(size_of::<$name>() == $size);
            $(assert!(offset_of!($name, $field) == $at);)+
        };)+
    };
}

layouts! {
    Config: 32 {
        big: 0
        tee_waits: 4
        ree_waits: 6
        cpus: 8
        entry: 9
        slice: 10
        priority: 11
        agent: 12
        order: 13
        goal: 14
        device: 15
        proper_cpu: 16
        balance: 17
        tick: 18
        resume: 19
        switch_back: 20
        scheduling_call: 21
        nohz: 22
        idle_hand_over: 23
        ree_share: 24
        least_progress: 25
        reserved: 26
    }
    Request: 16 { deadline: 0 priority: 8 sync: 9 suits_big: 10 reserved: 11 }
    Event: 24 { request: 0 kind: 16 thread: 17 reserved: 18 }
    Outcome: 20 {
        sgis: 0
        doorbells: 4
        go: 8
        go_thread: 9
        answer: 10
        answer_thread: 11
        refusal: 12
        tick: 13
        ree_tick: 14
        quantum: 15
        wake_agent: 16
        bill: 17
        bill_thread: 18
        bill_in_a_call: 19
    }
    CpuView: 8 { side: 0 current: 1 issued: 2 ree_idle: 3 deferred: 4 tick: 5 waited: 6 held: 7 }
    ThreadView: 8 { phase: 0 kind: 1 cpu: 2 origin: 3 caller: 4 waits_for: 5 cancelled: 6 reserved: 7 }
    Task: 32 { period: 0 work: 8 deadline: 16 priority: 24 reserved: 25 }
    Supply: 16 { period: 0 budget: 8 }
    Durations: 16 { tick: 0 quantum: 8 }
    World: 1024 { opaque: 0 }
    Sessions: 512 { opaque: 0 }
    Ring: 1056 { opaque: 0 }
}

// What C may keep in arrays of 64-bit numbers is aligned as they are, and enumerations are as wide as said.
const _: () = assert!(
    align_of::<World>() == align_of::<u64>()
        && align_of::<Sessions>() == align_of::<u64>()
        && align_of::<Ring>() == align_of::<u64>()
        && size_of::<crate::Status>() == 4
        && size_of::<crate::Reason>() == 1
);
