//! DCAP collateral in force, by generation, and never an older piece than one that was.
//!
//! Each place (the TCB Info of a family of platforms, a QE identity, an issuer's revocation list) has one
//! piece. A piece is taken only if its issuer signed it and it is newer than the one held: by evaluation
//! number, then issue date; a list by the date of its update. So nobody brings back collateral that is
//! signed, in date, and says UpToDate of what has fallen since. Every offer from which something is taken
//! begins a generation.

use std::collections::BTreeMap;
use std::fmt;

use casemate_attest::dcap::{Collateral, DcapFault, TeeType};
use casemate_attest::x509::{Certificate, Crl};
use casemate_attest::{Endorsements, Roots, SignedJson};
use casemate_model::Timestamp;
use casemate_mutant::{Mutant, active as seeded};
use serde::Deserialize;
use thiserror::Error;

/// Places that may be filled. Intel publishes for some hundred families of platforms.
const MAX_PIECES: usize = 1024;
/// Certificates that are kept: the issuers of everything.
const MAX_CERTIFICATES: usize = 64;

/// Collateral in force.
#[derive(Clone, Debug)]
pub struct Store {
    roots: Roots,
    generation: u64,
    documents: BTreeMap<Place, (Age, SignedJson)>,
    crls: BTreeMap<Vec<u8>, (Timestamp, Vec<u8>)>,
    certificates: Vec<Vec<u8>>,
}

/// What a signed document is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A family of platforms.
    TcbInfo(TeeType, [u8; 6]),
    /// Quoting enclaves.
    QeIdentity(TeeType),
}

/// How new a document is: the greater the newer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age {
    /// Its evaluation number (`tcbEvaluationDataNumber`).
    pub evaluation_number: u32,
    /// When it was issued: a date of fixed form (RFC 3339), so that text compares as time.
    pub issued: String,
}

/// What became of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The generation in force now.
    pub generation: u64,
    /// Pieces that were taken.
    pub taken: usize,
    /// Pieces that were held already.
    pub held: usize,
    /// Pieces that were not taken, and why.
    pub refused: Vec<StoreFault>,
}

/// Why a piece is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreFault {
    /// It does not verify.
    #[error(transparent)]
    Unverified(#[from] DcapFault),
    /// Older than what is held: signed, and replayed.
    #[error("{place} of {offered} is older than the one in force, of {held}")]
    Older {
        /// What it is about.
        place: String,
        /// How new it is.
        offered: String,
        /// How new the one held is.
        held: String,
    },
    /// As new as the one held, and another.
    #[error("{place} of {age} differs from the one in force, which is of the same date")]
    Conflict {
        /// What it is about.
        place: String,
        /// How new both are.
        age: String,
    },
    /// No more places.
    #[error("{limit} {what} are held, as many as there may be")]
    Full {
        /// What.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// It verifies and cannot be placed.
    #[error("{what} cannot be read")]
    Unreadable {
        /// What.
        what: &'static str,
    },
}

impl Store {
    /// Nothing in force, which is generation 0. Pieces are accepted under these roots.
    #[must_use]
    pub fn new(roots: Roots) -> Self {
        let (documents, crls, certificates) = Default::default();
        Self { roots, generation: 0, documents, crls, certificates }
    }

    /// The number of what is in force.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// What is in force, as received; also what a bundle is written of.
    #[must_use]
    pub fn endorsements(&self) -> Endorsements {
        let of = |info: bool| {
            let fits = move |it: &(&Place, &(Age, SignedJson))| matches!(it.0, Place::TcbInfo(..)) == info;
            self.documents.iter().filter(fits).map(|(_, (_, document))| document.clone()).collect()
        };
        Endorsements {
            tcb_infos: of(true),
            qe_identities: of(false),
            certificates: self.certificates.clone(),
            crls: self.crls.values().map(|(_, der)| der.clone()).collect(),
            ..Endorsements::none()
        }
    }

    /// What is in force, verified: for [`Platforms::replace`](crate::Platforms::replace).
    #[must_use]
    pub fn collateral(&self) -> Collateral {
        Collateral::verify(&self.endorsements(), &self.roots)
    }

    /// Takes what is newer than what is held. One bad piece keeps no good one out.
    pub fn offer(&mut self, offered: &Endorsements) -> Offered {
        let mut it = Offered { generation: self.generation, taken: 0, held: 0, refused: Vec::new() };
        let mut certificates = self.certificates.clone();
        for der in &offered.certificates {
            if !certificates.contains(der) && Certificate::parse(der).is_ok() {
                certificates.push(der.clone());
            }
        }
        for (is_info, document) in each_document(offered) {
            let taken = self.offer_document(is_info, document, &certificates);
            it.count(taken);
        }
        for der in &offered.crls {
            let taken = self.offer_crl(der, &certificates);
            it.count(taken);
        }
        if it.taken > 0 {
            self.generation =
                self.generation.saturating_add(u64::from(!seeded(Mutant::StoreKeepsGeneration)));
            it.generation = self.generation;
            if certificates.len() > MAX_CERTIFICATES {
                it.refused.push(StoreFault::Full { what: "certificates", limit: MAX_CERTIFICATES });
                certificates.truncate(MAX_CERTIFICATES);
            }
            self.certificates = certificates;
        }
        it
    }

    /// Puts the piece held in the place of each one that is older, whoever signed that. Answers what was
    /// older than what.
    pub fn substitute(&self, endorsements: &mut Endorsements) -> Vec<StoreFault> {
        let mut older = Vec::new();
        let Endorsements { tcb_infos, qe_identities, crls, certificates, .. } = endorsements;
        for (is_info, documents) in [(true, tcb_infos), (false, qe_identities)] {
            for document in documents {
                let head = serde_json::from_slice(&document.json).ok();
                let Some((place, age)) = head.and_then(|it: Head| it.place(is_info)) else { continue };
                let Some((held, newer)) = self
                    .documents
                    .get(&place)
                    .filter(|(held, _)| *held > age && !seeded(Mutant::StoreLetsOlderStand))
                else {
                    continue;
                };
                let (offered, held) = (age.to_string(), held.to_string());
                older.push(StoreFault::Older { place: place.to_string(), offered, held });
                document.clone_from(newer);
            }
        }
        for der in crls {
            let Ok(crl) = Crl::parse(der) else { continue };
            let (issuer, offered) = (crl.issuer(), crl.this_update());
            let Some((held, newer)) = self.crls.get(issuer).filter(|(held, _)| *held > offered) else {
                continue;
            };
            let (offered, held) = (offered.to_string(), held.to_string());
            older.push(StoreFault::Older { place: "revocation list".into(), offered, held });
            der.clone_from(newer);
        }
        if !older.is_empty() {
            // What was put there needs its issuers.
            let missing: Vec<_> =
                self.certificates.iter().filter(|it| !certificates.contains(it)).cloned().collect();
            certificates.extend(missing);
        }
        older
    }

    /// Whether it was taken; `false` where it is held.
    fn offer_document(
        &mut self,
        is_info: bool,
        document: &SignedJson,
        certificates: &[Vec<u8>],
    ) -> Result<bool, StoreFault> {
        let alone = vec![document.clone()];
        let (tcb_infos, qe_identities) = if is_info { (alone, Vec::new()) } else { (Vec::new(), alone) };
        self.verify(Endorsements { tcb_infos, qe_identities, ..Endorsements::none() }, certificates)?;
        let what = if is_info { "TCB Info" } else { "QE Identity" };
        let head: Head =
            serde_json::from_slice(&document.json).map_err(|_| StoreFault::Unreadable { what })?;
        let (place, age) = head.place(is_info).ok_or(StoreFault::Unreadable { what })?;
        match self.documents.get(&place) {
            // The same text may have been signed twice: what it says is what counts.
            Some((held, it)) if *held == age && it.json == document.json => return Ok(false),
            Some((held, _)) if *held == age && !seeded(Mutant::StoreTakesConflicting) => {
                return Err(StoreFault::Conflict { place: place.to_string(), age: age.to_string() });
            }
            Some((held, _)) if *held > age && !seeded(Mutant::StoreTakesOlder) => {
                let (offered, held) = (age.to_string(), held.to_string());
                return Err(StoreFault::Older { place: place.to_string(), offered, held });
            }
            Some(_) => {}
            None => self.has_place()?,
        }
        self.documents.insert(place, (age, document.clone()));
        Ok(true)
    }

    fn offer_crl(&mut self, der: &[u8], certificates: &[Vec<u8>]) -> Result<bool, StoreFault> {
        self.verify(Endorsements { crls: vec![der.to_vec()], ..Endorsements::none() }, certificates)?;
        let what = "revocation list";
        let crl = Crl::parse(der).map_err(|_| StoreFault::Unreadable { what })?;
        let updated = crl.this_update();
        match self.crls.get(crl.issuer()) {
            Some((held, _)) if *held == updated => return Ok(false),
            Some((held, _)) if *held > updated && !seeded(Mutant::StoreTakesOlderList) => {
                let (offered, held) = (updated.to_string(), held.to_string());
                return Err(StoreFault::Older { place: what.into(), offered, held });
            }
            Some(_) => {}
            None => self.has_place()?,
        }
        self.crls.insert(crl.issuer().to_vec(), (updated, der.to_vec()));
        Ok(true)
    }

    fn verify(&self, piece: Endorsements, certificates: &[Vec<u8>]) -> Result<(), StoreFault> {
        let alone = Endorsements { certificates: certificates.to_vec(), ..piece };
        let rejected = Collateral::verify(&alone, &self.roots).rejected().first().cloned();
        let rejected = rejected.filter(|_| !seeded(Mutant::StoreTakesUnsigned));
        rejected.map_or(Ok(()), |fault| Err(fault.into()))
    }

    fn has_place(&self) -> Result<(), StoreFault> {
        let full = self.documents.len() + self.crls.len() >= MAX_PIECES;
        if full { Err(StoreFault::Full { what: "pieces", limit: MAX_PIECES }) } else { Ok(()) }
    }
}

impl Offered {
    fn count(&mut self, outcome: Result<bool, StoreFault>) {
        match outcome {
            Ok(true) => self.taken += 1,
            Ok(false) => self.held += 1,
            Err(fault) => self.refused.push(fault),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TcbInfo(tee, fmspc) => {
                write!(f, "TCB Info for {} of FMSPC ", tee.as_str())?;
                fmspc.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::QeIdentity(tee) => write!(f, "QE Identity {}", tee.quoting_enclave()),
        }
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "evaluation number {}, issued {}", self.evaluation_number, self.issued)
    }
}

/// What of a verified document says where it belongs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    id: Option<String>,
    fmspc: Option<String>,
    issue_date: String,
    tcb_evaluation_data_number: u32,
}

impl Head {
    fn place(self, is_info: bool) -> Option<(Place, Age)> {
        let Self { id, fmspc, issue_date, tcb_evaluation_data_number } = self;
        let age = Age { evaluation_number: tcb_evaluation_data_number, issued: issue_date };
        // A TCB Info of version 2 has no id and is for SGX.
        let tee = match id.as_deref() {
            None | Some("SGX" | "QE") => TeeType::Sgx,
            Some("TDX" | "TD_QE") => TeeType::Tdx,
            Some(_) => return None,
        };
        if !is_info {
            return Some((Place::QeIdentity(tee), age));
        }
        let digits = fmspc.filter(|it| it.len() == 12 && it.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        let number = u64::from_str_radix(&digits, 16).ok()?.to_be_bytes();
        Some((Place::TcbInfo(tee, *number.last_chunk()?), age))
    }
}

/// Every document, and whether it is a TCB Info.
fn each_document(offered: &Endorsements) -> impl Iterator<Item = (bool, &SignedJson)> {
    let infos = offered.tcb_infos.iter().map(|it| (true, it));
    infos.chain(offered.qe_identities.iter().map(|it| (false, it)))
}
