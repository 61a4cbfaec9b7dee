//! `attest` from outside: evidence made by the software TEE and by real platforms.

mod binding;
mod case;
mod cca;
mod cca_real;
mod dcap;
mod defects;
mod measurement;
mod nitro;
mod nitro_real;
mod real;
mod snp;
mod snp_real;
mod structure;
mod tpm;
mod vtpm;
mod vtpm_cases;
mod vtpm_nested;
mod vtpm_real;

use casemate_attest::{Claims, Endorsements, Fault, Refused, verify};
use casemate_model::{Measurement, ReportData, Timestamp};
use casemate_softtee::EnclaveReport;
use casemate_softtee::synthetic::{self, TestRoot};

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = Timestamp::from_unix_secs(1_767_225_600);

fn report() -> EnclaveReport {
    synthetic::report(Measurement([0xe1; 32]), ReportData([0xd4; 64]))
}

/// What a verifier that accepts `root` makes of these bytes at `now`.
fn claims_of(bytes: &[u8], root: &TestRoot, now: Timestamp) -> Result<Claims, Refused> {
    let evidence = casemate_attest::Evidence::quote(bytes);
    verify(&evidence, &Endorsements::none(), &root.roots(), now).map(|verified| verified.claims().clone())
}

/// The one fault for which something was refused.
fn only_fault(refused: Refused) -> Fault {
    let [fault] = <[Fault; 1]>::try_from(refused.faults).expect("one fault");
    fault
}
