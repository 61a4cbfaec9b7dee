//! A design of two worlds on one CPU, as YAML or JSON has it.
//!
//! [`Design`] is read from a mapping with a key for every field of [`Config`]; keys have underscores, choices
//! hyphens. What is left out is as in the default design for [`CPUS_UNLESS_SAID`] CPUs. Whoever has said a bound and
//! wants none writes `null`. An unknown key or choice is refused when it is read; a design that makes no sense when
//! it is asked for its [`Config`], with [`Config::validate`]'s reason. `docs/world.md` has the schema.
//!
//! Reading text is the caller's: anything that serde reads will do.

#![forbid(unsafe_code)]

mod choices;
mod cpu_set;
mod fields;

use casemate_world::{Config, Senseless};
use serde::{Deserialize, Serialize};

pub use choices::{CHOICES, Choice};

/// CPUs of a design that says nothing of them.
pub const CPUS_UNLESS_SAID: u8 = 2;

/// A design as it is written. Whether it makes sense is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Design(#[serde(with = "fields::Fields")] Config);

impl Design {
    /// The design of a configuration, to be written.
    #[must_use]
    pub const fn of(config: Config) -> Self {
        Self(config)
    }

    /// The same for so many CPUs.
    #[must_use]
    pub const fn on_cpus(self, cpus: u8) -> Self {
        Self(Config { cpus, ..self.0 })
    }

    /// What it says, if that makes sense.
    ///
    /// # Errors
    ///
    /// The first reason why it does not.
    pub fn config(&self) -> Result<Config, Senseless> {
        self.0.validate()?;
        Ok(self.0)
    }
}

impl Default for Design {
    fn default() -> Self {
        Self(Config::new(CPUS_UNLESS_SAID))
    }
}

#[cfg(test)]
mod tests {
    use casemate_world::{CpuId, Entry, Tick};

    use super::*;

    fn read(text: &str) -> Result<Design, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_left_out_is_as_in_the_default_design() {
        assert_eq!(read("{}").unwrap().config(), Ok(Config::new(2)));
        let config = read(r#"{"cpus": 4, "tick": "own"}"#).unwrap().config();
        assert_eq!(config, Ok(Config { tick: Tick::Own, ..Config::new(4) }));
    }

    #[test]
    fn every_field_is_written_and_read_again() {
        let big = [1, 3].into_iter().filter_map(CpuId::new).collect();
        let config = Config { big, entry: Entry::TimeSlice(3), tee_waits: None, ..Config::new(4) };
        let text = serde_json::to_string_pretty(&Design::of(config)).unwrap();
        assert_eq!(read(&text), Ok(Design::of(config)));
        let keys: Vec<_> =
            text.lines().filter_map(|line| line.strip_prefix("  \"")?.split('"').next()).collect();
        let fields = [
            "cpus",
            "big",
            "entry",
            "scheduling_call",
            "priority",
            "agent",
            "order",
            "goal",
            "device",
            "proper_cpu",
            "balance",
            "tick",
            "resume",
            "switch_back",
            "nohz",
            "idle_hand_over",
            "tee_waits",
            "ree_waits",
            "ree_share",
            "least_progress",
        ];
        assert_eq!(keys, fields);
    }

    #[test]
    fn an_unknown_key_or_choice_is_refused_by_name() {
        let refused = [
            (r#"{"prority": "equal"}"#, "unknown field `prority`"),
            (r#"{"priority": "ree"}"#, "unknown variant `ree`, expected one of `tee-over-ree`"),
            (r#"{"big": [8]}"#, "CPU 8: there are at most 8, from 0"),
            (r#"{"cpus": 300}"#, "300"),
        ];
        for (text, why) in refused {
            let error = read(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_design_that_makes_no_sense_is_read_and_gives_no_configuration() {
        let design = read(r#"{"tick": "none"}"#).unwrap();
        assert_eq!(design.config(), Err(Senseless::ResumeWithoutTick));
    }

    #[test]
    fn every_choice_that_is_listed_can_be_read_and_no_other() {
        for choice in CHOICES {
            for value in choice.values {
                let value =
                    if *value == "time-slice" { r#"{"time-slice": 1}"#.into() } else { format!("{value:?}") };
                read(&format!("{{{:?}: {value}}}", choice.field)).unwrap();
            }
            let error = read(&format!(r#"{{{:?}: "nothing of the sort"}}"#, choice.field)).unwrap_err();
            assert_eq!(error.matches('`').count(), 2 + 2 * choice.values.len(), "{error}");
        }
    }
}
