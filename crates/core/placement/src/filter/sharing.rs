//! Nobody is beside a tenant that will not share.

use super::Site;
use crate::Objection;
use crate::ask::Ask;

pub(super) fn objections(_: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    site.company.iter().flat_map(|it| &it.rivalries).cloned().map(Objection::Rival).collect()
}
