//! What a virtual TPM sends beside quotes, as people read it. Nothing is verified.

use super::hcl::{HARDWARE_AT, Hardware, Hcl};
use super::td_report;
use super::var_data::VarData;
use super::{VtpmFault, instance_info};
use crate::claims::PcrBank;
use crate::inspect::Field;
use crate::tpm::inspect_key;
use crate::x509::Certificate;
use crate::{Fault, snp};

/// Every field of a report of Azure's HCL: of the hardware's report, and of the claims it vouches for.
///
/// # Errors
///
/// Where the bytes are no report that is read here.
pub fn inspect_hcl(bytes: &[u8]) -> Result<Vec<Field>, Fault> {
    let hcl = Hcl::parse(bytes)?;
    let (name, hardware) = match hcl.hardware {
        Hardware::Snp(report) => ("SEV-SNP", snp_report(report).at(HARDWARE_AT)),
        Hardware::Tdx(report) => {
            ("TDX", Field::group("TDREPORT", td_report::fields(report, HARDWARE_AT)).at(HARDWARE_AT))
        }
    };
    let hash = match hcl.hash {
        PcrBank::Sha384 => 2,
        PcrBank::Sha512 => 3,
        PcrBank::Sha1 | PcrBank::Sha256 => 1,
    };
    let claims = match VarData::parse(hcl.var_data) {
        Ok(claims) => Field::group("claims", self::claims(&claims)),
        Err(error) => Field::hex("claims", hcl.var_data).meaning(error.to_string()),
    };
    Ok(vec![
        Field::new("signature", "HCLA").at(0),
        Field::new("version", hcl.version.to_string()).at(4),
        hardware,
        Field::new("report type", if name == "TDX" { "4" } else { "2" }).meaning(name).at(1224),
        Field::new("report data hash type", hash.to_string()).meaning(hcl.hash.to_string()).at(1228),
        Field::hex("expected report data", &hcl.expected_report_data())
            .meaning("the claims' hash and zeros: what the hardware's report has to hold"),
        claims.at(hcl.var_data_at),
    ])
}

/// Of which VM a certificate of Google for a vTPM's key is.
///
/// # Errors
///
/// Where the certificate does not say, or cannot be read.
pub fn inspect_instance(certificate: &[u8]) -> Result<Vec<Field>, VtpmFault> {
    let malformed = |_| VtpmFault::InstanceInfo { what: "the certificate cannot be read" };
    let certificate = Certificate::parse(certificate).map_err(malformed)?;
    let (body, is_production) = instance_info::stated(&certificate)?;
    let production = is_production.map_or("not stated".to_owned(), |it| it.to_string());
    Ok(vec![
        Field::new("zone", body.zone),
        Field::new("projectNumber", body.project_number.to_string()),
        Field::new("projectID", body.project_id),
        Field::new("instanceID", body.instance_id.to_string()),
        Field::new("instanceName", body.instance_name),
        Field::new("isProduction", production),
    ])
}

/// The report, its fields at their offsets in the whole.
fn snp_report(report: &[u8]) -> Field {
    match snp::inspect(report) {
        Ok(fields) => Field::group("ATTESTATION_REPORT", fields.into_iter().map(moved).collect()),
        Err(error) => Field::hex("ATTESTATION_REPORT", report).meaning(error.to_string()),
    }
}

/// A field of the hardware's report, and those in it, where they stand in the HCL report.
fn moved(field: Field) -> Field {
    let offset = field.offset.map(|it| it.saturating_add(HARDWARE_AT));
    Field { offset, children: field.children.into_iter().map(moved).collect(), ..field }
}

fn claims(claims: &VarData) -> Vec<Field> {
    let vm = &claims.vm_configuration;
    let flag = |value: Option<bool>| value.map_or("not stated".to_owned(), |it| it.to_string());
    let key = match claims.attestation_key() {
        Ok(key) => Field::group("HCLAkPub", inspect_key(&key)),
        Err(error) => Field::new("HCLAkPub", "").meaning(error.to_string()),
    };
    vec![
        key,
        Field::new("secure-boot", flag(vm.secure_boot)),
        Field::new("tpm-enabled", flag(vm.tpm_enabled)),
        Field::new("console-enabled", flag(vm.console_enabled)),
        Field::new("vmUniqueId", vm.vm_unique_id.clone().unwrap_or_else(|| "not stated".to_owned())),
        Field::new("user-data", claims.user_data.clone().unwrap_or_else(|| "not stated".to_owned())),
    ]
}
