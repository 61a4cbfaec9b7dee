//! How gladly a node takes a request.

use crate::node::{KINDS_MOST, Node, UNITS_MOST};
use crate::request::{Request, Want};

/// Ranks nodes for a request.
///
/// Between two calls of [`Policy::arrived`] that answer `true`, what `loss` answers depends on the node's
/// state and the request only, so that answers may be kept.
pub trait Policy {
    /// A request has come; `nodes` are all there are, before it is placed. Answers whether what was learned
    /// changes losses, so that any that are kept must be forgotten.
    fn arrived(&mut self, request: &Request, nodes: &[Node]) -> bool;

    /// What the node is worth as it is. Asked once for each state of a node, and handed to [`Policy::loss`].
    fn worth(&self, _node: &Node) -> f64 {
        0.0
    }

    /// The least that is lost by taking the request on this node, and from which units; `None` if it does
    /// not fit. Less is better. `worth` is what [`Policy::worth`] says of the node.
    fn loss(&self, node: &Node, worth: f64, request: &Request) -> Option<(f64, Choice)>;
}

/// From which unit of each kind a share is taken. Where nothing is chosen, from the one that is left with least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice([u8; KINDS_MOST]);

const NO_UNIT: u8 = u8::MAX;

impl Default for Choice {
    fn default() -> Self {
        Self([NO_UNIT; KINDS_MOST])
    }
}

impl Choice {
    /// The unit chosen of a kind, counted over all units of the node.
    #[must_use]
    pub fn unit(&self, kind: usize) -> Option<usize> {
        self.0.get(kind).filter(|unit| **unit != NO_UNIT).map(|unit| usize::from(*unit))
    }

    /// The same with this unit for that kind.
    #[must_use]
    pub fn with(mut self, kind: usize, unit: usize) -> Self {
        if let (Some(place), Ok(unit)) = (self.0.get_mut(kind), u8::try_from(unit)) {
            *place = unit;
        }
        self
    }
}

/// The choice of units after which `cost` of what is then free is least. `None` if the request does not fit.
///
/// Kinds are decided one after another, the later ones as tight as possible meanwhile: exact where a share of
/// a unit is a question for one kind only.
pub fn cheapest(node: &Node, request: &Request, cost: impl Fn(&[u64]) -> f64) -> Option<(f64, Choice)> {
    if !request.accepts(node.label()) {
        return None;
    }
    let after = |choice: &Choice| {
        let mut copy = [0_u64; UNITS_MOST];
        let free = copy.get_mut(..node.free().len())?;
        free.copy_from_slice(node.free());
        node.take_from(free, request, choice).then(|| cost(free))
    };
    let mut best = (after(&Choice::default())?, Choice::default());
    for (kind, want) in request.wants().iter().enumerate() {
        let (Want::Share(amount), units) = (want, node.units(kind)) else { continue };
        if units.len() < 2 {
            continue;
        }
        let state = |unit: usize| node.free().get(unit).zip(node.capacity().get(unit));
        for unit in units.clone() {
            // Units in equal state are one question.
            let asked = (units.start..unit).any(|earlier| state(earlier) == state(unit));
            if asked || state(unit).is_none_or(|(free, _)| free < amount) {
                continue;
            }
            let choice = best.1.with(kind, unit);
            if let Some(cost) = after(&choice).filter(|cost| *cost < best.0) {
                best = (cost, choice);
            }
        }
    }
    Some(best)
}

/// The first node it fits on.
#[derive(Clone, Copy, Debug, Default)]
pub struct FirstFit;

impl Policy for FirstFit {
    fn arrived(&mut self, _: &Request, _: &[Node]) -> bool {
        false
    }

    fn loss(&self, node: &Node, _: f64, request: &Request) -> Option<(f64, Choice)> {
        cheapest(node, request, |_| 0.0)
    }
}

/// The node that is left with least, each kind measured against the most any node has of it.
#[derive(Clone, Debug)]
pub struct BestFit {
    most: Vec<u64>,
}

impl BestFit {
    /// Best fit among these nodes.
    #[must_use]
    pub fn new(nodes: &[Node]) -> Self {
        let kinds = nodes.iter().map(Node::kinds).max().unwrap_or(0);
        let most = |kind| nodes.iter().map(|node| sum(node, kind, node.capacity())).max().unwrap_or(0);
        Self { most: (0..kinds).map(most).collect() }
    }
}

impl Policy for BestFit {
    fn arrived(&mut self, _: &Request, _: &[Node]) -> bool {
        false
    }

    fn loss(&self, node: &Node, _: f64, request: &Request) -> Option<(f64, Choice)> {
        cheapest(node, request, |free| {
            let left = |(kind, most): (usize, &u64)| sum(node, kind, free) as f64 / (*most).max(1) as f64;
            self.most.iter().enumerate().map(left).sum()
        })
    }
}

fn sum(node: &Node, kind: usize, units: &[u64]) -> u64 {
    units.get(node.units(kind)).unwrap_or_default().iter().copied().fold(0, u64::saturating_add)
}
