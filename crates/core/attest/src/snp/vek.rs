//! The key that signs reports, and its certificate.

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED, ParsedPublicKey};
use casemate_model::{Fingerprint, Timestamp};

use super::certificates::Certificates;
use super::extensions::{self, Extensions, Owner};
use super::lists::{Lists, Revocation};
use super::report::Report;
use super::tcb;
use super::{SnpFault, product_of_cpuid};
use crate::claims::{Body, Claims, NotChecked, PlatformId, SnpBody, SnpKey};
use crate::roots::Product;
use crate::verify::VerifiedEvidence;
use crate::window::Window;
use crate::x509::{Certificate, LeafRules, PublicKey, verify_path};
use crate::{ChainError, Fault, Refused, Roots};

const VCEK_CHAIN: &str = "VCEK certificate chain";
const VLEK_CHAIN: &str = "VLEK certificate chain";
/// Where in a chain the key's issuer is, which is what AMD's lists are about.
const ISSUER_INDEX: usize = 1;

/// A VCEK or VLEK whose certificates are verified up to an accepted root. Holds at any time: its
/// [`Vek::window`] says at which it may be used.
#[derive(Debug)]
pub struct Vek {
    key: ParsedPublicKey,
    role: SnpKey,
    product: Product,
    extensions: Extensions,
    root: Fingerprint,
    window: Window,
    /// The key's, its issuer's, the root's.
    chain: [Certificate; 3],
    chain_name: &'static str,
}

impl Vek {
    /// Verifies the certificates of the key that is to have signed this report.
    ///
    /// A revoked key still verifies reports; [`claims`](Self::claims) refuses them.
    ///
    /// # Errors
    ///
    /// Where a certificate is missing, not AMD's, or not of such a key.
    pub fn verify(report: &Report<'_>, certificates: &Certificates, roots: &Roots) -> Result<Self, Refused> {
        let leaf = certificates.leaf(report)?;
        let role = extensions::role(leaf).unwrap_or(report.signing_key);
        let chain_name = match role {
            SnpKey::Vcek => VCEK_CHAIN,
            SnpKey::Vlek => VLEK_CHAIN,
        };
        let accepts = |root: &Fingerprint| roots.amd_product(root).is_some();
        let verify = |chain: [_; 3]| {
            let path = verify_path(&chain, LeafRules::MaySaySo, chain_name, accepts)?;
            Ok::<_, ChainError>((chain, path))
        };
        let mut refusal = None;
        let (chain, path) = certificates
            .chains(leaf, accepts)?
            .into_iter()
            .find_map(|chain| verify(chain).map_err(|error| refusal.get_or_insert(error).clone()).ok())
            .ok_or_else(|| {
                Fault::from(refusal.unwrap_or(ChainError::NoRoot { chain: chain_name, index: 0 }))
            })?;

        let product = roots
            .amd_product(&path.root)
            .ok_or(ChainError::UnknownRoot { chain: chain_name, fingerprint: path.root })
            .map_err(Fault::from)?;
        let [_, issuer, _] = chain;
        check_issuer(role, product, issuer)?;
        let extensions = Extensions::read(leaf, role)?;
        check_product(&extensions, role, product)?;
        let PublicKey::P384(point) = leaf.public_key() else { return Err(SnpFault::Key.into()) };
        let key = ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).map_err(|_| SnpFault::Key)?;
        Ok(Self {
            key,
            role,
            product,
            extensions,
            root: path.root,
            window: path.window,
            chain: chain.map(Certificate::clone),
            chain_name,
        })
    }

    /// A report at the instant `now`: its signature, which is the only one verified, revocation and dates.
    ///
    /// # Errors
    ///
    /// Why not, with whatever is known all the same.
    pub fn appraise(
        &self,
        report: &Report<'_>,
        lists: &Lists,
        now: Timestamp,
    ) -> Result<VerifiedEvidence, Refused> {
        let body = self.verify_report(report)?;
        self.claims(body, lists, now).map(VerifiedEvidence::new)
    }

    /// Verifies that this key signed the report, and that what the report says of the key is what
    /// AMD certified: one P-384 verification. Neither dates nor revocation are looked at.
    ///
    /// # Errors
    ///
    /// What differs, or that the signature is another's.
    pub fn verify_report(&self, report: &Report<'_>) -> Result<SnpBody, SnpFault> {
        if report.signing_key != self.role {
            return Err(SnpFault::Role { report: report.signing_key, certificate: self.role });
        }
        let expected = self.product;
        if let Some([family, model, _]) = report.cpuid
            && product_of_cpuid(family, model) != Some(expected)
        {
            return Err(SnpFault::Processor { family, model, expected });
        }
        if let Owner::Chip(chip) = &self.extensions.owner
            && !report.is_chip_id_withheld()
            && !report.chip_id.starts_with(chip)
        {
            return Err(SnpFault::ChipId);
        }
        let body = report.body(self.product);
        tcb::check_same(&self.extensions.tcb, &body.reported_tcb)?;
        let (reported, committed) = (&body.reported_tcb, &body.committed_tcb);
        tcb::check_order(("REPORTED_TCB", reported), ("COMMITTED_TCB", committed))?;
        tcb::check_order(("COMMITTED_TCB", committed), ("CURRENT_TCB", &body.current_tcb))?;

        self.key.verify_sig(report.signed, &report.signature()).map_err(|_| SnpFault::Signature)?;
        Ok(body)
    }

    /// The claims of a report this key verified, at the instant `now`.
    ///
    /// # Errors
    ///
    /// Where a certificate is revoked, or is not valid then; with the claims all the same.
    pub fn claims(&self, body: SnpBody, lists: &Lists, now: Timestamp) -> Result<Claims, Refused> {
        let Revocation { window, faults, unlisted } = lists.look_up(&self.chain, self.chain_name);
        let is_list_missing = unlisted.contains(&ISSUER_INDEX);
        let window = self.window.and(window);
        let claims = Claims {
            root: self.root,
            window,
            platform: Some(self.platform()),
            tcb: None,
            not_checked: is_list_missing.then_some(NotChecked::AmdCrl).into_iter().collect(),
            body: Body::Snp(Box::new(body)),
        };
        let faults = [faults, window.faults(now)].concat();
        if faults.is_empty() { Ok(claims) } else { Err(Refused { faults, claims: Some(Box::new(claims)) }) }
    }

    /// What the lists say against it, and when every one that was used is current. No cryptography where
    /// the lists were verified.
    #[must_use]
    pub fn revocation(&self, lists: &Lists) -> (Vec<Fault>, Window) {
        let Revocation { window, faults, .. } = lists.look_up(&self.chain, self.chain_name);
        (faults, window)
    }

    /// When its certificates are valid.
    #[must_use]
    pub const fn window(&self) -> Window {
        self.window
    }

    /// Its certificate, in DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        self.chain[0].der()
    }

    /// The product whose root vouches.
    #[must_use]
    pub const fn product(&self) -> Product {
        self.product
    }

    /// Whose key it is: a chip's, or a cloud provider's.
    #[must_use]
    pub fn platform(&self) -> PlatformId {
        match &self.extensions.owner {
            Owner::Chip(chip) => PlatformId::ChipId(chip.clone()),
            Owner::Provider(name) => PlatformId::CloudProvider(name.clone()),
        }
    }
}

/// That the key's issuer issues keys of its kind: AMD has one for chips and one for providers, under
/// the same root.
fn check_issuer(key: SnpKey, product: Product, issuer: &Certificate) -> Result<(), SnpFault> {
    let expected = match key {
        SnpKey::Vcek => format!("SEV-{product}"),
        SnpKey::Vlek => format!("SEV-VLEK-{product}"),
    };
    let issuer = issuer.common_name().unwrap_or_default();
    if issuer != expected {
        return Err(SnpFault::IssuerRole { key, issuer: issuer.to_owned(), expected });
    }
    Ok(())
}

/// That the certificate is for the product of its root, and laid out as that product's are.
fn check_product(extensions: &Extensions, key: SnpKey, root: Product) -> Result<(), SnpFault> {
    let found = extensions.product_name.split('-').next().unwrap_or_default();
    // Variants of Genoa that share its root.
    let is_variant = root == Product::Genoa && matches!(found, "Bergamo" | "Siena");
    if found != root.as_str() && !is_variant {
        return Err(SnpFault::CertificateProduct { found: extensions.product_name.clone(), root });
    }
    if extensions.tcb.fmc.is_some() != (root == Product::Turin) {
        let what = "Turin's certificates have version 1, the others 0";
        return Err(SnpFault::Extension { key, name: "structVersion", what });
    }
    Ok(())
}
