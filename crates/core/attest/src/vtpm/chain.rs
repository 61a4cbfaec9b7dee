//! The chain of an attestation key's certificate: intermediates are looked up by name among those that came
//! along and those that were supplied, so is the root, and whatever revocation lists there are count.

use casemate_model::Fingerprint;

use super::VtpmFault;
use crate::window::Window;
use crate::x509::{Certificate, LeafRules, MAX_CERTIFICATES, Revocation, look_up, verify_path};
use crate::{ChainError, Endorsements, Fault, Roots};

const CHAIN: &str = "certificate chain of the vTPM's key";
const LIST: &str = "revocation list for the vTPM's key";
/// Certificates that may come along.
const MAX_SENT: usize = 16;

/// A chain whose signatures hold.
pub(crate) struct AkChain {
    pub(crate) leaf: Certificate,
    pub(crate) root: Fingerprint,
    pub(crate) window: Window,
    /// Whether some issuer's revocation list was not supplied.
    pub(crate) is_partial: bool,
    /// Certificates that are revoked.
    pub(crate) faults: Vec<Fault>,
}

impl AkChain {
    /// Verifies the chain of the certificate `leaf`.
    pub(crate) fn verify(
        leaf: &[u8],
        sent: &[Vec<u8>],
        endorsements: &Endorsements,
        roots: &Roots,
    ) -> Result<Self, Fault> {
        if sent.len() > MAX_SENT {
            let (min, max, found) = (0, MAX_SENT, sent.len());
            return Err(VtpmFault::Count { what: "certificates came along", min, max, found }.into());
        }
        let within = |cause| ChainError::Certificate { chain: CHAIN, index: 0, cause };
        let leaf = Certificate::parse(leaf).map_err(within)?;
        // One that is not read here is another's: what is missing because of it is said by name.
        let others = sent.iter().chain(&endorsements.certificates);
        let others: Vec<_> = others.filter_map(|der| Certificate::parse(der).ok()).collect();
        let path = path(&leaf, &others)?;
        let verified = verify_path(&path, LeafRules::SaysItSigns, CHAIN, |root| roots.is_google(root))?;

        let Revocation { window, faults, unlisted } = look_up(&path, &endorsements.crls, CHAIN, LIST);
        Ok(Self {
            root: verified.root,
            window: verified.window.and(window),
            is_partial: !unlisted.is_empty(),
            faults,
            leaf: leaf.clone(),
        })
    }
}

/// From the leaf to something that issued itself, by name, and by signature where several have the name.
fn path<'a>(leaf: &'a Certificate, others: &'a [Certificate]) -> Result<Vec<&'a Certificate>, Fault> {
    let mut path = vec![leaf];
    let mut last = leaf;
    while !last.is_self_issued() && path.len() < MAX_CERTIFICATES {
        let mut named = others.iter().filter(|it| it.subject() == last.issuer());
        let first = named.clone().next().ok_or(Fault::Missing {
            what: "certificate of an issuer of the vTPM's key",
            remedy: "send it along, or download it from the address in the certificate it issued \
                     (authority information access)",
        })?;
        last = named.find(|it| it.has_signed(last)).unwrap_or(first);
        path.push(last);
    }
    Ok(path)
}
