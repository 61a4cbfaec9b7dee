//! Resources by the numbers that the fleet knows their kinds by, and what a pod wants of each.

use casemate_model::{DeviceKind, Node};
use casemate_mutant::{Mutant, active as seeded};

use crate::Resource;
use crate::ask::{Ask, Locality};
use crate::facts::Numbers;
use crate::fleet::{Kind, Request, Stock};
use crate::units::Units;

/// Kinds of device by number.
#[derive(Debug)]
pub(crate) struct Kinds {
    devices: Numbers<DeviceKind>,
}

impl Kinds {
    pub(crate) fn new() -> Self {
        Self { devices: Numbers::default() }
    }

    /// What a node can hand out. What it does not count is a kind of which it has no end.
    pub(crate) fn stock(&mut self, node: &Node) -> Stock {
        let pods = Resource::Device(DeviceKind(DeviceKind::PODS.to_owned()));
        let devices = node.devices.keys().filter(|it| it.as_str() != DeviceKind::PODS);
        let all = Resource::ALL.into_iter().chain(devices.cloned().map(Resource::Device)).chain([pods]);
        let units = |resource: &Resource| match Units::of(resource, node) {
            Some(units) if matches!(resource, Resource::Device(_)) => vec![units.sum()],
            Some(units) => units.iter().collect(),
            None => vec![u64::MAX],
        };
        Stock::new(all.map(|it| (self.number(&it), units(&it))))
    }

    /// What the pod asks of a node.
    pub(crate) fn request(&mut self, ask: &Ask<'_>, locality: Locality) -> Request {
        let overlooked =
            |resource: &Resource| *resource == Resource::Epc && seeded(Mutant::PlacementOvercommitsEpc);
        let asked = ask.request.resources().filter(|resource| !overlooked(resource));
        let wants = asked.map(|it| (self.number(&it), ask.want(&it, locality)));
        Request::new(wants).expect("each resource is a kind of its own")
    }

    /// The same, where every kind is known already; `None` where no node has one of them.
    pub(crate) fn known_request(&self, ask: &Ask<'_>, locality: Locality) -> Option<Request> {
        let overlooked =
            |resource: &Resource| *resource == Resource::Epc && seeded(Mutant::PlacementOvercommitsEpc);
        let asked = ask.request.resources().filter(|resource| !overlooked(resource));
        let wants: Option<Vec<_>> =
            asked.map(|it| Some((self.known(&it)?, ask.want(&it, locality)))).collect();
        Request::new(wants?).ok()
    }

    /// The number of a resource that was in a stock or a request before.
    pub(crate) fn known(&self, resource: &Resource) -> Option<Kind> {
        match resource {
            Resource::Device(kind) => self.devices.find(kind).map(device),
            _ => Resource::ALL.iter().position(|it| it == resource).map(kind),
        }
    }

    fn number(&mut self, resource: &Resource) -> Kind {
        match resource {
            Resource::Device(kind) => device(self.devices.number(kind)),
            _ => kind(Resource::ALL.iter().position(|it| it == resource).unwrap_or(Resource::ALL.len())),
        }
    }
}

/// Devices come after everything that has a number of its own.
fn device(number: u32) -> Kind {
    kind(usize::try_from(number).unwrap_or(usize::MAX).saturating_add(Resource::ALL.len()))
}

fn kind(number: usize) -> Kind {
    Kind(u16::try_from(number).expect("fewer than 2^16 kinds of device"))
}
