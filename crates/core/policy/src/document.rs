//! Claims as a document: what expressions see, what results carry, what programs read.
//!
//! Bytes are lower-case hex, instants RFC 3339, attribute words hex with `0x` beside the bits that have
//! names. What evidence does not say is `null`, so that every document of a kind has the same keys.

use casemate_attest::Claims;
use casemate_attest::claims::{
    AzureBody, Body, CcaBody, GceBody, NitroBody, PlatformId, SgxBody, SnpBody, SnpTcb, TdxBody, VtpmBody,
};
use casemate_attest::dcap::Tcb;
use casemate_attest::inspect::hex;
use casemate_model::Digest;
use serde_json::{Map, Value, json};

use crate::evidence::{Shown, bank_name};

/// Claims as a document.
#[must_use]
pub fn claims(claims: &Claims) -> Value {
    json!({
        "kind": claims.kind().as_str(),
        "tee": claims.tee().map(|tee| tee.as_str()),
        "root": claims.root.to_string(),
        "not_before": claims.not_before().to_string(),
        "not_after": claims.not_after().to_string(),
        "platform": claims.platform.as_ref().map(platform),
        "measurement": claims.measurement().map(|it| it.to_string()),
        "debug": claims.debug(),
        "not_checked": claims.not_checked.iter().map(|it| it.as_str()).collect::<Vec<_>>(),
        "tcb": claims.tcb.as_ref().map(tcb),
        claims.kind().as_str(): body(&claims.body),
    })
}

/// The body alone.
fn body(body: &Body) -> Value {
    match body {
        Body::Sgx(it) | Body::Software(it) => sgx(it),
        Body::Tdx(it) => tdx(it),
        Body::Snp(it) => snp(it),
        Body::Cca(it) => cca(it),
        Body::Nitro(it) => nitro(it),
        Body::Vtpm(it) => vtpm(it),
    }
}

fn platform(id: &PlatformId) -> Value {
    let (kind, value) = match id {
        PlatformId::Ppid(id) => ("ppid", hex(id)),
        PlatformId::ChipId(id) => ("chip_id", hex(id)),
        PlatformId::CloudProvider(name) => ("cloud_provider", name.clone()),
        PlatformId::CcaInstance(id) => ("cca_instance", hex(id)),
        PlatformId::NitroModule(name) => ("nitro_module", name.clone()),
        PlatformId::VtpmKey(digest) => ("vtpm_key", hex(digest)),
    };
    json!({ "type": kind, "id": value })
}

fn tcb(tcb: &Tcb) -> Value {
    json!({
        "status": tcb.status.as_str(),
        "advisories": tcb.advisories,
        "fmspc": hex(&tcb.fmspc),
        "evaluation_number": tcb.evaluation_number,
        "tcb_date": tcb.tcb_date.map(|it| it.to_string()),
        "dynamic_platform": tcb.flags.dynamic_platform,
        "cached_keys": tcb.flags.cached_keys,
        "smt_enabled": tcb.flags.smt_enabled,
    })
}

fn sgx(body: &SgxBody) -> Value {
    json!({
        "cpu_svn": hex(&body.cpu_svn),
        "misc_select": word(u64::from(body.misc_select)),
        "isv_ext_prod_id": hex(&body.isv_ext_prod_id),
        "attribute_flags": word(body.attribute_flags),
        "xfrm": word(body.xfrm),
        "debug": body.debug(),
        "provision_key": body.attribute_flags & (1 << 4) != 0,
        "mr_enclave": body.mr_enclave.to_string(),
        "mr_signer": body.mr_signer.to_string(),
        "config_id": body.config_id.to_string(),
        "isv_prod_id": body.isv_prod_id,
        "isv_svn": body.isv_svn,
        "config_svn": body.config_svn,
        "isv_family_id": hex(&body.isv_family_id),
        "report_data": body.report_data.to_string(),
    })
}

fn tdx(body: &TdxBody) -> Value {
    let has = |bit: u32| body.td_attributes >> bit & 1 != 0;
    json!({
        "body_type": body.body_type,
        "tee_tcb_svn": hex(&body.tee_tcb_svn),
        "mr_seam": body.mr_seam.to_string(),
        "mr_signer_seam": body.mr_signer_seam.to_string(),
        "seam_attributes": word(body.seam_attributes),
        "td_attributes": word(body.td_attributes),
        "debug": body.debug(),
        "sept_ve_disable": has(28),
        "migratable": has(29),
        "pks": has(30),
        "perfmon": has(63),
        "xfam": word(body.xfam),
        "mr_td": body.mr_td.to_string(),
        "mr_config_id": body.mr_config_id.to_string(),
        "mr_owner": body.mr_owner.to_string(),
        "mr_owner_config": body.mr_owner_config.to_string(),
        "rtmr": digests(&body.rtmr),
        "report_data": body.report_data.to_string(),
        "tee_tcb_svn2": body.tee_tcb_svn2.map(|it| hex(&it)),
        "mr_service_td": body.mr_service_td.map(|it| it.to_string()),
    })
}

fn snp(body: &SnpBody) -> Value {
    let fact = |bit: u32| body.platform_info >> bit & 1 != 0;
    json!({
        "version": body.version,
        "product": body.product.as_str(),
        "signing_key": body.signing_key.shown(),
        "guest_svn": body.guest_svn,
        "policy": word(body.policy),
        "policy_abi_major": body.policy >> 8 & 0xff,
        "policy_abi_minor": body.policy & 0xff,
        "debug": body.debug(),
        "may_migrate": body.may_migrate(),
        "smt_allowed": body.smt_allowed(),
        "family_id": hex(&body.family_id),
        "image_id": hex(&body.image_id),
        "vmpl": body.vmpl,
        "platform_info": word(body.platform_info),
        "smt_enabled": fact(0),
        "alias_check_complete": fact(5),
        "author_key_enabled": body.author_key_enabled,
        "chip_key_masked": body.chip_key_masked,
        "report_data": body.report_data.to_string(),
        "measurement": body.measurement.to_string(),
        "host_data": body.host_data.to_string(),
        "id_key_digest": body.id_key_digest.to_string(),
        "author_key_digest": body.author_key_digest.to_string(),
        "report_id": hex(&body.report_id),
        "report_id_ma": hex(&body.report_id_ma),
        "cpuid": body.cpuid.map(|[family, model, stepping]| {
            json!({ "family": family, "model": model, "stepping": stepping })
        }),
        "chip_id": hex(&body.chip_id),
        "current_tcb": snp_tcb(&body.current_tcb),
        "reported_tcb": snp_tcb(&body.reported_tcb),
        "committed_tcb": snp_tcb(&body.committed_tcb),
        "launch_tcb": snp_tcb(&body.launch_tcb),
        "current_version": firmware(body.current_version),
        "committed_version": firmware(body.committed_version),
        "launch_mit_vector": body.launch_mit_vector.map(word),
        "current_mit_vector": body.current_mit_vector.map(word),
    })
}

fn snp_tcb(tcb: &SnpTcb) -> Value {
    json!({
        "fmc": tcb.fmc,
        "boot_loader": tcb.boot_loader,
        "tee": tcb.tee,
        "snp": tcb.snp,
        "microcode": tcb.microcode,
    })
}

/// Build, minor, major, as the report orders them.
fn firmware([build, minor, major]: [u8; 3]) -> Value {
    json!(format!("{major}.{minor}.{build}"))
}

fn cca(body: &CcaBody) -> Value {
    let components = body.components.iter().map(|it| {
        json!({
            "component_type": it.component_type,
            "measurement": it.measurement.to_string(),
            "version": it.version,
            "signer_id": hex(&it.signer_id),
            "hash": it.hash,
        })
    });
    json!({
        "platform_profile": body.platform_profile,
        "implementation_id": hex(&body.implementation_id),
        "instance_id": hex(&body.instance_id),
        "lifecycle": body.lifecycle,
        "secured": !body.debug(),
        "config": hex(&body.config),
        "platform_hash": body.platform_hash,
        "verification_service": body.verification_service,
        "components": components.collect::<Vec<_>>(),
        "realm_profile": body.realm_profile,
        "challenge": hex(&body.challenge),
        "realm_hash": body.realm_hash,
        "rim": body.rim.to_string(),
        "rem": digests(&body.rem),
        "personalization": hex(&body.personalization),
    })
}

fn nitro(body: &NitroBody) -> Value {
    json!({
        "module_id": body.module_id,
        "timestamp": body.timestamp.to_string(),
        "pcrs": registers(&body.pcrs),
        "debug": body.debug(),
        "public_key": body.public_key.as_deref().map(hex),
        "user_data": body.user_data.as_deref().map(hex),
        "nonce": body.nonce.as_deref().map(hex),
    })
}

fn vtpm(body: &VtpmBody) -> Value {
    let banks = body.pcrs.iter().map(|(bank, pcrs)| (bank_name(*bank).to_owned(), registers(pcrs)));
    json!({
        "provider": body.provider.shown(),
        "extra_data": hex(&body.extra_data),
        "firmware_version": format!("{:#018x}", body.firmware_version),
        "reset_count": body.reset_count,
        "restart_count": body.restart_count,
        "pcrs": banks.collect::<Map<_, _>>(),
        "azure": body.azure.as_ref().map(azure),
        "gce": body.gce.as_ref().map(gce),
        "inner": body.inner.as_ref().map(|inner| claims(inner)),
    })
}

fn azure(body: &AzureBody) -> Value {
    json!({
        "secure_boot": body.secure_boot,
        "tpm_enabled": body.tpm_enabled,
        "console_enabled": body.console_enabled,
        "vm_unique_id": body.vm_unique_id,
        "user_data": body.user_data,
    })
}

fn gce(body: &GceBody) -> Value {
    json!({
        "zone": body.zone,
        "project_number": body.project_number,
        "project_id": body.project_id,
        "instance_id": body.instance_id.to_string(),
        "instance_name": body.instance_name,
    })
}

fn word(bits: u64) -> String {
    format!("{bits:#x}")
}

fn digests(digests: &[Digest]) -> Vec<String> {
    digests.iter().map(Digest::to_string).collect()
}

fn registers(pcrs: &std::collections::BTreeMap<u8, Digest>) -> Value {
    pcrs.iter()
        .map(|(index, digest)| (index.to_string(), json!(digest.to_string())))
        .collect::<Map<_, _>>()
        .into()
}
