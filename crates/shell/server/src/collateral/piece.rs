//! How long each piece of collateral is good, as it says itself: for whoever watches, and to fetch
//! the next one in time. Verdicts do not depend on it; `attest` reads the same dates behind signatures.

use std::collections::BTreeMap;

use casemate_attest::inspect::hex;
use casemate_attest::{Endorsements, SignedJson};
use casemate_model::Timestamp;
use der::Decode;
use serde::{Deserialize, Serialize};
use x509_cert::crl::CertificateList;
use x509_cert::time::Time;

use super::item::IntelTee;

/// One piece, of those of its kind the one that is good for longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// When it was issued.
    pub issued: Timestamp,
    /// When the next one is due: it is good until then.
    pub expires: Timestamp,
    /// Which of Intel's evaluations it is.
    pub number: Option<u64>,
}

/// Pieces by what they are.
pub type Pieces = BTreeMap<PieceName, Piece>;

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PieceName {
    /// A TCB Info: `SGX` or `TDX`, and an FMSPC in hex.
    TcbInfo(String, String),
    /// A QE identity: `QE` or `TD_QE`.
    QeIdentity(String),
    /// A revocation list, by its issuer's name.
    Crl(String),
}

impl PieceName {
    /// The TCB Info of one family of platforms.
    #[must_use]
    pub fn tcb_info(tee: IntelTee, fmspc: [u8; 6]) -> Self {
        Self::TcbInfo(tee.as_str().to_ascii_uppercase(), hex(&fmspc))
    }

    /// The identity of the quoting enclave for one TEE.
    #[must_use]
    pub fn qe_identity(tee: IntelTee) -> Self {
        Self::QeIdentity(if tee == IntelTee::Tdx { "TD_QE" } else { "QE" }.to_owned())
    }
}

impl std::fmt::Display for PieceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TcbInfo(id, fmspc) => write!(f, "TCB Info {id} {fmspc}"),
            Self::QeIdentity(id) => write!(f, "QE identity {id}"),
            Self::Crl(issuer) => write!(f, "revocation list of {issuer}"),
        }
    }
}

impl Serialize for PieceName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The members of Intel's documents that are read here. TCB Info version 2 has no `id`: it is SGX's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    id: Option<String>,
    fmspc: Option<String>,
    issue_date: String,
    next_update: String,
    tcb_evaluation_data_number: Option<u64>,
}

/// Every piece that can be read.
#[must_use]
pub fn pieces(endorsements: &Endorsements) -> Pieces {
    let mut pieces = Pieces::new();
    let signed = endorsements.tcb_infos.iter().chain(&endorsements.qe_identities).filter_map(of_json);
    let lists = endorsements.crls.iter().filter_map(|der| of_crl(der));
    for (name, piece) in signed.chain(lists) {
        let better = pieces.get(&name).is_none_or(|it| piece.expires > it.expires);
        if better {
            pieces.insert(name, piece);
        }
    }
    pieces
}

fn of_json(signed: &SignedJson) -> Option<(PieceName, Piece)> {
    let document: Document = serde_json::from_slice(&signed.json).ok()?;
    let instant = |text: &str| {
        let instant: jiff::Timestamp = text.parse().ok()?;
        u64::try_from(instant.as_second()).ok().map(Timestamp::from_unix_secs)
    };
    let id = document.id.unwrap_or_else(|| "SGX".to_owned());
    let name = match document.fmspc {
        Some(fmspc) => PieceName::TcbInfo(id, fmspc.to_ascii_lowercase()),
        None => PieceName::QeIdentity(id),
    };
    let (issued, expires) = (instant(&document.issue_date)?, instant(&document.next_update)?);
    Some((name, Piece { issued, expires, number: document.tcb_evaluation_data_number }))
}

fn of_crl(der: &[u8]) -> Option<(PieceName, Piece)> {
    let list = <CertificateList>::from_der(der).ok()?.tbs_cert_list;
    let instant = |time: Time| Timestamp::from_unix_secs(time.to_unix_duration().as_secs());
    let (issued, expires) = (instant(list.this_update), instant(list.next_update?));
    Some((PieceName::Crl(list.issuer.to_string()), Piece { issued, expires, number: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(fmspc: &str, next_update: &str, number: u64) -> SignedJson {
        let json = format!(
            r#"{{"id":"TDX","fmspc":"{fmspc}","issueDate":"2026-10-01T00:00:00Z","nextUpdate":"{next_update}","tcbEvaluationDataNumber":{number}}}"#
        );
        SignedJson { json: json.into_bytes(), signature: [0; 64] }
    }

    #[test]
    fn of_several_the_one_that_is_good_for_longest_counts() {
        let tcb_infos = vec![
            info("00806F050000", "2026-10-31T00:00:00Z", 20),
            info("00806f050000", "2026-11-30T00:00:00Z", 21),
            info("00806f050000", "2026-10-15T00:00:00Z", 19),
        ];
        let pieces = pieces(&Endorsements { tcb_infos, ..Endorsements::none() });
        let told: Vec<_> =
            pieces.iter().map(|(name, it)| format!("{name} {} {:?}", it.expires, it.number)).collect();
        assert_eq!(told, ["TCB Info TDX 00806f050000 2026-11-30T00:00:00Z Some(21)"]);
    }

    #[test]
    fn what_cannot_be_read_is_no_piece() {
        let broken = SignedJson { json: b"{}".to_vec(), signature: [0; 64] };
        let endorsements =
            Endorsements { tcb_infos: vec![broken], crls: vec![vec![0x30]], ..Endorsements::none() };
        assert!(pieces(&endorsements).is_empty());
    }
}
