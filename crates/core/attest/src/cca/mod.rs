//! Arm CCA attestation tokens (draft-ffm-rats-cca-token; RMM specification, A7): a token of the
//! platform, signed by a key that is known out of band, and one of the realm, signed by a key the
//! platform's token vouches for.
//!
//! Of both tokens the profiles of 2022 (`http://arm.com/CCA-SSD/1.0.0`, whose realm token names none)
//! and of 2023 (`tag:arm.com,2023:cca_platform#1.0.0`, `tag:arm.com,2023:realm#1.0.0`) are read. There
//! are no dates and no revocation: who no longer trusts a platform withdraws its anchor. Whether the
//! platform is secured is for a policy to say.

mod fault;
mod inspect;
mod platform;
mod realm;
mod token;

use aws_lc_rs::digest::{SHA256, digest};
use casemate_model::Fingerprint;

pub use fault::{CcaFault, CcaPart};
pub use inspect::inspect;
pub use platform::PlatformClaims;
pub use realm::RealmClaims;

use crate::claims::{Body, CcaBody, Claims, PlatformId};
use crate::cose::{Curve, EcKey, Sign1};
use crate::inspect::hex;
use crate::window::Window;
use crate::{CcaAnchor, CcaCurve, Endorsements, Fault, Refused};
use token::Token;

/// Verifies a token. It is valid as long as its anchor is.
pub(crate) fn verify(bytes: &[u8], endorsements: &Endorsements) -> Result<Claims, Refused> {
    let token = Token::parse(bytes)?;
    let platform = PlatformClaims::parse(&token.platform.payload)?;
    let realm = RealmClaims::parse(&token.realm.payload)?;
    let anchor = signer(&token.platform, &platform, &endorsements.cca_anchors)?;

    let realm_key = realm.key()?;
    token.realm.verify(&realm_key).map_err(CcaFault::RealmSignature)?;
    let vouched = realm.public_key_digest();
    if platform.challenge != vouched {
        return Err(CcaFault::RealmKeyBinding { algorithm: realm.public_key_hash }.into());
    }
    let mut root = Fingerprint([0; 32]);
    root.0.copy_from_slice(digest(&SHA256, &anchor.point).as_ref());
    Ok(Claims {
        root,
        window: Window::ALWAYS,
        platform: Some(PlatformId::CcaInstance(platform.instance_id.clone())),
        tcb: None,
        not_checked: [].into(),
        body: Body::Cca(Box::new(body(platform, realm))),
    })
}

/// The anchor whose key signed the platform's token: of several for the platform, whichever did.
fn signer<'a>(
    token: &Sign1,
    claims: &PlatformClaims,
    anchors: &'a [CcaAnchor],
) -> Result<&'a CcaAnchor, Fault> {
    let is_for = |anchor: &&CcaAnchor| {
        let implementation = anchor.implementation_id.as_ref();
        anchor.instance_id == claims.instance_id
            && implementation.is_none_or(|it| *it == claims.implementation_id)
    };
    let mut first_fault = None;
    for anchor in anchors.iter().filter(is_for) {
        let Err(cause) = verify_with(token, anchor) else { return Ok(anchor) };
        first_fault.get_or_insert(cause);
    }
    Err(first_fault.map_or(
        Fault::Missing {
            what: "key of this CCA platform (CPAK)",
            remedy: "give the trust anchor of its instance and implementation",
        },
        Fault::from,
    ))
}

fn verify_with(token: &Sign1, anchor: &CcaAnchor) -> Result<(), CcaFault> {
    let (curve, coordinates) = match anchor.curve {
        CcaCurve::P256 => (Curve::P256, 64),
        CcaCurve::P384 => (Curve::P384, 96),
    };
    let instance_id = || hex(&anchor.instance_id);
    if anchor.point.len() != coordinates {
        return Err(CcaFault::AnchorLength {
            instance_id: instance_id(),
            expected: coordinates,
            found: anchor.point.len(),
        });
    }
    token
        .verify(&EcKey::of_coordinates(curve, &anchor.point))
        .map_err(|cause| CcaFault::PlatformSignature { instance_id: instance_id(), cause })
}

fn body(platform: PlatformClaims, realm: RealmClaims) -> CcaBody {
    CcaBody {
        platform_profile: platform.profile,
        implementation_id: platform.implementation_id,
        instance_id: platform.instance_id,
        lifecycle: platform.lifecycle,
        config: platform.config,
        platform_hash: platform.hash,
        verification_service: platform.verification_service,
        components: platform.components,
        realm_profile: realm.profile,
        challenge: realm.challenge,
        realm_hash: realm.hash,
        rim: realm.rim,
        rem: realm.rem,
        personalization: realm.personalization,
    }
}
