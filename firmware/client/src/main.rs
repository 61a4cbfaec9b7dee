//! Linux' first process, and a client of the TEE.
//!
//! Started with nothing but its modules in the folder `/modules`, it loads them in the order of `/modules/order`,
//! runs the plan of the kernel's command line, and switches the machine off. Whoever reads the console has lines for him:
//!
//! - `casemate: ok NAME` and `casemate: FAILED NAME: WHY`, for each check;
//! - `casemate: ssr completed=N failed=N shortest_ns=N median_ns=N longest_ns=N` after requests of many tasks;
//! - `casemate: stat PHASE CPU user=N nice=N system=N idle=N iowait=N irq=N softirq=N` in hundredths of a second
//!   (`/proc/stat`), at the beginning and the end of a measured phase; `casemate: wfi PHASE CPU us=N`, how long it has
//!   waited for an interrupt by itself; and `casemate: clock PHASE ns=N counter=N`;
//! - `casemate: kernel TEXT`, for each line of the kernel's log that tells of a stall;
//! - `casemate: done failed=N` as the last.
//!
//! The command line's words: `casemate.plan=` `all`, `checks`, `ssr`, `idle` or `stall`; `casemate.agents=` `none`,
//! `one` or `each-cpu`; `casemate.tasks=`, `casemate.requests=` (of each task), `casemate.numbers=` (how long the
//! plan `stall` counts), `casemate.millis=` (how long the load of `idle` lasts).

mod apps;
mod check;
mod checks;
mod hotplug;
mod init;
mod load;
mod plan;
mod ssr;
mod stat;
mod sys;
mod tee;

use crate::check::Checks;
use crate::plan::Plan;

fn main() {
    let is_first = std::process::id() == 1;
    if is_first {
        // Nobody else would say so, or switch the machine off.
        std::panic::set_hook(Box::new(|info| {
            println!("casemate: FAILED client: {info}");
            sys::power::off();
        }));
        init::mount();
    }
    let plan = Plan::of(&std::fs::read_to_string("/proc/cmdline").unwrap_or_default());
    let mut checks = Checks::default();
    if is_first {
        checks.add("modules", init::load_modules());
    }
    checks.add("device", init::wait_for_device());
    if plan.runs("checks") {
        checks::run(&mut checks);
    }
    stat::tell_begin();
    if plan.runs("ssr") {
        checks.add("ssr", ssr::run(&plan));
    }
    if plan.runs("idle") {
        checks.add("load", load::run(plan.lasts));
    }
    if plan.is("stall") {
        checks.add("stall", checks::stall(plan.numbers));
    }
    stat::tell_end();
    stat::tell_stalls();
    println!("casemate: done failed={}", checks.failed());
    if is_first {
        sys::power::off();
    }
}
