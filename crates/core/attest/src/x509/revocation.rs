//! Whether issuers revoked a certificate of a path, as far as their lists were supplied.

use super::{Certificate, Crl};
use crate::Fault;
use crate::window::{Artifact, Window};

/// What the lists say.
pub(crate) struct Revocation {
    /// When every list used is current.
    pub(crate) window: Window,
    /// Certificates that are revoked.
    pub(crate) faults: Vec<Fault>,
    /// Places in the path of certificates whose issuer has no list here.
    pub(crate) unlisted: Vec<usize>,
}

/// Looks every certificate of the path up in the newest list by its issuer, if there is one. A list its
/// issuer did not sign is none. `chain` and `list` name path and lists in messages.
pub(crate) fn look_up(
    path: &[&Certificate],
    crls: &[Vec<u8>],
    chain: &'static str,
    list: &'static str,
) -> Revocation {
    let mut found = Revocation { window: Window::ALWAYS, faults: Vec::new(), unlisted: Vec::new() };
    let lists: Vec<Crl> = crls.iter().filter_map(|der| Crl::parse(der).ok()).collect();
    for (index, (certificate, issuer)) in path.iter().zip(path.iter().skip(1)).enumerate() {
        let by_issuer = lists.iter().filter(|it| it.issuer() == issuer.subject());
        let verified = by_issuer.filter_map(|it| Some((it, it.verify(issuer, list).ok()?)));
        let Some((crl, window)) = verified.max_by_key(|(it, _)| it.this_update()) else {
            found.unlisted.push(index);
            continue;
        };
        found.window = found.window.and(window);
        if crl.revokes(certificate) {
            let what = Artifact { name: chain, index: Some(index) };
            found.faults.push(Fault::RevokedCertificate { what });
        }
    }
    found
}
