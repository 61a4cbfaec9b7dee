//! Numbers in words, for logs.

use core::ffi::CStr;

use casemate_world::Senseless;

use crate::{Reason, Status};

/// Texts of Rust's as texts of C's, made while compiling: `NAME: TEXT`.
macro_rules! in_c {
    ($($(#[$doc:meta])* $name:ident: $text:expr;)+) => {$(
        const $name: &CStr = {
            const TERMINATED: [u8; $text.len() + 1] = terminated($text);
            match CStr::from_bytes_with_nul(&TERMINATED) {
                Ok(text) => text,
                Err(_) => panic!("a text has no zero in it"),
            }
        };
    )+};
}

in_c! {
    CPUS: Senseless::Cpus(0).reason();
    BIG_CPU: Senseless::BigCpu.reason();
    CALL_WITH_THREADS: Senseless::CallWithThreads.reason();
    SLICE_WITHOUT_TICK: Senseless::SliceWithoutTick.reason();
    RESUME_WITHOUT_TICK: Senseless::ResumeWithoutTick.reason();
    BOUND_WITHOUT_TICK: Senseless::BoundWithoutTick.reason();
    RESUME_WITHOUT_IDLE: Senseless::ResumeWithoutIdle.reason();
    IDLE_CPU_UNKNOWN: Senseless::IdleCpuUnknown.reason();
    NO_SHARE: Senseless::NoShare.reason();
    BOUND_WITHOUT_RESUME: Senseless::BoundWithoutResume.reason();
    SELF_SCHEDULED_IS_LOST: Senseless::SelfScheduledIsLost.reason();
    DEADLINE_WITHOUT_TICK: Senseless::DeadlineWithoutTick.reason();
    AGENTS_FOR_ONE: Senseless::AgentsForOne.reason();
    TEE_FIRST_ON_REE_TICK: Senseless::TeeFirstOnReeTick.reason();
    UNIFIED_BUT_UNUSED: Senseless::UnifiedButUnused.reason();
}

/// A reason in words.
pub(crate) fn of_reason(number: u8) -> &'static CStr {
    let is = |reason: Reason| number == reason as u8;
    const TEXTS: &[(Reason, &CStr)] = &[
        (Reason::None, c"nothing is wrong"),
        (Reason::Entry, c"`entry` is none there is"),
        (Reason::Slice, c"`slice` belongs to time slices and is 0 otherwise"),
        (Reason::Priority, c"`priority` is none there is"),
        (Reason::Agent, c"`agent` is none there is"),
        (Reason::Order, c"`order` is none there is"),
        (Reason::Goal, c"`goal` is none there is"),
        (Reason::Device, c"`device` is none there is"),
        (Reason::ProperCpu, c"`proper_cpu` is none there is"),
        (Reason::Balance, c"`balance` is none there is"),
        (Reason::Tick, c"`tick` is none there is"),
        (Reason::Resume, c"`resume` is none there is"),
        (Reason::SwitchBack, c"`switch_back` is none there is"),
        (Reason::SchedulingCall, c"`scheduling_call` is 0 or 1"),
        (Reason::Nohz, c"`nohz` is 0 or 1"),
        (Reason::IdleHandOver, c"`idle_hand_over` is 0 or 1"),
        (Reason::LeastProgress, c"`least_progress` is 0 or 1"),
        (Reason::TeeWaits, c"`tee_waits` is at most 255, or for ever"),
        (Reason::ReeWaits, c"`ree_waits` is at most 255, or for ever"),
        (Reason::Reserved, c"`reserved` is 0"),
        (Reason::Cpus, CPUS),
        (Reason::BigCpu, BIG_CPU),
        (Reason::CallWithThreads, CALL_WITH_THREADS),
        (Reason::SliceWithoutTick, SLICE_WITHOUT_TICK),
        (Reason::ResumeWithoutTick, RESUME_WITHOUT_TICK),
        (Reason::BoundWithoutTick, BOUND_WITHOUT_TICK),
        (Reason::ResumeWithoutIdle, RESUME_WITHOUT_IDLE),
        (Reason::IdleCpuUnknown, IDLE_CPU_UNKNOWN),
        (Reason::NoShare, NO_SHARE),
        (Reason::BoundWithoutResume, BOUND_WITHOUT_RESUME),
        (Reason::SelfScheduledIsLost, SELF_SCHEDULED_IS_LOST),
        (Reason::DeadlineWithoutTick, DEADLINE_WITHOUT_TICK),
        (Reason::AgentsForOne, AGENTS_FOR_ONE),
        (Reason::TeeFirstOnReeTick, TEE_FIRST_ON_REE_TICK),
        (Reason::UnifiedButUnused, UNIFIED_BUT_UNUSED),
    ];
    TEXTS.iter().find(|(reason, _)| is(*reason)).map_or(c"no reason there is", |(_, text)| text)
}

/// A status in words.
pub(crate) fn of_status(number: i32) -> &'static CStr {
    let Some(status) = Status::ALL.iter().find(|it| **it as i32 == number) else {
        return c"no status there is";
    };
    match status {
        Status::Ok => c"done",
        Status::NullPointer => c"a pointer is null",
        Status::Misaligned => c"a pointer is not aligned as its type is",
        Status::NotInitialised => c"the memory was not initialised as such a thing",
        Status::InUse => c"another call is at work on it: it was interrupted, or a CPU came without the lock",
        Status::NoSuchCpu => c"no CPU of this design has this number",
        Status::NoSuchThread => c"no thread can have this number",
        Status::NoSuchEvent => c"no event has this number",
        Status::NoSuchValue => c"a field has a value that means nothing",
        Status::Senseless => c"the design makes no sense; the reason says why",
        Status::Full => c"every place is taken: come again later",
        Status::Empty => c"there is nothing in it",
        Status::NoSuchSession => c"there is no such session, or none of this client",
        Status::SessionBusy => c"a command runs in this session",
        Status::SessionClosing => c"the session is being closed",
        Status::SenselessTask => c"a task never comes, does nothing, or has a deadline beyond its period",
        Status::NoSupply => c"nothing is sure: the design lets the REE keep the CPU",
        Status::Late => c"a task may miss its deadline",
        Status::TooMany => c"there are more tasks than threads",
    }
}

/// With the zero at the end that C looks for.
const fn terminated<const N: usize>(text: &str) -> [u8; N] {
    let (bytes, mut terminated, mut at) = (text.as_bytes(), [0; N], 0);
    while at < bytes.len() {
        terminated[at] = bytes[at];
        at += 1;
    }
    terminated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_text_of_its_own() {
        let reasons: std::collections::BTreeSet<_> = (0..=u8::MAX).map(of_reason).collect();
        let statuses: std::collections::BTreeSet<_> = (-1..=99).map(of_status).collect();
        // 20 about fields, 15 about sense, and one for all other numbers; likewise for statuses.
        assert_eq!((reasons.len(), statuses.len()), (36, Status::ALL.len() + 1));
    }
}
