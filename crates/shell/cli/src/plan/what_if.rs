//! What a plan supposes beside what its documents say.

use std::fmt;
use std::str::FromStr;

use casemate_model::{Fmspc, Node, NodeName};

/// One thing that is supposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WhatIf {
    /// `node NAME down`: it is not there.
    Down(NodeName),
    /// `+COUNT nodes like NAME`: there are so many more of its kind.
    More(usize, NodeName),
    /// `TCB recovery on FMSPC HEX`: what Intel attested of such platforms is out of date.
    Recovery(Fmspc),
}

/// Nodes that may be supposed at once.
const MORE_MAX: usize = 1_000_000;

/// The label by which Kubernetes tells nodes apart.
const HOSTNAME: &str = "kubernetes.io/hostname";

impl WhatIf {
    /// Changes the nodes as supposed.
    ///
    /// Nodes that it takes the trust from are added to `distrusted`.
    pub(super) fn apply(
        &self,
        nodes: &mut Vec<Node>,
        distrusted: &mut Vec<(NodeName, String)>,
    ) -> Result<(), String> {
        let name = match self {
            Self::Down(name) | Self::More(_, name) => name,
            Self::Recovery(fmspc) => {
                let with = nodes.iter().filter(|node| node.hardware.fmspc == Some(*fmspc));
                let before = distrusted.len();
                let why = format!("supposed: {self}");
                distrusted.extend(with.map(|node| (node.name.clone(), why.clone())));
                if distrusted.len() == before {
                    return Err(format!(
                        "--what-if \"{self}\": no node has this FMSPC; nodes say theirs in the annotation \
                         casemate.dev/fmspc"
                    ));
                }
                return Ok(());
            }
        };
        let at = nodes.iter().position(|node| node.name == *name);
        let at = at.ok_or_else(|| format!("--what-if \"{self}\": no node is named {name}"))?;
        match self {
            Self::Down(_) | Self::Recovery(_) => drop(nodes.remove(at)),
            Self::More(count, _) => {
                let like = nodes[at].clone();
                let is_taken = |name: &str| nodes.iter().any(|node| node.name.0 == name);
                let names = (1..).map(|nth: usize| format!("{}-{nth}", like.name)).filter(|it| !is_taken(it));
                let more: Vec<_> = names.take(*count).map(|name| named(&like, name)).collect();
                nodes.extend(more);
            }
        }
        Ok(())
    }
}

/// A node of the same kind.
fn named(like: &Node, name: String) -> Node {
    let mut node = like.clone();
    if let Some(label) = node.labels.get_mut(HOSTNAME) {
        label.clone_from(&name);
    }
    node.identity.uid.clone_from(&name);
    node.name = NodeName(name);
    node
}

impl FromStr for WhatIf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let node = |name: &str| NodeName(name.to_owned());
        match words.as_slice() {
            ["node", name, "down"] => Ok(Self::Down(node(name))),
            [count, "node" | "nodes", "like", name] => {
                let count = count.strip_prefix('+').and_then(|it| it.parse().ok());
                let count = count.filter(|it| (1..=MORE_MAX).contains(it));
                let count = count.ok_or_else(|| format!("how many more is +1 to +{MORE_MAX}"))?;
                Ok(Self::More(count, node(name)))
            }
            ["TCB", "recovery", "on", "FMSPC", hex] => {
                let fmspc = fmspc(hex).ok_or("an FMSPC is 12 hexadecimal digits")?;
                Ok(Self::Recovery(fmspc))
            }
            _ => Err("it is \"node NAME down\", \"+COUNT nodes like NAME\" or \"TCB recovery on FMSPC HEX\""
                .to_owned()),
        }
    }
}

impl fmt::Display for WhatIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down(name) => write!(f, "node {name} down"),
            Self::More(count, name) => write!(f, "+{count} nodes like {name}"),
            Self::Recovery(fmspc) => {
                f.write_str("TCB recovery on FMSPC ")?;
                fmspc.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
            }
        }
    }
}

fn fmspc(hex: &str) -> Option<Fmspc> {
    let digits = hex.as_bytes().chunks(2).map(|two| {
        let two = std::str::from_utf8(two).ok().filter(|it| it.len() == 2)?;
        u8::from_str_radix(two, 16).ok().filter(|_| !two.starts_with('+'))
    });
    let bytes: Vec<u8> = digits.collect::<Option<_>>()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_supposed_reads_as_it_is_written() {
        for text in ["node worker-3 down", "+2 nodes like worker-1", "TCB recovery on FMSPC 00906ED50000"] {
            assert_eq!(text.parse::<WhatIf>().expect("understood").to_string(), text);
        }
        assert_eq!("+1 node like a".parse(), Ok(WhatIf::More(1, NodeName("a".into()))));
        for text in
            ["", "node down", "nodes like a", "+0 nodes like a", "+x nodes like a", "+9999999 nodes like a"]
        {
            assert!(text.parse::<WhatIf>().is_err(), "{text}");
        }
    }
}
