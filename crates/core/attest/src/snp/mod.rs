//! Attestation reports of AMD SEV-SNP (AMD 56860, SEV Secure Nested Paging Firmware ABI): versions 2, 3
//! and 5, of Milan, Genoa and Turin, signed by the chip's key (VCEK) or by a cloud provider's (VLEK).
//!
//! The key's certificate states for which security versions, and for a VCEK for which chip, AMD derived
//! it (AMD 57230, VCEK Certificate and KDS Interface Specification). All of that has to be what the report
//! states. A processor may be told to write zeros for its chip ID; the VCEK names the chip then.
//!
//! Verification has two stages, so that the first can be kept: [`Vek::verify`] is certificates,
//! [`Vek::verify_report`] one signature. Neither looks at the time.
//!
//! Refused by name: other versions, reports of plain SEV and SEV-ES, reports nobody signed. Whether what
//! a report says is good (debug, VMPL, patch levels) is for a policy to say.

mod certificates;
mod extensions;
mod fault;
mod inspect;
mod lists;
mod report;
mod tcb;
mod vek;

use casemate_model::Timestamp;

pub use certificates::Certificates;
pub use fault::SnpFault;
pub use inspect::inspect;
pub use lists::Lists;
pub use report::{REPORT_LEN, Report};
pub use tcb::product_of_cpuid;
pub use vek::Vek;

use crate::claims::Claims;
use crate::{Endorsements, Refused, Roots};

/// Verifies a report at the instant `now`. `sent` are the certificates that came with it, in DER.
pub(crate) fn verify(
    report: &[u8],
    sent: &[Vec<u8>],
    endorsements: &Endorsements,
    roots: &Roots,
    now: Timestamp,
) -> Result<Claims, Refused> {
    let report = Report::parse(report)?;
    let certificates = Certificates::new(sent, &endorsements.certificates);
    let vek = Vek::verify(&report, &certificates, roots)?;
    let body = vek.verify_report(&report)?;
    vek.claims(body, &Lists::read(&endorsements.crls), now)
}
