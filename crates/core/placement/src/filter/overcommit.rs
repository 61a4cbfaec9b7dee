//! Nobody would be slowed down by more than is allowed for what lies between requests and limits.

use casemate_mutant::{Mutant, active as seeded};

use super::Site;
use crate::ask::Ask;
use crate::{Objection, Resource};

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    if seeded(Mutant::PlacementIgnoresSlowdown) {
        return Vec::new();
    }
    let Some(allowed) = site.company.as_ref().and_then(|it| it.overcommit) else { return Vec::new() };
    let request = &ask.request;
    // Who asks for no encrypted memory slows down nobody.
    if request.capacity.epc.0 == 0 && request.excess.is_none() {
        return Vec::new();
    }
    let mut after = site.used.excess.clone();
    after.add(&request.excess);
    let requested = site.used.capacity.epc.0.saturating_add(request.capacity.epc.0);
    let room = Resource::Epc.on(site.node).unwrap_or(0).saturating_sub(requested);
    let predicted = after.slowdown(&after, room, &allowed.paging);
    let most = allowed.slowdown_max;
    (predicted > most).then_some(Objection::SlowedDown { predicted, most }).into_iter().collect()
}
