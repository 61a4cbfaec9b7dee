//! Groups of nodes that are alike, by number. Numbers of groups without nodes are given out again.

use std::collections::BTreeMap;

use super::stock::Stock;
use super::{NodeId, number};

/// A group's number: nodes of equal stock and equal facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub(super) u32);

/// Which group has the number, of all that ever had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupStamp {
    pub(super) id: GroupId,
    /// Groups that there had been before, and this one.
    pub(super) born: u64,
}

#[derive(Debug)]
pub(super) struct Group {
    pub(super) stock: Stock,
    pub(super) facts: u32,
    pub(super) born: u64,
    pub(super) members: Vec<NodeId>,
    /// When the last node left it, in groups that had been there by then.
    vacated: u64,
}

#[derive(Debug, Default)]
pub(super) struct Groups {
    all: Vec<Group>,
    ids: BTreeMap<(Stock, u32), GroupId>,
    born: u64,
    /// How many have no nodes.
    vacant: usize,
}

/// Groups without nodes that are kept, since nodes may come back to them; beyond, as many as have nodes.
const VACANT_KEPT: usize = 64;

impl Groups {
    /// The group with this stock and these facts.
    pub(super) fn of(&mut self, stock: Stock, facts: u32) -> GroupId {
        let key = (stock, facts);
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        self.born += 1;
        let group =
            Group { stock: key.0.clone(), facts, born: self.born, members: Vec::new(), vacated: self.born };
        let inhabited = self.all.len() - self.vacant;
        let vacant = || self.all.iter().enumerate().filter(|(_, group)| group.members.is_empty());
        let reused = (self.vacant > inhabited.max(VACANT_KEPT))
            .then(|| vacant().min_by_key(|(_, group)| group.vacated).map(|(at, _)| at))
            .flatten();
        let id = GroupId(number(reused.unwrap_or(self.all.len())));
        match reused {
            Some(at) => {
                let before = std::mem::replace(&mut self.all[at], group);
                self.ids.remove(&(before.stock, before.facts));
            }
            None => {
                self.all.push(group);
                self.vacant += 1;
            }
        }
        self.ids.insert(key, id);
        id
    }

    /// A node comes in, and gets this place.
    pub(super) fn enter(&mut self, id: GroupId, node: NodeId) -> u32 {
        let members = &mut self.all[id.0 as usize].members;
        self.vacant -= usize::from(members.is_empty());
        members.push(node);
        number(members.len() - 1)
    }

    /// The node at this place goes. Answers which node has the place now.
    pub(super) fn leave(&mut self, id: GroupId, place: u32) -> Option<NodeId> {
        let group = &mut self.all[id.0 as usize];
        group.members.swap_remove(place as usize);
        if group.members.is_empty() {
            group.vacated = self.born;
            self.vacant += 1;
        }
        group.members.get(place as usize).copied()
    }

    pub(super) fn get(&self, id: GroupId) -> &Group {
        &self.all[id.0 as usize]
    }

    pub(super) fn stamp(&self, id: GroupId) -> GroupStamp {
        GroupStamp { id, born: self.get(id).born }
    }

    pub(super) fn all(&self) -> &[Group] {
        &self.all
    }

    /// How many there ever were.
    pub(super) const fn born(&self) -> u64 {
        self.born
    }
}
