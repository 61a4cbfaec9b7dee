//! What calls cost on metal, in instructions: the bare REE counts them under QEMU's `-icount shift=0`, which is exact.
//!
//! The log is off, as it would be on a device. What TF-A 2.15 and OP-TEE 4.10 need on the same machine was measured
//! once and is not run here, so it is no peer; it stands beside as information.

use std::time::Duration;

use casemate_metal::{Cache, Plan, Prepared, Refusal, Sources, Wanted, setup};
use casemate_world::{Agent, Config};
use casemate_world_log::Ree;

use crate::row::Bench;

/// A boot takes seconds.
const MOST: Duration = Duration::from_secs(120);

/// What is measured: its name in the payload's lines, in the row, the most that is wanted, and what TF-A and OP-TEE need.
const WANTED: [(&str, &str, f64, Option<f64>); 4] = [
    ("smc-el3", "an SMC that EL3 answers", 130.0, Some(220.0)),
    ("fast-call", "a fast call to S-EL1 and back", 600.0, Some(1_393.0)),
    ("yielding-call", "a yielding call with the scheduler in it", 1_200.0, Some(12_430.0)),
    ("stolen-tick", "a secure tick taken from the REE", 700.0, None),
];

/// Adds the rows; one that cannot be measured here says why.
pub(super) fn metal(bench: &mut Bench) {
    let default = Config::new(1);
    let measured = prepare().and_then(|prepared| {
        let by_default = costs(&prepared, default)?;
        // Whoever calls is his own agent: one step less.
        Ok((by_default, costs(&prepared, Config { agent: Agent::Caller, ..default })?))
    });
    for (name, what, most, other) in WANTED {
        let row = format!("instructions of {what}, at most");
        match &measured {
            Ok((by_default, by_callers)) => {
                match cost(by_default, name) {
                    Some(cost) => bench.against_limit(&row, cost, most, most / cost, 1.0),
                    None => bench.not_measured(&row, format!("the REE did not say what {name} costs")),
                }
                if let Some(cost) = cost(by_callers, name).filter(|_| name == "yielding-call") {
                    bench.info(&format!("instructions of {what}, without agents"), cost, "instructions");
                }
            }
            Err(why) => bench.not_measured(&row, why.to_string()),
        }
        if let Some(other) = other {
            bench.info(&format!("{what}, TF-A 2.15 and OP-TEE 4.10, not run here"), other, "instructions");
        }
    }
}

fn prepare() -> Result<Prepared, Refusal> {
    let (sources, cache) = (Sources::find(None)?, Cache::of_environment()?);
    Prepared::prepare(Ree::Bare, &sources, &cache, &mut |step| eprintln!("{step}"))
}

/// What the REE says.
fn costs(prepared: &Prepared, config: Config) -> Result<String, Refusal> {
    let plan = Plan::named(Ree::Bare, Some("bench"))?;
    let setup = casemate_world_log::Setup { logs: false, ..setup(config, plan)? };
    let wanted = Wanted { setup: &setup, plan, most: MOST, keep: None };
    Ok(prepared.boot(&wanted, &mut |_| true)?.ree)
}

/// On average: `ree: bench NAME n=N min=N avg=N max=N`.
fn cost(said: &str, name: &str) -> Option<f64> {
    let begins = format!("ree: bench {name} ");
    let line = said.lines().find_map(|line| line.trim_end().strip_prefix(&begins))?;
    line.split(' ').find_map(|it| it.strip_prefix("avg="))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_read_by_its_name() {
        let said = "ree: ok echo\r\nree: bench smc-el3 n=200 min=74 avg=75 max=80\r\n";
        assert_eq!((cost(said, "smc-el3"), cost(said, "smc")), (Some(75.0), None));
    }
}
