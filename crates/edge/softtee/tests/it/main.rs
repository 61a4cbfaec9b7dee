//! `softtee` from outside: the root on disk, and quotes under it.

mod quotes;
mod root;

use casemate_model::{Measurement, ReportData, Timestamp};
use casemate_softtee::{EnclaveReport, synthetic};

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = Timestamp::from_unix_secs(1_767_225_600);

fn report() -> EnclaveReport {
    synthetic::report(Measurement([0xe1; 32]), ReportData([0xd4; 64]))
}
