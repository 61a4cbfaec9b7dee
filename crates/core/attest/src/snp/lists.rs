//! AMD's revocation lists, and what they say of the certificates of a key.

use casemate_model::Fingerprint;

use super::Certificates;
use crate::window::{Artifact, Window};
use crate::x509::{Certificate, Crl};
use crate::{Endorsements, Fault};

const LIST: &str = "AMD revocation list";

/// Revocation lists. Those whose issuer's certificate is at hand are verified once; the others when a key
/// is looked up whose chain has a certificate of their issuer's name.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    verified: Vec<Verified>,
    others: Vec<Crl>,
}

#[derive(Clone, Debug)]
struct Verified {
    /// Of the certificate whose key signed the list.
    issuer: Fingerprint,
    crl: Crl,
    window: Window,
}

/// What the lists say of a chain.
#[derive(Clone, Debug)]
pub(super) struct Revocation {
    /// When every list used is current.
    pub(super) window: Window,
    /// Certificates that are revoked.
    pub(super) faults: Vec<Fault>,
    /// Places in the chain of certificates whose issuer has no list here.
    pub(super) unlisted: Vec<usize>,
}

impl Lists {
    /// Lists that are verified when they are used: for evidence that is looked at once. What cannot be
    /// read as one is passed over.
    #[must_use]
    pub fn read(crls: &[Vec<u8>]) -> Self {
        Self { verified: Vec::new(), others: crls.iter().filter_map(|der| Crl::parse(der).ok()).collect() }
    }

    /// Lists verified now, by issuers among these endorsements: for a verifier that keeps them.
    #[must_use]
    pub fn verify(endorsements: &Endorsements) -> Self {
        let certificates = Certificates::new(&[], &endorsements.certificates);
        let mut it = Self::default();
        for crl in Self::read(&endorsements.crls).others {
            let mut issuers = certificates.named(crl.issuer());
            let verified =
                issuers.find_map(|issuer| Some((issuer.fingerprint(), crl.verify(issuer, LIST).ok()?)));
            drop(issuers);
            match verified {
                Some((issuer, window)) => it.verified.push(Verified { issuer, crl, window }),
                None => it.others.push(crl),
            }
        }
        it
    }

    /// Looks every certificate of a chain up in the newest list by its issuer, if there is one. A list its
    /// issuer did not sign is none.
    pub(super) fn look_up(&self, chain: &[Certificate; 3], name: &'static str) -> Revocation {
        let mut found = Revocation { window: Window::ALWAYS, faults: Vec::new(), unlisted: Vec::new() };
        for (index, (certificate, issuer)) in chain.iter().zip(chain.iter().skip(1)).enumerate() {
            let Some((crl, window)) = self.newest(issuer) else {
                found.unlisted.push(index);
                continue;
            };
            found.window = found.window.and(window);
            if crl.revokes(certificate) {
                let what = Artifact { name, index: Some(index) };
                found.faults.push(Fault::RevokedCertificate { what });
            }
        }
        found
    }

    fn newest(&self, issuer: &Certificate) -> Option<(&Crl, Window)> {
        let others = self.others.iter().filter(|it| it.issuer() == issuer.subject());
        let others = others.filter_map(|it| Some((it, it.verify(issuer, LIST).ok()?)));
        // Without lists nothing is hashed.
        let fingerprint = (!self.verified.is_empty()).then(|| issuer.fingerprint());
        let verified = self.verified.iter().filter(|it| Some(it.issuer) == fingerprint);
        let verified = verified.map(|it| (&it.crl, it.window));
        others.chain(verified).max_by_key(|(it, _)| it.this_update())
    }
}
