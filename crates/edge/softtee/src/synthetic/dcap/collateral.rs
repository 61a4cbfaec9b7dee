//! Collateral: TCB Infos, QE Identities and revocation lists as Intel publishes them.

use std::fmt::Write as _;

use casemate_attest::{Endorsements, SignedJson};
use casemate_model::Timestamp;
use rcgen::SerialNumber;

use super::super::revocation::revocation_list;
use super::super::{DAY, expired, new_key, signed, valid};
use super::quote::{QE_PRODUCT, QE_SIGNER};
use super::{CA_SERIAL, DcapDefect, DcapRoot, DcapSvnLevel, PCK_SERIAL, SIGNER_SERIAL};
use crate::certificate::{Validity, issued, pck_params, to_pem};

/// When every level was the newest.
const TCB_DATE: &str = "2025-08-13T00:00:00Z";

impl DcapRoot {
    /// Collateral for both TEEs, and the certificates of its issuers.
    #[must_use]
    pub fn endorsements(&self) -> Endorsements {
        let sign = |json: String, is_forged: bool| {
            let signer = if is_forged { &self.stranger } else { &self.signer_key };
            let signature = signed(signer.sign(json.as_bytes()));
            SignedJson { json: json.into_bytes(), signature }
        };
        Endorsements {
            tcb_infos: self
                .tees(DcapDefect::TcbInfoOfSgxOnly)
                .map(|is_tdx| sign(self.tcb_info(is_tdx), self.has(DcapDefect::TcbInfoForged)))
                .collect(),
            qe_identities: self
                .tees(DcapDefect::QeIdentityOfSgxOnly)
                .map(|is_tdx| sign(self.qe_identity(is_tdx), self.has(DcapDefect::QeIdentityForged)))
                .collect(),
            certificates: vec![self.signer(), self.ca_certificate.clone(), self.certificate.clone()],
            crls: self.crls(),
            ..Endorsements::none()
        }
    }

    /// Chains in PEM, as Intel's service sends them: of what signs collateral, and of the PCK CA.
    ///
    /// # Panics
    ///
    /// Where the crypto library fails.
    #[must_use]
    pub fn issuer_chains(&self) -> [String; 2] {
        let chain = |leaf: &[u8]| signed(to_pem([leaf, &self.certificate]));
        [chain(&self.signer()), chain(&self.ca_certificate)]
    }

    /// The root's certificate in DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Any bytes, signed as collateral is.
    #[must_use]
    pub fn sign_json(&self, json: &[u8]) -> SignedJson {
        SignedJson { json: json.to_vec(), signature: signed(self.signer_key.sign(json)) }
    }

    /// TCB Info for SGX or TDX, as it is signed.
    #[must_use]
    pub fn tcb_info(&self, is_tdx: bool) -> String {
        let levels = &self.levels;
        let is_v2 = levels.tcb_info_version == 2 && !is_tdx;
        let mut json = String::from("{");
        if !is_v2 {
            write!(json, r#""id":"{}","#, if is_tdx { "TDX" } else { "SGX" }).expect("a string");
        }
        let version = if is_v2 { 2 } else { 3 };
        let (issued, next) = self.dates(DcapDefect::TcbInfoExpired);
        let fmspc = hex(&self.platform.fmspc);
        let number = levels.evaluation_number;
        write!(
            json,
            r#""version":{version},"issueDate":"{issued}","nextUpdate":"{next}","fmspc":"{fmspc}","pceId":"0000","tcbType":0,"tcbEvaluationDataNumber":{number},"#
        )
        .expect("a string");
        if is_tdx {
            let identity = module_identity();
            write!(json, r#""tdxModule":{{{identity}}},"tdxModuleIdentities":["#).expect("a string");
            let modules = levels.modules.iter().map(|(version, levels)| {
                format!(r#"{{"id":"TDX_{version:02X}",{identity},"tcbLevels":{}}}"#, svn_levels(levels))
            });
            json += &modules.collect::<Vec<_>>().join(",");
            json += "],";
        }
        let platform = levels.platform.iter().map(|level| {
            let svns = if is_v2 { numbered(&level.sgx) } else { components("sgx", &level.sgx) };
            let tdx = if is_tdx { format!("{},", components("tdx", &level.tdx)) } else { String::new() };
            let worth = worth(level.status.as_str(), &level.advisories);
            format!(r#"{{"tcb":{{{svns},{tdx}"pcesvn":{}}},{worth}}}"#, level.pce_svn)
        });
        write!(json, r#""tcbLevels":[{}]}}"#, platform.collect::<Vec<_>>().join(",")).expect("a string");
        json
    }

    /// QE Identity for SGX or TDX, as it is signed.
    #[must_use]
    pub fn qe_identity(&self, is_tdx: bool) -> String {
        let id = if is_tdx { "TD_QE" } else { "QE" };
        let (issued, next) = self.dates(DcapDefect::QeIdentityExpired);
        let number = self.levels.qe_evaluation_number;
        let signer = hex(&QE_SIGNER);
        let levels = svn_levels(&self.levels.qe);
        format!(
            r#"{{"id":"{id}","version":2,"issueDate":"{issued}","nextUpdate":"{next}","tcbEvaluationDataNumber":{number},"miscselect":"00000000","miscselectMask":"FFFFFFFF","attributes":"01000000000000000000000000000000","attributesMask":"FBFFFFFFFFFFFFFF0000000000000000","mrsigner":"{signer}","isvprodid":{QE_PRODUCT},"tcbLevels":{levels}}}"#
        )
    }

    /// For which TEEs there is a document: both, or with the defect SGX only.
    fn tees(&self, only_sgx: DcapDefect) -> impl Iterator<Item = bool> + use<> {
        let has = self.has(only_sgx);
        [false, true].into_iter().filter(move |is_tdx| !(has && *is_tdx))
    }

    fn dates(&self, expires: DcapDefect) -> (String, String) {
        let validity = self.validity(expires);
        (validity.not_before.to_string(), validity.not_after.to_string())
    }

    fn validity(&self, expires: DcapDefect) -> Validity {
        if self.has(expires) { expired(self.now) } else { valid(self.now) }
    }

    /// The certificate that signs documents.
    fn signer(&self) -> Vec<u8> {
        let mut params = pck_params("Intel SGX TCB Signing", valid(self.now));
        params.serial_number = Some(SerialNumber::from(SIGNER_SERIAL));
        signed(if self.has(DcapDefect::SignerUnderPckCa) {
            issued(&params, &self.signer_key, &self.ca_params, &self.ca_key)
        } else {
            issued(&params, &self.signer_key, &self.params, &self.key)
        })
    }

    /// The revocation lists of root and CA as they were published at another instant, good for two days.
    #[must_use]
    pub fn revocation_lists(&self, updated: Timestamp) -> Vec<Vec<u8>> {
        self.lists(valid(updated.after(DAY)))
    }

    fn crls(&self) -> Vec<Vec<u8>> {
        self.lists(self.validity(DcapDefect::CrlsExpired))
    }

    fn lists(&self, validity: Validity) -> Vec<Vec<u8>> {
        let on_roots = match self.defect {
            Some(DcapDefect::PckCaRevoked) => Some(CA_SERIAL),
            Some(DcapDefect::SignerRevoked) => Some(SIGNER_SERIAL),
            _ => None,
        };
        let on_cas = self.has(DcapDefect::PckRevoked).then_some(PCK_SERIAL);
        let stranger = new_key();
        let root_key = if self.has(DcapDefect::RootCrlForged) { &stranger } else { &self.key };
        let ca_key = if self.has(DcapDefect::PckCrlForged) { &stranger } else { &self.ca_key };
        vec![
            revocation_list(&self.params, root_key, validity, on_roots),
            revocation_list(&self.ca_params, ca_key, validity, on_cas),
        ]
    }
}

fn module_identity() -> String {
    let zero = hex(&[0; 48]);
    format!(r#""mrsigner":"{zero}","attributes":"0000000000000000","attributesMask":"FFFFFFFFFFFFFFFF""#)
}

fn svn_levels(levels: &[DcapSvnLevel]) -> String {
    let level = |it: &DcapSvnLevel| {
        format!(r#"{{"tcb":{{"isvsvn":{}}},{}}}"#, it.isv_svn, worth(it.status.as_str(), &it.advisories))
    };
    format!("[{}]", levels.iter().map(level).collect::<Vec<_>>().join(","))
}

fn worth(status: &str, advisories: &[String]) -> String {
    let advisories: Vec<_> = advisories.iter().map(|it| format!("\"{it}\"")).collect();
    let advisories = advisories.join(",");
    format!(r#""tcbDate":"{TCB_DATE}","tcbStatus":"{status}","advisoryIDs":[{advisories}]"#)
}

/// As version 3 writes security versions.
fn components(tee: &str, svns: &[u8; 16]) -> String {
    let all: Vec<_> = svns.iter().map(|svn| format!(r#"{{"svn":{svn}}}"#)).collect();
    format!(r#""{tee}tcbcomponents":[{}]"#, all.join(","))
}

/// As version 2 writes them.
fn numbered(svns: &[u8; 16]) -> String {
    let all: Vec<_> =
        svns.iter().zip(1..).map(|(svn, nth)| format!(r#""sgxtcbcomp{nth:02}svn":{svn}"#)).collect();
    all.join(",")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
