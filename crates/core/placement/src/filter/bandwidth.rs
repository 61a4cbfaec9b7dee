//! The bandwidth of encrypted memory that the pod needs is free, on one NUMA node.

use super::{Site, shortage};
use crate::ask::Ask;
use crate::{Objection, Resource};

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    shortage(Resource::Bandwidth, ask, site)
}
