//! Disagreements with the peers that are understood, and why ours is meant as it is.

use std::fmt::Write as _;

/// A disagreement.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Which peer, in which version.
    pub peer: &'static str,
    /// What evidence it shows in.
    pub on: &'static str,
    /// What ours does.
    pub ours: &'static str,
    /// What the peer does.
    pub theirs: &'static str,
    /// Why ours is meant.
    pub why: &'static str,
}

const DCAP_QVL: &str = "dcap-qvl 0.7.1";
/// The peer for AMD's reports.
pub const SEV: &str = "sev 8.0.0";

/// The root a quote carries.
pub const ROOTS_COPY: Difference = Difference {
    peer: DCAP_QVL,
    on: "a quote whose copy of the root's certificate was changed",
    ours: "refuses",
    theirs: "accepts",
    why: "dcap-qvl holds a copy of the root and does not look at the one in the quote; ours is given the root's \
          fingerprint, and refuses a chain that does not end in it",
};

/// Lax PEM.
pub const PEM: Difference = Difference {
    peer: DCAP_QVL,
    on: "certificates in PEM with other line breaks, padding or ends than RFC 7468's",
    ours: "refuses",
    theirs: "accepts",
    why: "the DER inside is the same, but strict text has one form only",
};

/// Old TCB Info.
pub const TCB_INFO_V2: Difference = Difference {
    peer: DCAP_QVL,
    on: "TCB Info of version 2",
    ours: "accepts",
    theirs: "refuses",
    why: "it is signed by Intel and says the same in other words",
};

/// Versions of SGX's quotes.
pub const SGX_VERSION: Difference = Difference {
    peer: DCAP_QVL,
    on: "an SGX quote of version 4 or 5",
    ours: "accepts",
    theirs: "refuses",
    why: "Intel's format has enclaves in both: by the TEE type in version 4, by body type 1 in version 5",
};

/// No level.
pub const NO_LEVEL: Difference = Difference {
    peer: DCAP_QVL,
    on: "a quote whose versions reach no TCB level, of platform, quoting enclave or TDX module",
    ours: "verifies, with the status NO_MATCHING_TCB_LEVEL",
    theirs: "refuses",
    why: "the claims are to be shown with the refusal; no policy can accept the status",
};

/// A status.
pub const REVOKED_STATUS: Difference = Difference {
    peer: DCAP_QVL,
    on: "a quote whose platform, quoting enclave or TDX module is at a level that is revoked",
    ours: "verifies, with the status Revoked",
    theirs: "refuses",
    why: "the claims are to be shown with the refusal; no policy can accept the status",
};

/// The wrapper of the QE report.
pub const WRAPPER: Difference = Difference {
    peer: DCAP_QVL,
    on: "a quote of version 4 or 5 whose certification data, the QE report's wrapper, is of another type or length than it says",
    ours: "refuses",
    theirs: "accepts",
    why: "dcap-qvl reads what is inside whatever the wrapper says; nobody signs these bytes, but a quote has one form only",
};

/// Dates.
pub const DATES: Difference = Difference {
    peer: SEV,
    on: "a report outside the validity of its certificates",
    ours: "refuses",
    theirs: "accepts",
    why: "sev leaves dates to its caller",
};

/// The root.
pub const ROOT: Difference = Difference {
    peer: SEV,
    on: "a chain that ends in another root than AMD's for the product",
    ours: "refuses",
    theirs: "accepts",
    why: "sev leaves it to its caller which root is the right one",
};

/// The tail.
pub const UNSIGNED_BYTES: Difference = Difference {
    peer: SEV,
    on: "a report with something else than zeros after the signature, or in the part of its numbers that P-384 does not use",
    ours: "refuses",
    theirs: "accepts",
    why: "the signature does not determine these bytes: two reports that differ in them only would be told apart by a cache",
};

/// Bytes read anew.
pub const RESERIALISED: Difference = Difference {
    peer: SEV,
    on: "a report of which reserved bits were changed",
    ours: "refuses",
    theirs: "accepts",
    why: "sev verifies the report as it would write it, with zeros where it knows no field; ours the bytes received",
};

/// Algorithms of a certificate.
pub const ALGORITHM: Difference = Difference {
    peer: SEV,
    on: "a certificate that names another signature algorithm outside of what is signed than inside",
    ours: "refuses",
    theirs: "accepts",
    why: "RFC 5280, 4.1.1.2: both have to be the same; sev looks at the outer one's identifier only",
};

/// Revocation.
pub const REVOKED: Difference = Difference {
    peer: SEV,
    on: "a report by a key that its issuer's list revokes, or whose issuer is revoked",
    ours: "refuses",
    theirs: "accepts",
    why: "sev reads no revocation lists",
};

/// Who may issue.
pub const CA: Difference = Difference {
    peer: SEV,
    on: "an issuer that is no CA, or a signing key that is one",
    ours: "refuses",
    theirs: "accepts",
    why: "RFC 5280, 6.1.4; sev verifies signatures only",
};

/// What is certified.
pub const STATEMENTS: Difference = Difference {
    peer: SEV,
    on: "a certificate of another chip, product or issuer's kind, for other versions, or that does not say",
    ours: "refuses",
    theirs: "accepts",
    why: "sev does not compare what AMD states of a key with what the report says",
};

/// Every one of them, by peer.
pub const ALL: [&Difference; 15] = [
    &ROOTS_COPY,
    &PEM,
    &TCB_INFO_V2,
    &SGX_VERSION,
    &NO_LEVEL,
    &REVOKED_STATUS,
    &WRAPPER,
    &DATES,
    &ROOT,
    &UNSIGNED_BYTES,
    &RESERIALISED,
    &ALGORITHM,
    &REVOKED,
    &CA,
    &STATEMENTS,
];

/// The document that lists them.
#[must_use]
pub fn document() -> String {
    let mut out = String::from(
        "# Where other verifiers decide differently\n\n\
         The tests in `oracles/` give the same evidence to this project's verifier and to others, as received and \
         with a bit flipped in every part, cut short, extended, with other certificates, and at other times. Every \
         disagreement has to be one of these. This page is written by them (`UPDATE_DOCS=1 cargo test` there).\n\n\
         | verifier | evidence | ours | theirs | why |\n|---|---|---|---|---|\n",
    );
    for Difference { peer, on, ours, theirs, why } in ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "| {peer} | {on} | {ours} | {theirs} | {why} |");
    }
    out
}
