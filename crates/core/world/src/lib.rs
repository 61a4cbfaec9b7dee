//! A CPU that is shared by a rich and a trusted world: who runs, who waits, who is billed.
//!
//! The *rich execution environment* (REE, Linux, say) and the *trusted execution environment* (TEE) take turns
//! on every CPU. Who may pre-empt whom, who issues requests, on how many CPUs the TEE may be, whose tick it is,
//! how idle is agreed: each is a choice in [`Config`], which spans what existing systems do and what none
//! does. [`step`] is all there is: a pure function of what is known, the design, and what happened on a CPU. The
//! same code decides in a monitor on bare metal, in the simulator and under the model checker.
//!
//! Words: a *request* is what the REE asks of the TEE (a secure service request, SSR); an *agent* is the REE's
//! task that issues requests (a secure service agent, SSA), from a queue (SSRQ); the *proper CPU* is the one on
//! which a thread of the TEE is to run. *TEE idle*: the TEE has nothing to run on a CPU, on which the REE may run.
//! *CPU idle*: neither has.
//!
//! No clock, no memory allocation, no assembly. [`Lock`] is for whoever shares the state between CPUs, [`Ring`]
//! for whoever has agents.

#![cfg_attr(not(any(test, loom)), no_std)]
#![forbid(unsafe_code)]

mod accounts;
mod admission;
mod bill;
mod calls;
mod config;
mod enter;
mod event;
mod ids;
mod index;
mod interrupts;
mod line;
mod lock;
mod place;
mod ring;
mod running;
mod session;
mod state;
mod step;
mod thread;
mod validate;

pub use accounts::Accounts;
pub use admission::{Durations, Overload, Supply, Task, admit};
pub use bill::{Bill, Class, SeenAs};
pub use config::{
    Agent, Balance, Config, DeviceInterrupt, Entry, Goal, Order, Priority, ProperCpu, Resume, SwitchBack,
    Tick,
};
pub use event::{Answer, Event, Go, Outcome, Refusal};
pub use ids::{CPUS, CpuId, CpuSet, THREADS, ThreadId, ThreadSet};
pub use lock::{Held, Lock};
pub use ring::{Full, Ring};
pub use session::{ClientId, Closing, SESSIONS, SessionError, SessionId, Sessions};
pub use state::{Cpu, State, World};
pub use step::step;
pub use thread::{Cause, Kind, Phase, Request, Thread, Urgency};
pub use validate::Senseless;
