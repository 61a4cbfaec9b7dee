//! Whether AWS revoked a certificate of the chain. The lists do not come with the document.

use std::collections::BTreeSet;

use crate::Fault;
use crate::claims::NotChecked;
use crate::window::{Artifact, Window};
use crate::x509::{Certificate, Crl};

use super::CHAIN;

const LIST: &str = "AWS revocation list";

/// What the lists say.
pub(super) struct Revocation {
    /// When every list used is current.
    pub(super) window: Option<Window>,
    pub(super) faults: Vec<Fault>,
    pub(super) not_checked: BTreeSet<NotChecked>,
}

/// Looks every certificate up in the newest list by its issuer, if there is one. A list its issuer did
/// not sign is none.
pub(super) fn check(chain: &[&Certificate], crls: &[Vec<u8>]) -> Revocation {
    let mut found = Revocation { window: None, faults: Vec::new(), not_checked: BTreeSet::new() };
    let lists: Vec<Crl> = crls.iter().filter_map(|der| Crl::parse(der).ok()).collect();
    for (index, (certificate, issuer)) in chain.iter().zip(chain.iter().skip(1)).enumerate() {
        let by_issuer = lists.iter().filter(|it| it.issuer() == issuer.subject());
        let verified = by_issuer.filter_map(|it| Some((it, it.verify(issuer, LIST).ok()?)));
        let Some((list, window)) = verified.max_by_key(|(it, _)| it.this_update()) else {
            found.not_checked.insert(NotChecked::AwsCrl);
            continue;
        };
        found.window = Some(found.window.map_or(window, |it| it.and(window)));
        if list.revokes(certificate) {
            let what = Artifact { name: CHAIN, index: Some(index) };
            found.faults.push(Fault::RevokedCertificate { what });
        }
    }
    found
}
