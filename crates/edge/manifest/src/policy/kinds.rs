//! The rules of each kind of evidence, as a policy writes them.

use std::collections::{BTreeMap, BTreeSet};

use casemate_attest::Product;
use casemate_attest::claims::{Kind, PcrBank, SnpKey, SnpTcb, VtpmProvider};
use casemate_model::{Digest, Fingerprint, Measurement, ReportData};
use casemate_policy::evidence::{
    Accept, AcceptableStatus, CcaComponentRule, CcaRules, Grace, NitroRules, ServiceTd, SgxRules,
    SnpPolicyVersion, SnpRules, TcbRules, TdxRules, VtpmRules,
};

use super::section::{
    DIGEST, DIGEST_32, DIGEST_48, HEX, HEX_16, INSTANT, Reads, Section, TEXT, WORD, integer, one,
};
use crate::field::Field;
use crate::problem::{Findings, shown};

type At<'a, 'f, 's> = &'s mut Section<'a, 'f>;

pub(super) fn sgx(section: At<'_, '_, '_>) -> SgxRules {
    let mut rules = SgxRules::default();
    section.accept("roots", &mut rules.roots, ROOT);
    tcb(section, &mut rules.tcb);
    section.accept("mrEnclave", &mut rules.mr_enclave, MEASUREMENT);
    section.accept("mrSigner", &mut rules.mr_signer, MEASUREMENT);
    products(section, &mut rules.products);
    section.accept("familyId", &mut rules.family_id, HEX_16);
    section.accept("extProdId", &mut rules.ext_prod_id, HEX_16);
    section.accept("configId", &mut rules.config_id, REPORT_DATA);
    section.integer("minConfigSvn", &mut rules.min_config_svn);
    section.boolean("allowDebug", &mut rules.allow_debug);
    section.boolean("allowProvisionKey", &mut rules.allow_provision_key);
    section.bits("attributes", &mut rules.attributes);
    section.bits("xfrm", &mut rules.xfrm);
    section.bits("miscSelect", &mut rules.misc_select);
    rules
}

fn products(section: At<'_, '_, '_>, into: &mut Option<BTreeMap<u16, u16>>) {
    let mut products = BTreeMap::new();
    let read = section.sections("products", |section| {
        let id = section.need("prodId", "Write the product's number");
        let mut svn = 0;
        section.integer("minSvn", &mut svn);
        let field = id?;
        let id = one(&field, integer(), section.findings())?;
        if products.insert(id, svn).is_some() {
            let problem = field.problem("the product stands here twice", "Write it once, with one `minSvn`");
            section.findings().refuse(problem);
        }
        Some(())
    });
    *into = read.map(|_| products);
}

pub(super) fn tdx(section: At<'_, '_, '_>) -> TdxRules {
    let mut rules = TdxRules::default();
    section.accept("roots", &mut rules.roots, ROOT);
    tcb(section, &mut rules.tcb);
    section.accept("mrTd", &mut rules.mr_td, DIGEST_48);
    for (key, accept) in ["rtmr0", "rtmr1", "rtmr2", "rtmr3"].into_iter().zip(&mut rules.rtmr) {
        section.accept(key, accept, DIGEST_48);
    }
    section.accept("mrSeam", &mut rules.mr_seam, DIGEST_48);
    section.accept("mrSignerSeam", &mut rules.mr_signer_seam, DIGEST_48);
    section.accept("mrConfigId", &mut rules.mr_config_id, DIGEST_48);
    section.accept("mrOwner", &mut rules.mr_owner, DIGEST_48);
    section.accept("mrOwnerConfig", &mut rules.mr_owner_config, DIGEST_48);
    service_td(section, &mut rules.service_td);
    section.boolean("allowDebug", &mut rules.allow_debug);
    section.boolean("requireSeptVeDisable", &mut rules.require_sept_ve_disable);
    let (mut migratable, mut perfmon) = (!rules.refuse_migratable, !rules.refuse_perfmon);
    section.boolean("allowMigratable", &mut migratable);
    section.boolean("allowPerfmon", &mut perfmon);
    (rules.refuse_migratable, rules.refuse_perfmon) = (!migratable, !perfmon);
    section.bits("attributes", &mut rules.attributes);
    section.bits("seamAttributes", &mut rules.seam_attributes);
    section.bits("xfam", &mut rules.xfam);
    rules
}

/// `any`, `none`, or digests.
fn service_td(section: At<'_, '_, '_>, into: &mut ServiceTd) {
    let Some(field) = section.get("serviceTd") else { return };
    match field.plain() {
        Some("none") => *into = ServiceTd::None,
        Some("any") => *into = ServiceTd::Any,
        _ => {
            let mut digests = BTreeSet::new();
            section.set("serviceTd", &mut digests, SERVICE_TD);
            *into = ServiceTd::OneOf(digests);
        }
    }
}

fn tcb(section: At<'_, '_, '_>, rules: &mut TcbRules) {
    section.section("tcb", |section| {
        section.set("statuses", &mut rules.statuses, STATUS);
        section.accept("advisories", &mut rules.advisories, TEXT);
        section.set("deniedAdvisories", &mut rules.denied_advisories, TEXT);
        rules.min_evaluation_number =
            section.get("minEvaluationNumber").and_then(|field| one(&field, integer(), section.findings()));
        let grace = section.sections("grace", |section| {
            let mut grace = Grace {
                status: AcceptableStatus::OutOfDate,
                until: casemate_model::Timestamp(0),
                advisories: Accept::Any,
            };
            if let Some(field) = section.get("status") {
                grace.status = one(&field, STATUS, section.findings()).unwrap_or(grace.status);
            }
            section.accept("advisories", &mut grace.advisories, TEXT);
            let until = section.need("until", "Write when the grace ends: `2026-12-31T00:00:00Z`");
            grace.until = one(&until?, INSTANT, section.findings())?;
            Some(grace)
        });
        rules.grace = grace.unwrap_or_default();
        section.boolean("allowDynamicPlatform", &mut rules.allow_dynamic_platform);
        section.boolean("allowCachedKeys", &mut rules.allow_cached_keys);
        section.boolean("allowSmt", &mut rules.allow_smt);
    });
}

pub(super) fn snp(section: At<'_, '_, '_>) -> SnpRules {
    let mut rules = SnpRules::default();
    section.accept("roots", &mut rules.roots, ROOT);
    section.accept("products", &mut rules.products, PRODUCT);
    section.accept("signingKeys", &mut rules.signing_keys, SIGNING_KEY);
    section.accept("cspIds", &mut rules.csp_ids, TEXT);
    section.accept("measurement", &mut rules.measurement, DIGEST_48);
    section.accept("hostData", &mut rules.host_data, DIGEST_32);
    section.accept("idKeyDigest", &mut rules.id_key_digest, DIGEST_48);
    section.accept("authorKeyDigest", &mut rules.author_key_digest, DIGEST_48);
    section.accept("familyId", &mut rules.family_id, HEX_16);
    section.accept("imageId", &mut rules.image_id, HEX_16);
    section.integer("minGuestSvn", &mut rules.min_guest_svn);
    section.accept("vmpl", &mut rules.vmpl, VMPL);
    min_tcb(section, "minTcb", &mut rules.min_tcb);
    min_tcb(section, "minLaunchTcb", &mut rules.min_launch_tcb);
    if let Some(field) = section.get("minFirmware") {
        rules.min_firmware = one(&field, FIRMWARE, section.findings()).unwrap_or_default();
    }
    if let Some(field) = section.get("minPolicyVersion") {
        rules.min_policy_version = one(&field, POLICY_VERSION, section.findings()).unwrap_or_default();
    }
    section.integer("minReportVersion", &mut rules.min_report_version);
    section.boolean("allowDebug", &mut rules.allow_debug);
    section.boolean("allowSmt", &mut rules.allow_smt);
    section.boolean("allowMigration", &mut rules.allow_migration);
    section.bits("platformInfo", &mut rules.platform_info);
    if let Some(field) = section.get("mitigations") {
        rules.mitigations = one(&field, WORD, section.findings()).unwrap_or_default();
    }
    rules
}

fn min_tcb(section: At<'_, '_, '_>, key: &'static str, into: &mut BTreeMap<Product, SnpTcb>) {
    section.section(key, |section| {
        for (name, product) in
            [("Milan", Product::Milan), ("Genoa", Product::Genoa), ("Turin", Product::Turin)]
        {
            let tcb = section.section(name, |section| {
                let fmc = section.get("fmc").and_then(|field| one(&field, integer(), section.findings()));
                let mut tcb = SnpTcb { fmc, ..SnpTcb::default() };
                section.integer("bootLoader", &mut tcb.boot_loader);
                section.integer("tee", &mut tcb.tee);
                section.integer("snp", &mut tcb.snp);
                section.integer("microcode", &mut tcb.microcode);
                tcb
            });
            into.extend(tcb.map(|tcb| (product, tcb)));
        }
    });
}

pub(super) fn cca(section: At<'_, '_, '_>) -> CcaRules {
    let mut rules = CcaRules::default();
    section.accept("roots", &mut rules.roots, ROOT);
    section.accept("rim", &mut rules.rim, DIGEST);
    for (key, accept) in ["rem0", "rem1", "rem2", "rem3"].into_iter().zip(&mut rules.rem) {
        section.accept(key, accept, DIGEST);
    }
    section.accept("personalization", &mut rules.personalization, HEX);
    section.accept("implementationIds", &mut rules.implementation_ids, HEX);
    section.accept("instanceIds", &mut rules.instance_ids, HEX);
    section.accept("config", &mut rules.config, HEX);
    rules.components = section.sections("components", |section| {
        let component_type = section.get("type").and_then(|field| one(&field, TEXT, section.findings()));
        let mut measurements = BTreeSet::new();
        let listed = section.need("measurements", "List what it may measure");
        section.set("measurements", &mut measurements, DIGEST);
        let mut signers = Accept::Any;
        section.accept("signers", &mut signers, HEX);
        listed?;
        Some(CcaComponentRule { component_type, measurements, signers })
    });
    section.boolean("allowUnsecured", &mut rules.allow_unsecured);
    rules
}

pub(super) fn nitro(section: At<'_, '_, '_>) -> NitroRules {
    let mut rules = NitroRules::default();
    section.accept("roots", &mut rules.roots, ROOT);
    if let Some(field) = section.get("pcrs") {
        rules.pcrs = registers(&field, DIGEST_48, section.findings());
    }
    section.accept("moduleIds", &mut rules.module_ids, TEXT);
    rules.max_age = section.span("maxAge");
    section.boolean("allowDebug", &mut rules.allow_debug);
    rules
}

pub(super) fn vtpm(section: At<'_, '_, '_>) -> VtpmRules {
    let mut rules = VtpmRules::default();
    section.accept("roots", &mut rules.roots, ROOT);
    section.accept("providers", &mut rules.providers, PROVIDER);
    section.accept("inner", &mut rules.inner, INNER);
    section.section("pcrs", |section| {
        for (name, bank, digests) in [
            ("sha1", PcrBank::Sha1, Reads::new(|text| sized(text, 20), "Write 40 hex digits")),
            ("sha256", PcrBank::Sha256, DIGEST_32),
            ("sha384", PcrBank::Sha384, DIGEST_48),
            ("sha512", PcrBank::Sha512, Reads::new(|text| sized(text, 64), "Write 128 hex digits")),
        ] {
            if let Some(field) = section.get(name) {
                rules.pcrs.insert(bank, registers(&field, digests, section.findings()));
            }
        }
    });
    section.boolean("requireSecureBoot", &mut rules.require_secure_boot);
    section.boolean("requireNoConsole", &mut rules.require_no_console);
    section.accept("vmIds", &mut rules.vm_ids, TEXT);
    section.accept("projectIds", &mut rules.project_ids, TEXT);
    rules
}

/// A mapping from a register's number to what it may be.
fn registers(field: &Field<'_>, digests: Reads<Digest>, to: &mut Findings) -> BTreeMap<u8, BTreeSet<Digest>> {
    /// Nitro has 32, TPMs 24.
    const REGISTERS: u8 = 32;
    let mut registers = BTreeMap::new();
    let entries = field.entries(to);
    if entries.is_empty() {
        to.refuse(field.problem("lists no register", "List one, or take the key out"));
    }
    for entry in entries {
        let index = entry.key.parse::<u8>().ok().filter(|index| *index < REGISTERS);
        let Some(index) = index else {
            let cause = format!("`{}` is no register's number", shown(entry.key));
            to.refuse(entry.value.problem(cause, format!("Write a number below {REGISTERS}")));
            continue;
        };
        registers.insert(index, super::section::values(&entry.value, digests, to));
    }
    registers
}

fn sized(text: &str, len: usize) -> Option<Digest> {
    text.parse::<Digest>().ok().filter(|digest| digest.as_bytes().len() == len)
}

const ROOT: Reads<Fingerprint> =
    Reads::new(|text| text.strip_prefix("sha256:")?.parse().ok(), "Write `sha256:` and 64 hex digits");
const MEASUREMENT: Reads<Measurement> = Reads::new(|text| text.parse().ok(), "Write 64 hex digits");
const REPORT_DATA: Reads<ReportData> = Reads::new(|text| text.parse().ok(), "Write 128 hex digits");
const SERVICE_TD: Reads<Digest> =
    Reads::new(|text| sized(text, 48), "Write `none`, `any`, or digests of 96 hex digits");
const STATUS: Reads<AcceptableStatus> = Reads::new(
    |text| AcceptableStatus::ALL.into_iter().find(|it| it.as_str() == text),
    "Write a TCB status as Intel does, such as `UpToDate` or `SWHardeningNeeded`. \
     `Revoked` and no matching level are never accepted",
);
const PRODUCT: Reads<Product> = Reads::new(
    |text| Product::ALL.into_iter().find(|it| it.as_str() == text),
    "Write `Milan`, `Genoa` or `Turin`",
);
const SIGNING_KEY: Reads<SnpKey> = Reads::new(
    |text| match text {
        "VCEK" => Some(SnpKey::Vcek),
        "VLEK" => Some(SnpKey::Vlek),
        _ => None,
    },
    "Write `VCEK` or `VLEK`",
);
const VMPL: Reads<u32> =
    Reads::new(|text| text.parse().ok().filter(|level| *level <= 3), "Write a privilege level, 0 to 3");
const FIRMWARE: Reads<[u8; 3]> = Reads::new(dotted, "Write major, minor and build, such as `1.55.21`");
const POLICY_VERSION: Reads<SnpPolicyVersion> = Reads::new(
    |text| dotted(text).map(|[major, minor]| SnpPolicyVersion { major, minor }),
    "Write major and minor in quotes, such as `\"1.51\"`",
);
const PROVIDER: Reads<VtpmProvider> = Reads::new(
    |text| match text {
        "azure" => Some(VtpmProvider::Azure),
        "gce" => Some(VtpmProvider::Gce),
        _ => None,
    },
    "Write `azure` or `gce`",
);
const INNER: Reads<Kind> = Reads::new(
    |text| [Kind::Tdx, Kind::Snp].into_iter().find(|it| it.as_str() == text),
    "Write `tdx` or `snp`",
);

/// Numbers with dots between them.
fn dotted<const N: usize>(text: &str) -> Option<[u8; N]> {
    let numbers: Option<Vec<u8>> = text.split('.').map(|number| number.parse().ok()).collect();
    numbers?.try_into().ok()
}
