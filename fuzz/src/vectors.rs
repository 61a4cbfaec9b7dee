//! Evidence in order, under roots that exist in this process only. Nothing here is written down: keys
//! are new in every process, so what a mutation changes is what decides.

use std::sync::OnceLock;

use casemate_attest::claims::SnpKey;
use casemate_attest::{Claims, Endorsements, Evidence, Product, Roots, verify};
use casemate_model::{Measurement, ReportData, Timestamp};
use casemate_softtee::synthetic::cca::{CcaPlatform, CcaProfile};
use casemate_softtee::synthetic::dcap::{DcapQuote, DcapRoot};
use casemate_softtee::synthetic::nitro::NitroRoot;
use casemate_softtee::synthetic::snp::SnpRoot;
use casemate_softtee::synthetic::vtpm::{GoogleRoot, SyntheticHcl};
use casemate_softtee::synthetic::{self, TestRoot};

/// 2026-01-01T00:00:00Z, when every vector is good.
pub const NOW: Timestamp = Timestamp::from_unix_secs(1_767_225_600);

/// Evidence that verifies, and with what.
#[derive(Debug)]
pub struct Vector {
    /// What it is.
    pub name: &'static str,
    /// The evidence.
    pub evidence: Evidence,
    /// What vouches for it beside it.
    pub endorsements: Endorsements,
    /// The roots it is under.
    pub roots: Roots,
    /// What it says.
    pub claims: Claims,
}

/// One of every form of evidence.
///
/// # Panics
///
/// Where one does not verify.
pub fn all() -> &'static [Vector] {
    static ALL: OnceLock<Vec<Vector>> = OnceLock::new();
    ALL.get_or_init(|| {
        let software = TestRoot::new(NOW);
        let enclave = synthetic::report(Measurement([0xe1; 32]), ReportData([0xd4; 64]));
        let [legacy, cca] = CcaProfile::ALL.map(|profile| CcaPlatform::new(profile, [0xc4; 64]));
        let nitro = NitroRoot::new(NOW);
        let google = GoogleRoot::new(NOW);
        let quote = |name, kind| {
            let root = dcap();
            vector(name, root.evidence(kind), root.endorsements(), root.roots())
        };
        let report = |name, product, key| {
            let root = SnpRoot::new(NOW, product, key);
            vector(name, root.evidence(), root.endorsements(), root.roots())
        };
        vec![
            vector("software", software.evidence(&enclave), Endorsements::none(), software.roots()),
            vector("cca-legacy", legacy.evidence(), legacy.endorsements(), Roots::none()),
            vector("cca-2023", cca.evidence(), cca.endorsements(), Roots::none()),
            vector("nitro", nitro.evidence(), nitro.endorsements(false), nitro.roots()),
            quote("sgx-v3", DcapQuote::SgxV3),
            quote("tdx-v4", DcapQuote::TdxV4),
            quote("tdx-v5", DcapQuote::Tdx15Ex),
            report("snp-milan", Product::Milan, SnpKey::Vcek),
            report("snp-genoa-vlek", Product::Genoa, SnpKey::Vlek),
            report("snp-turin", Product::Turin, SnpKey::Vcek),
            vector("gce", google.evidence(), google.endorsements(false), google.roots()),
            azure_in_guest(),
            azure_in_trust_domain(),
        ]
    })
}

fn azure_in_guest() -> Vector {
    let (hcl, mut root) = (SyntheticHcl::new(), SnpRoot::new(NOW, Product::Genoa, SnpKey::Vcek));
    root.body.report_data = hcl.report_data();
    let azure = hcl.on_snp(&root.report(), root.certificates());
    vector("azure-snp", SyntheticHcl::evidence(azure), root.endorsements(), root.roots())
}

fn azure_in_trust_domain() -> Vector {
    let (hcl, mut root) = (SyntheticHcl::new(), DcapRoot::new(NOW));
    root.subject.report_data = hcl.report_data().0;
    let azure = hcl.on_tdx(root.evidence(DcapQuote::TdxV4).as_bytes());
    vector("azure-tdx", SyntheticHcl::evidence(azure), root.endorsements(), root.roots())
}

/// The root of the vectors that are quotes, which signs collateral.
pub fn dcap() -> &'static DcapRoot {
    static ROOT: OnceLock<DcapRoot> = OnceLock::new();
    ROOT.get_or_init(|| DcapRoot::new(NOW))
}

/// The vector of this name.
///
/// # Panics
///
/// Where there is none.
pub fn named(name: &str) -> &'static Vector {
    all().iter().find(|it| it.name == name).expect("a vector of this name")
}

fn vector(name: &'static str, evidence: Evidence, endorsements: Endorsements, roots: Roots) -> Vector {
    let verified = verify(&evidence, &endorsements, &roots, NOW);
    let claims = match verified {
        Ok(verified) => verified.claims().clone(),
        Err(refused) => panic!("{name} does not verify: {refused}"),
    };
    Vector { name, evidence, endorsements, roots, claims }
}
