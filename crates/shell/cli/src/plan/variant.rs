//! How a plan is made: who shares with whom, and who chooses among the nodes that will do.

use std::fmt;
use std::str::FromStr;

use casemate_model::PlacementPolicy;
use casemate_placement::Packing;

/// A policy, and a packing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Variant {
    pub(super) policy: PlacementPolicy,
    pub(super) packing: Packing,
    /// As it was written; empty for the plan itself.
    written: String,
}

impl Variant {
    pub(super) const fn new(policy: PlacementPolicy, packing: Packing) -> Self {
        Self { policy, packing, written: String::new() }
    }

    pub(super) fn name(&self) -> String {
        if self.written.is_empty() { self.to_string() } else { self.written.clone() }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.policy, self.packing)
    }
}

impl FromStr for Variant {
    type Err = String;

    /// Words with `+` between: those of a policy, and at most one packing.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut policy, mut packing) = (Vec::new(), None);
        for word in text.split('+').map(str::trim) {
            match packing_of(word) {
                Some(known) if packing.is_none() => packing = Some(known),
                Some(_) => return Err(format!("`{text}` names two packings; keep one of them")),
                None => policy.push(word),
            }
        }
        let policy = match policy.as_slice() {
            [] => PlacementPolicy::default(),
            words => {
                words.join(",").parse().map_err(|error| format!("{error}; or a packing: {}", packings()))?
            }
        };
        Ok(Self { policy, packing: packing.unwrap_or_default(), written: text.trim().to_owned() })
    }
}

/// The packing of this name.
pub(super) fn packing(name: &str) -> Result<Packing, String> {
    packing_of(name).ok_or_else(|| format!("it is one of {}", packings()))
}

fn packing_of(name: &str) -> Option<Packing> {
    Packing::ALL.into_iter().find(|it| it.name() == name)
}

fn packings() -> String {
    Packing::ALL.map(Packing::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_is_a_policy_and_a_packing() {
        let variant: Variant = "exclusive:node+affinity+best-fit".parse().expect("understood");
        assert_eq!(variant.to_string(), "exclusive:node,affinity, best-fit");
        assert_eq!(variant.name(), "exclusive:node+affinity+best-fit");
        assert_eq!("first-fit".parse::<Variant>().expect("understood").packing, Packing::FirstFit);
        for text in ["", "worst-fit", "room+best-fit", "shared+exclusive"] {
            assert!(text.parse::<Variant>().is_err(), "{text}");
        }
    }
}
