//! What a score may learn from: the fleet as it is.

use super::Node;
use super::group::{Group, GroupId, GroupStamp, Groups};
use super::request::Request;
use super::score::State;
use super::shape::{ShapeId, Shapes};
use super::stock::Stock;

/// Nodes, groups and requests of a fleet.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub(super) groups: &'a Groups,
    pub(super) nodes: &'a [Node],
    pub(super) free: &'a [u64],
    pub(super) shapes: &'a Shapes,
}

/// A group of nodes.
#[derive(Clone, Copy, Debug)]
pub struct GroupView<'a> {
    view: View<'a>,
    group: &'a Group,
    pub(super) stamp: GroupStamp,
}

impl<'a> View<'a> {
    /// How many nodes there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What is asked for, as long as it is remembered.
    #[must_use]
    pub fn request(&self, shape: ShapeId) -> Option<&'a Request> {
        self.shapes.get(shape).map(|it| &it.request)
    }

    /// Each group that has nodes.
    pub fn groups(self) -> impl Iterator<Item = GroupView<'a>> {
        let groups = self.groups.all().iter().enumerate();
        groups.filter(|(_, group)| !group.members.is_empty()).map(move |(at, group)| {
            let id = GroupId(super::number(at));
            GroupView { view: self, group, stamp: GroupStamp { id, born: group.born } }
        })
    }
}

impl<'a> GroupView<'a> {
    /// How many nodes it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.group.members.len()
    }

    /// Whether it has none, which none has that is shown.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.group.members.is_empty()
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> GroupId {
        self.stamp.id
    }

    /// What each of its nodes has.
    #[must_use]
    pub const fn stock(&self) -> &'a Stock {
        &self.group.stock
    }

    /// Whether its nodes take this request when they are empty.
    #[must_use]
    pub fn accepts(&self, shape: ShapeId) -> bool {
        let at = self.stamp.id.0 as usize;
        self.view.shapes.get(shape).is_some_and(|it| it.plan(at, self.group).is_some())
    }

    /// Its nodes as they are, closed ones too.
    pub fn states(self) -> impl Iterator<Item = State<'a>> {
        let units = self.group.stock.units().len();
        self.group.members.iter().filter_map(move |node| {
            let at = self.view.nodes.get(node.0 as usize)?.at();
            let free = self.view.free.get(at..at + units)?;
            Some(State { stock: &self.group.stock, free, group: self.stamp })
        })
    }
}
