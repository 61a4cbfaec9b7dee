//! The peer: every node is looked at for every pod, with the same score, in plain arrays.

use casemate_fleet::{Request, Stock, Want};
use casemate_model::Tee;

use super::cluster::{Cluster, stock, tee_of};

pub(super) struct Plain {
    nodes: Vec<(Option<Tee>, Stock, Vec<u64>)>,
}

impl Plain {
    pub(super) fn new(cluster: &Cluster) -> Self {
        let nodes = (0..cluster.nodes().count()).map(tee_of);
        let node = |tee| {
            let stock = stock(tee);
            let free = stock.units().to_vec();
            (tee, stock, free)
        };
        Self { nodes: nodes.map(node).collect() }
    }

    pub(super) fn place(&mut self, (tee, request): &(Option<Tee>, Request)) -> Option<usize> {
        let wants: Vec<(usize, u64)> = request
            .wants()
            .filter_map(|(kind, want)| match want {
                Want::Share(amount) => Some((usize::from(kind.0), amount)),
                _ => None,
            })
            .collect();
        let rank = |(nth, (has, stock, free)): (usize, &(Option<Tee>, Stock, Vec<u64>))| {
            if (tee.is_some() && has != tee) || wants.iter().any(|(kind, amount)| free[*kind] < *amount) {
                return None;
            }
            let left = wants.iter().map(|(kind, amount)| {
                let left = u128::from(free[*kind] - amount) << 48;
                left / u128::from(stock.units()[*kind].max(1))
            });
            Some((tee.is_none() && has.is_some(), left.min().unwrap_or(0), nth))
        };
        let (_, _, best) = self.nodes.iter().enumerate().filter_map(rank).min()?;
        wants.iter().for_each(|(kind, amount)| self.nodes[best].2[*kind] -= amount);
        Some(best)
    }
}
