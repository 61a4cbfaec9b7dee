//! Nobody is beside a tenant that will not share.

use super::Site;
use crate::Objection;
use crate::ask::Ask;

pub(super) fn objections(_: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    site.company.iter().flat_map(|it| &it.rivalries).cloned().map(Objection::Rival).collect()
}

#[cfg(test)]
mod tests {
    use casemate_model::Scope;

    use super::objections;
    use crate::filter::Company;
    use crate::filter::fixture::check_beside;
    use crate::filter::fixture::words::pod;
    use crate::society::Rivalry;

    fn among(rivalries: Vec<Rivalry>) -> Option<Company<'static>> {
        Some(Company { facts: None, view: None, rivalries, overcommit: None })
    }

    fn rivalry(scope: Scope, tenant: &str, theirs: bool) -> Rivalry {
        Rivalry { scope, tenant: tenant.to_owned(), theirs }
    }

    #[test]
    fn who_has_no_rivals_passes() {
        check_beside(objections, &pod(""), "", None, "passes");
        check_beside(objections, &pod(""), "", among(Vec::new()), "passes");
    }

    #[test]
    fn every_rival_is_named_with_what_is_not_shared_and_by_whom_and_may_go() {
        let mine = rivalry(Scope::Node, "shop", false);
        let expected = "waits: wants the node for itself, and pods of shop are here";
        check_beside(objections, &pod(""), "", among(vec![mine.clone()]), expected);
        let theirs = rivalry(Scope::Tee, "bank", true);
        let both = format!("{expected}; waits: pods of bank are here and have the TEE for themselves");
        check_beside(objections, &pod(""), "", among(vec![mine, theirs]), &both);
    }
}
