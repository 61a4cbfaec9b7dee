//! What evidence claims, in words: for people who want to judge a verdict themselves.
//!
//! Names are the manual's, in snake case; numbers that are sets of bits are in hex. First
//! the fields of the report in the order the quote holds them (SDM vol. 3D, table 39-21),
//! then what its certificate chain adds, last what the verifier asked for and whether the
//! report data answers it.

use casemate_attest::Claims as Verified;
use casemate_attest::claims::SgxBody;
use casemate_model::{Nonce, ReportData};
use casemate_report::Claims;

/// What was asked of the evidence: a nonce, bound with everything else into report data.
pub(crate) struct Asked {
    pub(crate) nonce: Nonce,
    /// What the report data has to be.
    pub(crate) bound: ReportData,
}

/// Every claim of verified evidence, and whether it answers what was asked.
pub(crate) fn in_words(claims: &Verified, enclave: &SgxBody, asked: &Asked) -> Claims {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let SgxBody { cpu_svn, misc_select, attribute_flags, xfrm, .. } = enclave;
    let named: [(&str, String); 16] = [
        ("tee", claims.kind().to_string()),
        ("cpu_svn", hex(cpu_svn)),
        ("misc_select", format!("{misc_select:#010x}")),
        ("attributes", format!("{attribute_flags:#018x}")),
        ("debug", enclave.debug().to_string()),
        ("xfrm", format!("{xfrm:#018x}")),
        ("mrenclave", enclave.mr_enclave.to_string()),
        ("mrsigner", enclave.mr_signer.to_string()),
        ("isv_prod_id", enclave.isv_prod_id.to_string()),
        ("isv_svn", enclave.isv_svn.to_string()),
        ("report_data", enclave.report_data.to_string()),
        ("root", claims.root.to_string()),
        ("valid_from", claims.not_before().to_string()),
        ("valid_until", claims.not_after().to_string()),
        ("nonce", asked.nonce.to_string()),
        ("nonce_bound", (enclave.report_data == asked.bound).to_string()),
    ];
    Claims(named.map(|(name, value)| (name.to_owned(), value)).into())
}
