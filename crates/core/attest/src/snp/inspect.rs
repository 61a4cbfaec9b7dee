//! An attestation report as people read it.

use super::fault::key_name;
use super::tcb::{self, product_of_cpuid};
use super::{Report, SnpFault};
use crate::claims::SnpTcb;
use crate::inspect::{Field, hex};
use crate::roots::Product;

/// Bits of POLICY (AMD 56860, table GUEST_POLICY).
const POLICY: [(u32, &str); 9] = [
    (16, "SMT allowed"),
    (18, "migration agent allowed"),
    (19, "debug allowed"),
    (20, "one socket only"),
    (21, "CXL allowed"),
    (22, "AES-256-XTS required"),
    (23, "RAPL must be disabled"),
    (24, "ciphertext hiding required"),
    (25, "page swap disabled"),
];
/// Bits of PLATFORM_INFO.
const PLATFORM: [(u32, &str); 7] = [
    (0, "SMT enabled"),
    (1, "TSME enabled"),
    (2, "ECC memory"),
    (3, "RAPL disabled"),
    (4, "ciphertext hiding enabled"),
    (5, "alias check complete"),
    (7, "trusted I/O enabled"),
];

/// Every field of a report, which is not verified.
///
/// # Errors
///
/// Where the bytes are not a report that is read here.
pub fn inspect(bytes: &[u8]) -> Result<Vec<Field>, SnpFault> {
    let report = Report::parse(bytes)?;
    let product = report.cpuid.and_then(|[family, model, _]| product_of_cpuid(family, model));
    let versions = |name, bytes, at| tcb_field(name, bytes, product).at(at);
    let mut fields = vec![
        Field::new("VERSION", report.version.to_string()).at(0),
        Field::new("GUEST_SVN", report.guest_svn.to_string()).at(0x04),
        Field::new("POLICY", format!("{:#x}", report.policy)).meaning(policy(report.policy)).at(0x08),
        Field::hex("FAMILY_ID", report.family_id).at(0x10),
        Field::hex("IMAGE_ID", report.image_id).at(0x20),
        Field::new("VMPL", report.vmpl.to_string()).at(0x30),
        Field::new("SIGNATURE_ALGO", "1").meaning("ECDSA P-384 with SHA-384").at(0x34),
        versions("CURRENT_TCB", report.current_tcb, 0x38),
        Field::new("PLATFORM_INFO", format!("{:#x}", report.platform_info))
            .meaning(bits(report.platform_info, &PLATFORM))
            .at(0x40),
        Field::new("FLAGS", format!("{:#x}", report.key_flags)).meaning(flags(&report)).at(0x48),
        Field::hex("REPORT_DATA", report.report_data).at(0x50),
        Field::hex("MEASUREMENT", report.measurement).at(0x90),
        Field::hex("HOST_DATA", report.host_data).at(0xc0),
        Field::hex("ID_KEY_DIGEST", report.id_key_digest).at(0xe0),
        Field::hex("AUTHOR_KEY_DIGEST", report.author_key_digest).at(0x110),
        Field::hex("REPORT_ID", report.report_id).at(0x140),
        migration_agent(report.report_id_ma),
        versions("REPORTED_TCB", report.reported_tcb, 0x180),
    ];
    fields.extend(report.cpuid.map(|cpuid| processor(cpuid, product)));
    fields.extend([
        chip(&report),
        versions("COMMITTED_TCB", report.committed_tcb, 0x1e0),
        firmware("CURRENT_VERSION", report.current_version).at(0x1e8),
        firmware("COMMITTED_VERSION", report.committed_version).at(0x1ec),
        versions("LAUNCH_TCB", report.launch_tcb, 0x1f0),
    ]);
    let vectors = [
        ("LAUNCH_MIT_VECTOR", report.launch_mit_vector, 0x1f8),
        ("CURRENT_MIT_VECTOR", report.current_mit_vector, 0x200),
    ];
    for (name, vector, at) in vectors {
        fields.extend(vector.map(|it| Field::new(name, format!("{it:#x}")).at(at)));
    }
    fields.push(signature(&report));
    Ok(fields)
}

fn tcb_field(name: &str, bytes: &[u8; 8], product: Option<Product>) -> Field {
    let SnpTcb { fmc, boot_loader, tee, snp, microcode } =
        tcb::decode(bytes, product.unwrap_or(Product::Milan));
    let fmc = fmc.map(|it| Field::new("FMC", it.to_string()));
    let others = [("BOOT_LOADER", boot_loader), ("TEE", tee), ("SNP", snp), ("MICROCODE", microcode)];
    let others = others.map(|(name, value)| Field::new(name, value.to_string()));
    Field { value: hex(bytes), ..Field::group(name, fmc.into_iter().chain(others).collect()) }
}

fn policy(policy: u64) -> String {
    let [minor, major, ..] = policy.to_le_bytes();
    format!("ABI {major}.{minor} or later; {}", bits(policy, &POLICY))
}

fn flags(report: &Report<'_>) -> String {
    let author = if report.author_key_enabled() { ", author key present" } else { "" };
    let masked = if report.chip_key_masked() { ", chip key masked" } else { "" };
    format!("signed by the {}{author}{masked}", key_name(report.signing_key))
}

fn bits(value: u64, names: &[(u32, &str)]) -> String {
    let set = names.iter().filter(|(bit, _)| (value >> bit) & 1 == 1).map(|(_, name)| *name);
    let set: Vec<_> = set.collect();
    if set.is_empty() { "none of the known bits".to_owned() } else { set.join(", ") }
}

fn migration_agent(report_id: &[u8; 32]) -> Field {
    let field = Field::hex("REPORT_ID_MA", report_id).at(0x160);
    if report_id.iter().all(|byte| *byte == 0xff) { field.meaning("no migration agent") } else { field }
}

fn processor([family, model, stepping]: [u8; 3], product: Option<Product>) -> Field {
    let name = product.map_or("a processor that is not known", Product::as_str);
    let parts = [("FAMILY", family), ("MODEL", model), ("STEPPING", stepping)];
    let parts = parts.map(|(name, value)| Field::new(name, format!("{value:#x}")));
    Field { value: hex(&[family, model, stepping]), ..Field::group("CPUID", parts.to_vec()) }
        .meaning(name)
        .at(0x188)
}

fn chip(report: &Report<'_>) -> Field {
    let field = Field::hex("CHIP_ID", report.chip_id).at(0x1a0);
    if report.is_chip_id_withheld() { field.meaning("withheld") } else { field }
}

fn firmware(name: &str, [build, minor, major]: [u8; 3]) -> Field {
    Field::new(name, format!("{major}.{minor}.{build}"))
}

fn signature(report: &Report<'_>) -> Field {
    let fixed = report.signature();
    let (r, s) = fixed.split_at(fixed.len() / 2);
    Field::group("SIGNATURE", vec![Field::hex("R", r).at(0x2a0), Field::hex("S", s).at(0x2e8)]).at(0x2a0)
}
