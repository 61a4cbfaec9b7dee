//! Attestation documents of AWS Nitro Enclaves (AWS Nitro Enclaves, attestation process; aws-nitro-enclaves-nsm-api,
//! attestation_process): a COSE_Sign1 by ES384, with the certificate of its key and that
//! certificate's issuers inside.
//!
//! A document is valid while its certificates are (about three hours), and not before it was made.
//! Whether the enclave is debugged (its first registers are zero), and whether the nonce is the right
//! one, is for a policy to say.

mod document;
mod fault;
mod inspect;

use casemate_model::{Nanos, Timestamp};

pub use fault::NitroFault;
pub use inspect::inspect;

use crate::claims::{Body, Claims, NitroBody, NotChecked, PlatformId};
use crate::cose::{Curve, EcKey, Sign1};
use crate::window::{Artifact, Window};
use crate::x509::{Certificate, LeafRules, MAX_CERTIFICATES, PublicKey, look_up, verify_path};
use crate::{ChainError, Endorsements, Fault, Refused, Roots};
use document::Document;

const CHAIN: &str = "Nitro certificate chain";
const LIST: &str = "AWS revocation list";
const DOCUMENT: Artifact = Artifact { name: "Nitro attestation document", index: None };
/// How far the clock of the hypervisor may be ahead of the verifier's: five minutes.
const CLOCK_SKEW: Nanos = Nanos::from_secs(5 * 60);

/// Verifies a document at the instant `now`.
pub(crate) fn verify(
    bytes: &[u8],
    endorsements: &Endorsements,
    roots: &Roots,
    now: Timestamp,
) -> Result<Claims, Refused> {
    let signed = Sign1::parse(bytes).map_err(NitroFault::Cose)?;
    let document = Document::parse(&signed.payload)?;
    let chain = chain(&document)?;
    let chain: Vec<_> = chain.iter().collect();
    let path =
        verify_path(&chain, LeafRules::SaysItSigns, CHAIN, |root| roots.is_aws(root)).map_err(Fault::from)?;
    let leaf = chain.first().ok_or(NitroFault::NoBundle)?;
    signed.verify(&key(leaf)?).map_err(NitroFault::Signature)?;
    if document.timestamp < leaf.not_before() || document.timestamp > leaf.not_after() {
        return Err(NitroFault::Timestamp {
            made: document.timestamp,
            not_before: leaf.not_before(),
            not_after: leaf.not_after(),
        }
        .into());
    }

    let made = Timestamp(document.timestamp.0.saturating_sub(CLOCK_SKEW.0));
    let window = path.window.and(Window::new(made, Timestamp(u64::MAX), DOCUMENT));
    let revocation = look_up(&chain, &endorsements.crls, CHAIN, LIST);
    let window = window.and(revocation.window);
    let not_checked = (!revocation.unlisted.is_empty()).then_some(NotChecked::AwsCrl);
    let claims = Claims {
        root: path.root,
        window,
        platform: Some(PlatformId::NitroModule(document.module_id.clone())),
        tcb: None,
        not_checked: not_checked.into_iter().collect(),
        body: Body::Nitro(Box::new(body(document))),
    };
    let faults = [revocation.faults, claims.window.faults(now)].concat();
    if faults.is_empty() { Ok(claims) } else { Err(Refused { faults, claims: Some(Box::new(claims)) }) }
}

/// The document's certificates, leaf first.
fn chain(document: &Document) -> Result<Vec<Certificate>, Fault> {
    let issuers = document.cabundle.as_deref().filter(|it| !it.is_empty()).ok_or(NitroFault::NoBundle)?;
    let found = issuers.len().saturating_add(1);
    if found > MAX_CERTIFICATES {
        return Err(ChainError::Count { chain: CHAIN, min: 2, max: MAX_CERTIFICATES, found }.into());
    }
    let leaf_first = std::iter::once(&document.certificate).chain(issuers.iter().rev());
    let parse = |(index, der): (usize, &Vec<u8>)| {
        Certificate::parse(der).map_err(|cause| ChainError::Certificate { chain: CHAIN, index, cause }.into())
    };
    leaf_first.enumerate().map(parse).collect()
}

fn key(leaf: &Certificate) -> Result<EcKey, NitroFault> {
    match leaf.public_key() {
        PublicKey::P384(point) => Ok(EcKey { curve: Curve::P384, point: point.clone() }),
        PublicKey::P256(_) | PublicKey::Rsa(_) => Err(NitroFault::Key),
    }
}

fn body(document: Document) -> NitroBody {
    NitroBody {
        module_id: document.module_id,
        timestamp: document.timestamp,
        pcrs: document.pcrs,
        public_key: document.public_key,
        user_data: document.user_data,
        nonce: document.nonce,
    }
}
