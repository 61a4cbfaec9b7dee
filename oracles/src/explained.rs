//! Which disagreement with a peer is which.

use crate::differences::{self, Difference};

/// What a verifier says of a quote: the status and advisories, or why it does not verify.
pub type DcapVerdict = Result<(String, Vec<String>), String>;
/// What a verifier says of a report: that it verifies, or why not.
pub type SnpVerdict = Result<(), String>;

/// The part of a quote that is the root's certificate.
pub const ROOTS_COPY: &str = "the root's certificate in the quote";
/// The part of a quote that follows its certificates.
pub const AFTER: &str = "after the certificates";

/// How dcap-qvl says that versions of platform, TDX module or quoting enclave are below every level.
const NO_LEVEL: [&str; 3] =
    ["No matching TCB level", "No TDX module identity with id", "is below minimum required"];

/// Which difference between ours and dcap-qvl shows in a quote of which this part was changed, if it is
/// a known one.
#[must_use]
pub fn dcap(part: &str, ours: &DcapVerdict, theirs: &DcapVerdict) -> Option<&'static Difference> {
    match (part, ours, theirs) {
        (ROOTS_COPY, Err(_), Ok(_)) => Some(&differences::ROOTS_COPY),
        (_, Err(ours), Ok(_)) if ours.contains("is not PEM certificates") => Some(&differences::PEM),
        (_, Ok(_), Err(theirs)) if theirs.contains("missing field `sgxtcbcomponents`") => {
            Some(&differences::TCB_INFO_V2)
        }
        (_, Ok(_), Err(theirs)) if theirs.contains("SGX TEE quote must have version 3") => {
            Some(&differences::SGX_VERSION)
        }
        (_, Ok((status, _)), Err(theirs))
            if status == "NO_MATCHING_TCB_LEVEL" && NO_LEVEL.iter().any(|it| theirs.contains(it)) =>
        {
            Some(&differences::NO_LEVEL)
        }
        (_, Ok((status, _)), Err(theirs))
            if status == "Revoked" && theirs.contains("TCB status is invalid: Revoked") =>
        {
            Some(&differences::REVOKED_STATUS)
        }
        (_, Err(ours), Ok(_))
            if ours.contains("the quote cannot be read: ") && ours.contains("certification data") =>
        {
            Some(&differences::WRAPPER)
        }
        _ => None,
    }
}

/// Which difference between ours and sev shows in a report, if it is a known one. `reads_otherwise` where
/// sev does not verify the bytes received.
#[must_use]
pub fn snp(ours: &SnpVerdict, theirs: &SnpVerdict, reads_otherwise: bool) -> Option<&'static Difference> {
    let (Err(ours), Ok(())) = (ours, theirs) else { return None };
    let known = [
        (" expired at ", &differences::DATES),
        (" is not valid before ", &differences::DATES),
        (" is neither signed nor of the signature", &differences::UNSIGNED_BYTES),
        ("; the key's certificate: its signature algorithm ", &differences::ALGORITHM),
        (" is revoked by ", &differences::REVOKED),
        ("it issues others but is not a CA", &differences::CA),
        ("it is a CA certificate", &differences::CA),
        ("which is not accepted", &differences::ROOT),
        (" was issued by ", &differences::STATEMENTS),
        ("the certificate is for ", &differences::STATEMENTS),
        ("the certificate is another chip's", &differences::STATEMENTS),
        ("extension ", &differences::STATEMENTS),
    ];
    let told = known.into_iter().find(|(words, _)| ours.contains(words)).map(|(_, difference)| difference);
    told.or_else(|| reads_otherwise.then_some(&differences::RESERIALISED))
}
