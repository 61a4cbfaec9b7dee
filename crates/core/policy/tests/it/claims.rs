//! Claims of every kind that the published default accepts: what attest makes of good evidence.

use std::collections::{BTreeMap, BTreeSet};

use casemate_attest::claims::{
    AzureBody, Body, CcaBody, CcaComponent, NitroBody, PcrBank, PlatformId, SgxBody, SnpBody, SnpKey, SnpTcb,
    TdxBody, VtpmBody, VtpmProvider,
};
use casemate_attest::dcap::{PlatformFlags, Tcb, TcbStatus};
use casemate_attest::{Artifact, Claims, Product, Window};
use casemate_model::{Digest, Fingerprint, Measurement, Nanos, ReportData, Timestamp};

use crate::NOW;

pub(crate) const NONCE: [u8; 32] = [0x4e; 32];
pub(crate) const ENDS: Timestamp = NOW.after(Nanos::from_secs(30 * 86_400));

pub(crate) fn digest(byte: u8) -> Digest {
    Digest::from([byte; 48])
}

pub(crate) fn report_data() -> ReportData {
    let mut data = [0; 64];
    data[..32].copy_from_slice(&NONCE);
    ReportData(data)
}

fn claims(platform: Option<PlatformId>, tcb: Option<Tcb>, body: Body) -> Claims {
    let artifact = Artifact { name: "test chain", index: Some(0) };
    let window = Window::new(Timestamp(1), ENDS, artifact);
    Claims { root: Fingerprint([7; 32]), window, platform, tcb, not_checked: BTreeSet::new(), body }
}

pub(crate) fn tcb(status: TcbStatus, advisories: &[&str]) -> Tcb {
    Tcb {
        status,
        advisories: advisories.iter().map(|it| (*it).to_owned()).collect(),
        fmspc: [0, 0x90, 0x6e, 0xa1, 0, 0],
        evaluation_number: 19,
        tcb_date: Some(Timestamp::from_unix_secs(1_700_000_000)),
        flags: PlatformFlags::default(),
    }
}

pub(crate) fn sgx_body() -> SgxBody {
    SgxBody {
        cpu_svn: [1; 16],
        misc_select: 0,
        isv_ext_prod_id: [2; 16],
        attribute_flags: 0x05,
        xfrm: 0xe7,
        mr_enclave: Measurement([0x11; 32]),
        mr_signer: Measurement([0x12; 32]),
        config_id: ReportData([3; 64]),
        isv_prod_id: 4,
        isv_svn: 5,
        config_svn: 6,
        isv_family_id: [7; 16],
        report_data: report_data(),
    }
}

pub(crate) fn sgx() -> Claims {
    let tcb = tcb(TcbStatus::UpToDate, &[]);
    claims(Some(PlatformId::Ppid([9; 16])), Some(tcb), Body::Sgx(sgx_body()))
}

pub(crate) fn software() -> Claims {
    claims(None, None, Body::Software(sgx_body()))
}

pub(crate) fn tdx_body() -> TdxBody {
    TdxBody {
        body_type: 3,
        tee_tcb_svn: [1; 16],
        mr_seam: digest(0x21),
        mr_signer_seam: digest(0),
        seam_attributes: 0,
        // As Azure's paravisor: SEPT_VE_DISABLE is clear.
        td_attributes: 0,
        xfam: 0xe7,
        mr_td: digest(0x22),
        mr_config_id: digest(0x23),
        mr_owner: digest(0x24),
        mr_owner_config: digest(0x25),
        rtmr: [digest(0x30), digest(0x31), digest(0x32), digest(0x33)],
        report_data: report_data(),
        tee_tcb_svn2: Some([2; 16]),
        mr_service_td: Some(digest(0)),
    }
}

pub(crate) fn tdx() -> Claims {
    let tcb = tcb(TcbStatus::UpToDate, &[]);
    claims(Some(PlatformId::Ppid([9; 16])), Some(tcb), Body::Tdx(Box::new(tdx_body())))
}

pub(crate) fn snp_tcb(snp: u8, microcode: u8) -> SnpTcb {
    SnpTcb { fmc: None, boot_loader: 4, tee: 0, snp, microcode }
}

pub(crate) fn snp_body() -> SnpBody {
    SnpBody {
        version: 5,
        product: Product::Genoa,
        signing_key: SnpKey::Vcek,
        guest_svn: 2,
        policy: 0x3_0114,
        family_id: [1; 16],
        image_id: [2; 16],
        vmpl: 0,
        current_tcb: snp_tcb(24, 219),
        // ECC, alias check complete, and a reserved bit as real Turin sets it.
        platform_info: 0x64,
        author_key_enabled: true,
        chip_key_masked: false,
        report_data: report_data(),
        measurement: digest(0x41),
        host_data: Digest::from([0x42; 32]),
        id_key_digest: digest(0x43),
        author_key_digest: digest(0x44),
        report_id: [3; 32],
        report_id_ma: [0xff; 32],
        reported_tcb: snp_tcb(24, 219),
        cpuid: Some([25, 17, 1]),
        chip_id: [5; 64],
        committed_tcb: snp_tcb(24, 219),
        current_version: [21, 55, 1],
        committed_version: [21, 55, 1],
        launch_tcb: snp_tcb(23, 219),
        launch_mit_vector: Some(0b11),
        current_mit_vector: Some(0b11),
    }
}

pub(crate) fn snp() -> Claims {
    claims(Some(PlatformId::ChipId(vec![5; 64])), None, Body::Snp(Box::new(snp_body())))
}

pub(crate) fn component(name: &str, byte: u8) -> CcaComponent {
    CcaComponent {
        component_type: Some(name.to_owned()),
        measurement: Digest::from([byte; 32]),
        version: Some("1.0".to_owned()),
        signer_id: vec![0x55; 32],
        hash: None,
    }
}

pub(crate) fn cca() -> Claims {
    let body = CcaBody {
        platform_profile: "tag:arm.com,2023:cca_platform#1.0.0".to_owned(),
        implementation_id: vec![0x51; 32],
        instance_id: vec![0x52; 33],
        lifecycle: 0x3003,
        config: vec![0x53; 4],
        platform_hash: "sha-256".to_owned(),
        verification_service: None,
        components: vec![component("BL", 0x61), component("RMM", 0x62)],
        realm_profile: Some("tag:arm.com,2023:realm#1.0.0".to_owned()),
        challenge: report_data().0.to_vec(),
        realm_hash: "sha-256".to_owned(),
        rim: Digest::from([0x54; 32]),
        rem: vec![Digest::from([0x57; 32]); 4],
        personalization: vec![0x56; 64],
    };
    claims(Some(PlatformId::CcaInstance(vec![0x52; 33])), None, Body::Cca(Box::new(body)))
}

pub(crate) fn nitro() -> Claims {
    let body = NitroBody {
        module_id: "i-0123456789abcdef0-enc0123456789abcdef".to_owned(),
        timestamp: Timestamp(NOW.0 - 1_000_000_000),
        pcrs: BTreeMap::from([(0, digest(0x71)), (1, digest(0x72)), (2, digest(0x73)), (8, digest(0x74))]),
        public_key: None,
        user_data: None,
        nonce: Some(NONCE.to_vec()),
    };
    claims(Some(PlatformId::NitroModule(body.module_id.clone())), None, Body::Nitro(Box::new(body)))
}

pub(crate) fn vtpm_in(inner: Option<Claims>) -> Claims {
    let pcrs = BTreeMap::from([(0, Digest::from([0x81; 32])), (7, Digest::from([0x87; 32]))]);
    let body = VtpmBody {
        provider: VtpmProvider::Azure,
        extra_data: NONCE.to_vec(),
        firmware_version: 0x2020_0312_0012_0003,
        reset_count: 1,
        restart_count: 0,
        pcrs: BTreeMap::from([(PcrBank::Sha256, pcrs)]),
        azure: Some(AzureBody {
            secure_boot: Some(true),
            tpm_enabled: Some(true),
            console_enabled: Some(false),
            vm_unique_id: Some("3ac1e2a0-7d11-4b8c-9a53-000000000000".to_owned()),
            user_data: None,
        }),
        gce: None,
        inner: inner.map(Box::new),
    };
    claims(Some(PlatformId::VtpmKey([6; 32])), None, Body::Vtpm(Box::new(body)))
}

/// A vTPM in an SNP guest, whose report data holds the vTPM's key and not the nonce.
pub(crate) fn vtpm() -> Claims {
    let body = SnpBody { report_data: ReportData([0xab; 64]), ..snp_body() };
    vtpm_in(Some(claims(Some(PlatformId::ChipId(vec![5; 64])), None, Body::Snp(Box::new(body)))))
}

pub(crate) fn every_kind() -> [Claims; 7] {
    [sgx(), tdx(), snp(), cca(), nitro(), vtpm(), software()]
}
