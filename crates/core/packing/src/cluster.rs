//! Nodes and a policy: requests are placed one by one, for good.

use std::collections::BTreeMap;

use crate::node::Node;
use crate::policy::{Choice, Policy};
use crate::request::Request;

/// Nodes, what is taken of them, and who decides.
///
/// Placing looks at every node, and at a node's loss anew only if the node has changed or the policy has
/// learned: O(nodes) cheap steps for each request. Whoever has very many nodes keeps an index.
#[derive(Clone, Debug)]
pub struct Cluster<P> {
    nodes: Vec<Node>,
    /// How often each node has taken something, from 1.
    versions: Vec<u32>,
    /// What each node is worth, and at which version that was asked.
    worths: Vec<(u32, f64)>,
    policy: P,
    /// Of each request in use, of each node.
    losses: BTreeMap<Request, Vec<Asked>>,
}

/// What a policy answered.
#[derive(Clone, Copy, Debug)]
struct Asked {
    /// The node's version at that time.
    version: u32,
    loss: Option<(f64, Choice)>,
}

/// Different requests whose losses are kept; beyond, all are forgotten.
const KEPT_FOR: usize = 4_096;

impl<P: Policy> Cluster<P> {
    /// These nodes, as they are.
    #[must_use]
    pub fn new(nodes: Vec<Node>, policy: P) -> Self {
        Self {
            versions: vec![1; nodes.len()],
            worths: vec![(0, 0.0); nodes.len()],
            nodes,
            policy,
            losses: BTreeMap::new(),
        }
    }

    /// The nodes as they are now.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Places a request on the node that loses least, the first of several, and answers which; `None` if it
    /// fits nowhere.
    pub fn place(&mut self, request: &Request) -> Option<usize> {
        if self.policy.arrived(request, &self.nodes) || self.losses.len() >= KEPT_FOR {
            self.losses.clear();
            self.worths.fill((0, 0.0));
        }
        if !self.losses.contains_key(request) {
            self.losses.insert(request.clone(), vec![Asked { version: 0, loss: None }; self.nodes.len()]);
        }
        let losses = self.losses.get_mut(request)?;
        let mut best: Option<(f64, usize, Choice)> = None;
        let nodes = self.nodes.iter().zip(&self.versions).zip(&mut self.worths);
        for (at, (((node, version), worth), asked)) in nodes.zip(losses).enumerate() {
            if asked.version != *version {
                if worth.0 != *version {
                    *worth = (*version, self.policy.worth(node));
                }
                *asked = Asked { version: *version, loss: self.policy.loss(node, worth.1, request) };
            }
            if let Some((loss, choice)) = asked.loss
                && best.is_none_or(|(least, ..)| loss < least)
            {
                best = Some((loss, at, choice));
            }
        }
        let (_, at, choice) = best?;
        let (node, version) = (self.nodes.get_mut(at)?, self.versions.get_mut(at)?);
        if !node.take(request, &choice) {
            return None;
        }
        *version = version.wrapping_add(1).max(1);
        Some(at)
    }
}
