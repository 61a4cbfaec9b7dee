//! A vTPM of an Azure confidential VM: its quote is signed by a key that the HCL report holds, for which the
//! report of the hardware in it vouches, which is verified as if it had come alone.
//!
//! On TDX the HCL report holds a TDREPORT only, which nobody but its own machine can verify: the TD quote
//! made of it has to be sent along.

use casemate_model::Timestamp;

use super::hcl::{Hardware, Hcl};
use super::inner::Inner;
use super::var_data::VarData;
use super::{VtpmFault, td_report};
use crate::claims::{AzureBody, Body, Claims, PlatformId, VtpmBody, VtpmProvider};
use crate::tpm::{key, verify_quote};
use crate::{AzureVtpm, Endorsements, Evidence, Refused, Roots};

/// Verifies the evidence at the instant `now`.
pub(crate) fn verify(
    evidence: &AzureVtpm,
    endorsements: &Endorsements,
    roots: &Roots,
    now: Timestamp,
) -> Result<Claims, Refused> {
    let hcl = Hcl::parse(&evidence.hcl_report)?;
    let var_data = VarData::parse(hcl.var_data)?;
    let inner = hardware(evidence, &hcl)?;
    let quote = evidence.quote.as_ref().ok_or(VtpmFault::NoQuote)?;
    let ak = var_data.attestation_key()?;
    let quoted = verify_quote(quote, &ak)?;
    let Inner { claims: inner, faults } = Inner::verify(&inner, endorsements, roots, now)?;
    check_binding(&hcl, &inner)?;

    let VarData { vm_configuration: vm, user_data, .. } = var_data;
    let attest = quoted.attest;
    let body = VtpmBody {
        provider: VtpmProvider::Azure,
        extra_data: attest.extra_data.to_vec(),
        firmware_version: attest.firmware_version,
        reset_count: attest.reset_count,
        restart_count: attest.restart_count,
        pcrs: quoted.registers,
        azure: Some(AzureBody {
            secure_boot: vm.secure_boot,
            tpm_enabled: vm.tpm_enabled,
            console_enabled: vm.console_enabled,
            vm_unique_id: vm.vm_unique_id,
            user_data,
        }),
        gce: None,
        inner: None,
    };
    let claims = Claims {
        root: inner.root,
        window: inner.window,
        platform: Some(PlatformId::VtpmKey(key::fingerprint(&ak))),
        tcb: inner.tcb.clone(),
        not_checked: inner.not_checked.clone(),
        body: Body::Vtpm(Box::new(VtpmBody { inner: Some(Box::new(inner)), ..body })),
    };
    if faults.is_empty() { Ok(claims) } else { Err(Refused { faults, claims: Some(Box::new(claims)) }) }
}

/// The evidence inside that can be verified from afar.
fn hardware(evidence: &AzureVtpm, hcl: &Hcl<'_>) -> Result<Evidence, VtpmFault> {
    match (hcl.hardware, &evidence.td_quote) {
        (Hardware::Snp(report), None) => {
            let certificates = evidence.certificates.clone();
            Ok(Evidence::SnpReport { report: report.to_vec(), certificates })
        }
        (Hardware::Snp(_), Some(_)) => Err(VtpmFault::TdQuoteUnexpected),
        (Hardware::Tdx(_), None) => Err(VtpmFault::TdReportWithoutQuote),
        (Hardware::Tdx(_), Some(quote)) => Ok(Evidence::Quote(quote.clone())),
    }
}

/// That the verified report vouches for the HCL's claims, and that the HCL asked for it rather than the
/// guest above it, which could vouch for a key of its own.
fn check_binding(hcl: &Hcl<'_>, inner: &Claims) -> Result<(), VtpmFault> {
    if inner.report_data().is_none_or(|found| found.0 != hcl.expected_report_data()) {
        return Err(VtpmFault::VarDataBinding { hash: hcl.hash });
    }
    match (&inner.body, hcl.hardware) {
        (Body::Snp(body), Hardware::Snp(_)) if body.vmpl == 0 => Ok(()),
        (Body::Snp(body), Hardware::Snp(_)) => Err(VtpmFault::Vmpl { vmpl: body.vmpl }),
        (Body::Tdx(body), Hardware::Tdx(report)) => td_report::check_same(report, body),
        (_, Hardware::Snp(_)) => Err(VtpmFault::Inner { expected: "an SEV-SNP report" }),
        (_, Hardware::Tdx(_)) => Err(VtpmFault::Inner { expected: "a TD quote" }),
    }
}
