//! What is demanded of an SEV-SNP guest.

use std::collections::BTreeMap;

use casemate_attest::claims::{PlatformId, SnpBody, SnpKey, SnpTcb};
use casemate_attest::{Claims, Product};
use casemate_model::{Digest, Fingerprint};

use super::{Accept, Bits, Shown};
use crate::judge::Tally;

/// What is demanded of an SEV-SNP guest: everything here has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnpRules {
    /// Roots the evidence may chain to.
    pub roots: Accept<Fingerprint>,
    /// Lines of processors. Milan's chip keys can be extracted in software (arXiv 2605.12990): whoever
    /// minds lists the others.
    pub products: Accept<Product>,
    /// The kinds of key that may sign.
    pub signing_keys: Accept<SnpKey>,
    /// The cloud providers whose key (VLEK) may sign, by AMD's name for them (CSP_ID). Says nothing of
    /// a chip's own key.
    pub csp_ids: Accept<String>,
    /// What the guest was launched from.
    pub measurement: Accept<Digest>,
    /// What the hypervisor gave at launch.
    pub host_data: Accept<Digest>,
    /// Who signed the guest's identity block.
    pub id_key_digest: Accept<Digest>,
    /// Who vouched for that key.
    pub author_key_digest: Accept<Digest>,
    /// The guest's family, as its owner numbers it.
    pub family_id: Accept<[u8; 16]>,
    /// The guest's image, as its owner numbers it.
    pub image_id: Accept<[u8; 16]>,
    /// The guest's lowest security version.
    pub min_guest_svn: u32,
    /// The virtual machine privilege levels that may ask.
    pub vmpl: Accept<u32>,
    /// The lowest security versions that may be reported, component by component. Where this is not
    /// empty a product that is not in it is refused.
    pub min_tcb: BTreeMap<Product, SnpTcb>,
    /// The lowest security versions at the guest's launch, as above.
    pub min_launch_tcb: BTreeMap<Product, SnpTcb>,
    /// The lowest version of the firmware: major, minor, build.
    pub min_firmware: [u8; 3],
    /// The lowest version of the firmware's interface that the guest's policy has to demand.
    pub min_policy_version: SnpPolicyVersion,
    /// The lowest version of the report.
    pub min_report_version: u32,
    /// Whether the host may debug the guest.
    pub allow_debug: bool,
    /// Whether the guest may run beside other threads of its core.
    pub allow_smt: bool,
    /// Whether a migration agent may take the guest elsewhere.
    pub allow_migration: bool,
    /// Facts of the platform (PLATFORM_INFO): bit 0 SMT, 1 TSME, 2 ECC, 3 RAPL off, 4 ciphertext hiding,
    /// 5 alias check.
    pub platform_info: Bits,
    /// Mitigations that have to be there, at launch and now (version 5 of the report).
    pub mitigations: u64,
}

/// The version of the firmware's interface that a guest's policy demands (ABI_MAJOR, ABI_MINOR).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnpPolicyVersion {
    /// Major.
    pub major: u8,
    /// Minor.
    pub minor: u8,
}

impl Default for SnpRules {
    /// Every product, at VMPL 0, without debugging.
    fn default() -> Self {
        Self {
            roots: Accept::Any,
            products: Accept::Any,
            signing_keys: Accept::Any,
            csp_ids: Accept::Any,
            measurement: Accept::Any,
            host_data: Accept::Any,
            id_key_digest: Accept::Any,
            author_key_digest: Accept::Any,
            family_id: Accept::Any,
            image_id: Accept::Any,
            min_guest_svn: 0,
            vmpl: Accept::one_of([0]),
            min_tcb: BTreeMap::new(),
            min_launch_tcb: BTreeMap::new(),
            min_firmware: [0; 3],
            min_policy_version: SnpPolicyVersion::default(),
            min_report_version: 0,
            allow_debug: false,
            allow_smt: true,
            allow_migration: true,
            platform_info: Bits::default(),
            mitigations: 0,
        }
    }
}

impl SnpRules {
    pub(crate) fn judge(&self, claims: &Claims, body: &SnpBody, tally: &mut Tally<'_>) {
        tally.debug(body.debug(), self.allow_debug);
        tally.one_of("products", &self.products, &body.product);
        tally.one_of("signingKeys", &self.signing_keys, &body.signing_key);
        if body.signing_key == SnpKey::Vlek {
            self.judge_provider(claims.platform.as_ref(), tally);
        }
        tally.reference(!self.measurement.is_any() || !self.id_key_digest.is_any());
        for (rule, accept, found) in [
            ("measurement", &self.measurement, &body.measurement),
            ("hostData", &self.host_data, &body.host_data),
            ("idKeyDigest", &self.id_key_digest, &body.id_key_digest),
        ] {
            tally.one_of(rule, accept, found);
        }
        self.judge_author(body, tally);
        tally.one_of("familyId", &self.family_id, &body.family_id);
        tally.one_of("imageId", &self.image_id, &body.image_id);
        tally.one_of("vmpl", &self.vmpl, &body.vmpl);
        tally.at_least("minGuestSvn", self.min_guest_svn, body.guest_svn);
        tally.at_least("minReportVersion", self.min_report_version, body.version);
        judge_tcb("minTcb", &self.min_tcb, body.product, &body.reported_tcb, tally);
        judge_tcb("minLaunchTcb", &self.min_launch_tcb, body.product, &body.launch_tcb, tally);
        self.judge_versions(body, tally);
        tally.allowed("allowSmt", self.allow_smt, body.smt_allowed());
        tally.allowed("allowMigration", self.allow_migration, body.may_migrate());
        tally.bits("platformInfo", self.platform_info, body.platform_info);
        for found in [body.launch_mit_vector, body.current_mit_vector] {
            let has_all = found.unwrap_or(0) & self.mitigations == self.mitigations;
            let found = || found.map_or_else(|| "(none)".to_owned(), |bits| format!("{bits:#x}"));
            tally.demand(has_all, "mitigations", found, || format!("{:#x}", self.mitigations));
        }
    }

    fn judge_provider(&self, platform: Option<&PlatformId>, tally: &mut Tally<'_>) {
        let found = match platform {
            Some(PlatformId::CloudProvider(name)) => Some(name),
            _ => None,
        };
        let is_good = self.csp_ids.is_any() || found.is_some_and(|name| self.csp_ids.accepts(name));
        tally.demand(is_good, "cspIds", || found.cloned().shown(), || self.csp_ids.shown());
    }

    /// Without AUTHOR_KEY_EN the digest says nothing, whatever it reads.
    fn judge_author(&self, body: &SnpBody, tally: &mut Tally<'_>) {
        let found = body.author_key_enabled.then_some(body.author_key_digest);
        let accept = &self.author_key_digest;
        let is_good = accept.is_any() || found.is_some_and(|digest| accept.accepts(&digest));
        tally.demand(is_good, "authorKeyDigest", || found.shown(), || accept.shown());
    }

    fn judge_versions(&self, body: &SnpBody, tally: &mut Tally<'_>) {
        let dotted = |version: [u8; 3]| format!("{}.{}.{}", version[0], version[1], version[2]);
        let [build, minor, major] = body.committed_version;
        let (found, min) = ([major, minor, build], self.min_firmware);
        tally.demand(found >= min, "minFirmware", || dotted(found), || format!("at least {}", dotted(min)));
        let [minor, major, ..] = body.policy.to_le_bytes();
        let (found, min) = (SnpPolicyVersion { major, minor }, self.min_policy_version);
        let shown = |it: SnpPolicyVersion| format!("{}.{}", it.major, it.minor);
        tally.demand(
            found >= min,
            "minPolicyVersion",
            || shown(found),
            || format!("at least {}", shown(min)),
        );
    }
}

/// Each component that is too low is said on its own: they are no digits of one number.
fn judge_tcb(
    rule: &'static str,
    minimums: &BTreeMap<Product, SnpTcb>,
    product: Product,
    found: &SnpTcb,
    tally: &mut Tally<'_>,
) {
    if minimums.is_empty() {
        return;
    }
    let Some(min) = minimums.get(&product) else {
        tally.demand(
            false,
            rule,
            || product.to_string(),
            || {
                let known: Vec<String> = minimums.keys().map(Product::to_string).collect();
                format!("a product with a minimum: {}", known.join(", "))
            },
        );
        return;
    };
    for (component, found, min) in [
        ("fmc", found.fmc.unwrap_or(0), min.fmc.unwrap_or(0)),
        ("bootLoader", found.boot_loader, min.boot_loader),
        ("tee", found.tee, min.tee),
        ("snp", found.snp, min.snp),
        ("microcode", found.microcode, min.microcode),
    ] {
        let shown = |svn: u8| format!("{component} {svn}");
        tally.demand(found >= min, rule, || shown(found), || format!("at least {} ({product})", shown(min)));
    }
}
