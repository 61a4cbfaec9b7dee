//! Disagreements with the peers that are understood, and why ours is meant as it is.

/// What a verifier says of a quote: the status and advisories, or why it does not verify.
pub type DcapVerdict = Result<(String, Vec<String>), String>;

/// The part of a quote that is the root's certificate.
pub const ROOTS_COPY: &str = "the root's certificate in the quote";
/// The part of a quote that follows its certificates.
pub const AFTER: &str = "after the certificates";

/// Why ours and dcap-qvl differ on a quote of which this part was changed, if it is known.
#[must_use]
pub fn dcap(part: &str, ours: &DcapVerdict, theirs: &DcapVerdict) -> Option<&'static str> {
    match (part, ours, theirs) {
        (ROOTS_COPY, Err(_), Ok(_)) => Some(
            "dcap-qvl holds a copy of the root and does not look at the one in the quote; ours is given the \
             root's fingerprint, and refuses a chain that does not end in it",
        ),
        (_, Err(ours), Ok(_)) if ours.contains("is not PEM certificates") => Some(
            "dcap-qvl reads PEM whose line breaks, padding or end are not RFC 7468's; ours is strict, the DER \
             inside being the same",
        ),
        (_, Ok(_), Err(theirs)) if theirs.contains("missing field `sgxtcbcomponents`") => {
            Some("dcap-qvl does not read TCB Info of version 2; ours does")
        }
        _ => None,
    }
}
