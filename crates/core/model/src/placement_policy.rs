//! How pods share nodes: the four policies, which go together as far as they do not contradict each other.

use core::fmt;
use core::str::FromStr;

use alloc::string::{String, ToString};

/// With whom a pod shares, whether locality counts, and whether others may be displaced for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlacementPolicy {
    /// With whom it shares what it runs on.
    pub sharing: Sharing,
    /// Its memory and CPU come from one NUMA node if they can, else from the nearest ones.
    pub affinity: bool,
    /// Pods of lower priority may be displaced for it.
    pub preemptive: bool,
}

/// With whom a pod shares what it runs on. A tenant is a namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sharing {
    /// With anybody.
    #[default]
    Shared,
    /// No other tenant is in the scope.
    Exclusive(Scope),
}

/// What no other tenant is on. Each contains nothing of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Its physical cores: CPU is handed out in whole cores, all hardware threads of each.
    Core,
    /// The node's TEE: nobody else's pod on the node is confidential.
    Tee,
    /// The node.
    Node,
}

/// A policy that cannot be read. Whoever wrote it erred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyError {
    /// No such word.
    Unknown(String),
    /// Two ways of sharing.
    Contradiction(String),
}

impl FromStr for PlacementPolicy {
    type Err = PolicyError;

    /// Words with commas between: `shared`, `exclusive` (of the TEE), `exclusive:core`, `exclusive:tee`,
    /// `exclusive:node`, `affinity`, `pre-emptive`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut policy = Self::default();
        let mut sharing = None;
        for word in text.split(',').map(str::trim) {
            let shares = match word {
                "shared" => Sharing::Shared,
                "exclusive" | "exclusive:tee" => Sharing::Exclusive(Scope::Tee),
                "exclusive:core" => Sharing::Exclusive(Scope::Core),
                "exclusive:node" => Sharing::Exclusive(Scope::Node),
                "affinity" => {
                    policy.affinity = true;
                    continue;
                }
                "pre-emptive" | "preemptive" => {
                    policy.preemptive = true;
                    continue;
                }
                other => return Err(PolicyError::Unknown(other.to_string())),
            };
            if sharing.replace(shares).is_some_and(|before| before != shares) {
                return Err(PolicyError::Contradiction(text.to_string()));
            }
        }
        policy.sharing = sharing.unwrap_or_default();
        Ok(policy)
    }
}

impl fmt::Display for PlacementPolicy {
    /// As it is read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.sharing {
            Sharing::Shared => "shared",
            Sharing::Exclusive(Scope::Core) => "exclusive:core",
            Sharing::Exclusive(Scope::Tee) => "exclusive:tee",
            Sharing::Exclusive(Scope::Node) => "exclusive:node",
        })?;
        if self.affinity {
            f.write_str(",affinity")?;
        }
        if self.preemptive {
            f.write_str(",pre-emptive")?;
        }
        Ok(())
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(word) => write!(
                f,
                "`{word}` is no placement policy; use shared, exclusive, exclusive:core, exclusive:tee, \
                 exclusive:node, affinity or pre-emptive, with commas between"
            ),
            Self::Contradiction(text) => write!(f, "`{text}` shares in two ways; keep one of them"),
        }
    }
}

impl core::error::Error for PolicyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_as_it_is_written() {
        for text in
            ["shared", "exclusive:core", "exclusive:tee,affinity", "exclusive:node,affinity,pre-emptive"]
        {
            assert_eq!(text.parse::<PlacementPolicy>().unwrap().to_string(), text);
        }
        assert_eq!("exclusive".parse::<PlacementPolicy>().unwrap().to_string(), "exclusive:tee");
        assert_eq!(
            " affinity , pre-emptive".parse::<PlacementPolicy>().unwrap().to_string(),
            "shared,affinity,pre-emptive"
        );
    }

    #[test]
    fn what_is_unknown_or_contradicts_itself_is_refused() {
        assert_eq!("exclusiv".parse::<PlacementPolicy>(), Err(PolicyError::Unknown("exclusiv".into())));
        assert!(matches!("shared,exclusive".parse::<PlacementPolicy>(), Err(PolicyError::Contradiction(_))));
        assert!("".parse::<PlacementPolicy>().is_err());
    }
}
