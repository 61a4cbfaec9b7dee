//! What a pod's life is told, and what it answers.

use casemate_model::Nanos;

/// How an instance of a container ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its program ended with 0.
    Succeeded,
    /// Its program ended with another code, or did what it must not.
    Failed,
    /// Its evidence was refused or not renewed, or its memory was tampered with.
    Distrusted,
    /// No enclave could be made of its image.
    Unusable,
    /// It was told to end.
    Stopped,
}

/// What is to be done. Containers are numbered from 0, init containers first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make an enclave for this container, as the instance of this number.
    Start {
        /// Which.
        container: usize,
        /// How many instances it had before.
        instance: u32,
    },
    /// The container will be started again; [`Step::Start`] comes when it is time.
    BackOff {
        /// Which.
        container: usize,
        /// How often it was started again, this time included.
        restarts: u32,
        /// How long from now.
        delay: Nanos,
    },
    /// End the container's instance.
    Stop {
        /// Which.
        container: usize,
        /// Why.
        why: Why,
    },
    /// The container is over and has no instance.
    GiveUp {
        /// Which.
        container: usize,
        /// Why.
        why: Why,
    },
    /// The pod begins anew: nothing of its volumes stays.
    Replace,
}

/// Why a container does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// This init container failed.
    InitFailed(usize),
    /// It was started again as often as is allowed.
    RestartsExhausted(u32),
    /// The pod's active deadline has passed.
    DeadlineExceeded(Nanos),
    /// The pod used more of its volumes than it may.
    Evicted,
}
