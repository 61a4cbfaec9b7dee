//! What the worlds say to each other: SMC functions, messages in shared memory, trusted applications, and where
//! everything lies in memory.
//!
//! Functions and messages are OP-TEE's where Linux' `optee` driver knows them (Linux `optee_smc.h`, `optee_msg.h`);
//! what no driver knows stands in [`own`], in the same range (SMC Calling Convention, Arm DEN0028, 2.5: trusted OS).

#![no_std]
#![forbid(unsafe_code)]

pub mod apps;
pub mod ffa;
pub mod map;
pub mod message;
pub mod monitor;
pub mod own;
pub mod plan;
pub mod psci;
pub mod smc;
