//! Resources by the numbers that the fleet knows their kinds by, and what a pod wants of each.

use std::collections::BTreeMap;

use casemate_model::{DeviceKind, Node};
use casemate_mutant::{Mutant, active as seeded};

use crate::Resource;
use crate::ask::{Ask, Locality};
use crate::facts::Numbers;
use crate::units::Units;
use casemate_fleet::{Kind, Request, Stock, Want};

/// Kinds of device by number.
#[derive(Debug)]
pub(crate) struct Kinds {
    devices: Numbers<DeviceKind>,
    /// Of devices that come in units, the largest unit seen: who asks for more asks for whole ones.
    units: BTreeMap<DeviceKind, u64>,
}

impl Kinds {
    pub(crate) fn new() -> Self {
        Self { devices: Numbers::default(), units: BTreeMap::new() }
    }

    /// What a node can hand out. What it does not count is a kind of which it has no end.
    pub(crate) fn stock(&mut self, node: &Node) -> Stock {
        let pods = Resource::Device(DeviceKind(DeviceKind::PODS.to_owned()));
        let devices = node.devices.keys().filter(|it| it.as_str() != DeviceKind::PODS);
        let all = Resource::ALL.into_iter().chain(devices.cloned().map(Resource::Device)).chain([pods]);
        for (kind, units) in &node.hardware.units {
            let largest = units.iter().copied().max().unwrap_or(0);
            let known = self.units.entry(kind.clone()).or_default();
            *known = largest.max(*known);
        }
        let units = |resource: &Resource| match Units::of(resource, node) {
            Some(units) => units.iter().collect(),
            None => vec![u64::MAX],
        };
        let numa = &node.hardware.numa;
        let known = numa.iter().all(|it| it.distances.len() == numa.len());
        let distances =
            if known { numa.iter().flat_map(|it| it.distances.iter().copied()).collect() } else { vec![] };
        Stock::new(all.map(|it| (self.number(&it), units(&it)))).apart(distances)
    }

    /// What the pod asks of a node.
    pub(crate) fn request(&mut self, ask: &Ask<'_>, locality: Locality) -> Request {
        let overlooked =
            |resource: &Resource| *resource == Resource::Epc && seeded(Mutant::PlacementOvercommitsEpc);
        let asked = ask.request.resources().filter(|resource| !overlooked(resource));
        let wants = asked.map(|it| {
            let want = self.want(ask, &it, locality);
            (self.number(&it), want)
        });
        Request::new(wants).expect("each resource is a kind of its own")
    }

    /// The same, where every kind is known already; `None` where no node has one of them.
    pub(crate) fn known_request(&self, ask: &Ask<'_>, locality: Locality) -> Option<Request> {
        let overlooked =
            |resource: &Resource| *resource == Resource::Epc && seeded(Mutant::PlacementOvercommitsEpc);
        let asked = ask.request.resources().filter(|resource| !overlooked(resource));
        let wants: Option<Vec<_>> =
            asked.map(|it| Some((self.known(&it)?, self.want(ask, &it, locality)))).collect();
        Request::new(wants?).ok()
    }

    /// How the pod wants a resource: of a device in units a share of one, or several whole ones.
    pub(crate) fn want(&self, ask: &Ask<'_>, resource: &Resource, locality: Locality) -> Want {
        let want = ask.want(resource, locality);
        let unit = match resource {
            Resource::Device(kind) => self.units.get(kind).copied().unwrap_or(0),
            _ => 0,
        };
        match want {
            Want::Share(amount) if unit > 0 && amount > unit && amount.is_multiple_of(unit) => {
                u32::try_from(amount / unit).map_or(want, Want::Whole)
            }
            _ => want,
        }
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
