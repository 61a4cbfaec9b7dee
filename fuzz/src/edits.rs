//! The verifier as a whole: evidence in order is edited, and verified.
//!
//! The bytes are not evidence but a list of edits to one of the vectors, so that whoever makes them
//! gets past every signature that is left alone. Asserted: what verifies says exactly what it said
//! before, from the same platform under the same root. Unsigned bytes are free to change.

use casemate_attest::claims::{Body, VtpmBody};
use casemate_attest::{Claims, Endorsements, Evidence, TpmQuote, verify as verify_evidence};

use crate::vectors::{NOW, Vector, all};

/// Bytes of one edit: which part, what, where (two bytes), and with what.
const EDIT_LEN: usize = 5;
/// The most edits that are made.
const MAX_EDITS: usize = 16;

/// A list of edits to one of the vectors.
pub(crate) fn verify(bytes: Vec<u8>) {
    let Some((first, edits)) = bytes.split_first() else { return };
    let vector = &all()[usize::from(*first) % all().len()];
    let (mut evidence, mut endorsements) = (vector.evidence.clone(), vector.endorsements.clone());
    for edit in edits.chunks_exact(EDIT_LEN).take(MAX_EDITS) {
        let mut parts = parts_of(&mut evidence, &mut endorsements);
        let which = usize::from(edit[0]) % parts.len();
        apply(parts[which], edit);
    }
    let is_accepted = still_says(vector, &evidence, &endorsements);
    assert!(is_accepted || edits.len() >= EDIT_LEN, "{} was refused without an edit", vector.name);
}

/// Flips every bit of the evidence, one at a time. Answers how many there are, and with how many
/// flipped it verifies all the same: those are not signed.
///
/// # Panics
///
/// Where one that is flipped changes what is said.
#[must_use]
pub fn flip_every_bit(vector: &Vector) -> (usize, usize) {
    let (mut bits, mut unsigned) = (0, 0);
    let mut evidence = vector.evidence.clone();
    let mut lens = Vec::new();
    evidence_parts(&mut evidence, &mut lens);
    let lens: Vec<usize> = lens.iter().map(|it| it.len()).collect();
    for (which, len) in lens.into_iter().enumerate() {
        for bit in 0..len * 8 {
            flip(&mut evidence, which, bit);
            bits += 1;
            unsigned += usize::from(still_says(vector, &evidence, &vector.endorsements));
            flip(&mut evidence, which, bit);
        }
    }
    (bits, unsigned)
}

fn flip(evidence: &mut Evidence, which: usize, bit: usize) {
    let mut parts = Vec::new();
    evidence_parts(evidence, &mut parts);
    parts[which][bit / 8] ^= 1 << (bit % 8);
}

/// Whether it verifies. If it does, it has to say what the vector says.
fn still_says(vector: &Vector, evidence: &Evidence, endorsements: &Endorsements) -> bool {
    match verify_evidence(evidence, endorsements, &vector.roots, NOW) {
        Ok(verified) => {
            let claims = verified.claims();
            assert!(
                says_the_same(claims, &vector.claims),
                "{}: {claims:?}, {:?}",
                vector.name,
                vector.claims
            );
            true
        }
        Err(refused) => {
            assert!(!refused.faults.is_empty() && !refused.to_string().is_empty());
            false
        }
    }
}

/// The same body, root and platform, and so inside: what was not looked at and when it ends may differ,
/// because lists and certificates are edited, too.
pub(crate) fn says_the_same(found: &Claims, signed: &Claims) -> bool {
    if (found.root, &found.platform) != (signed.root, &signed.platform) {
        return false;
    }
    let (Body::Vtpm(found), Body::Vtpm(signed)) = (&found.body, &signed.body) else {
        return found.body == signed.body;
    };
    let is_same_inside = match (&found.inner, &signed.inner) {
        (Some(found), Some(signed)) => says_the_same(found, signed),
        (found, signed) => found.is_none() && signed.is_none(),
    };
    let found = VtpmBody { inner: signed.inner.clone(), ..(**found).clone() };
    is_same_inside && found == **signed
}

/// No edit, and one of every sort, for every vector.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let vectors = 0..u8::try_from(all().len()).unwrap_or(u8::MAX);
    let edits = |vector: u8| {
        let one_each = (0..8).map(move |what| vec![vector, 0, what, 0, 100, 1]);
        std::iter::once(vec![vector]).chain(one_each)
    };
    vectors.flat_map(edits).collect()
}

fn apply(part: &mut Vec<u8>, edit: &[u8]) {
    let [_, what, high, low, with] = *edit else { return };
    if part.is_empty() {
        part.push(with);
        return;
    }
    let at = usize::from(u16::from_be_bytes([high, low])) % part.len();
    match what % 8 {
        0 => part[at] ^= 1 << (with % 8),
        1 => part[at] = with,
        2 => part.truncate(at),
        3 => part.insert(at, with),
        4 => drop(part.drain(at..(at + usize::from(with)).min(part.len()))),
        5 => part.extend(vec![with; usize::from(with)]),
        6 => part.iter_mut().skip(at).take(4).for_each(|byte| *byte = 0xff),
        _ => {
            let again = part[at..(at + usize::from(with)).min(part.len())].to_vec();
            part.splice(at..at, again);
        }
    }
}

/// Every run of bytes in both.
fn parts_of<'a>(evidence: &'a mut Evidence, endorsements: &'a mut Endorsements) -> Vec<&'a mut Vec<u8>> {
    let mut parts = Vec::new();
    evidence_parts(evidence, &mut parts);
    parts.extend(&mut endorsements.certificates);
    parts.extend(&mut endorsements.crls);
    parts.extend(endorsements.tcb_infos.iter_mut().map(|it| &mut it.json));
    parts.extend(endorsements.qe_identities.iter_mut().map(|it| &mut it.json));
    for anchor in &mut endorsements.cca_anchors {
        parts.extend([&mut anchor.instance_id, &mut anchor.point]);
        parts.extend(&mut anchor.implementation_id);
    }
    parts
}

fn evidence_parts<'a>(evidence: &'a mut Evidence, parts: &mut Vec<&'a mut Vec<u8>>) {
    match evidence {
        Evidence::Quote(bytes) | Evidence::CcaToken(bytes) | Evidence::NitroDocument(bytes) => {
            parts.push(bytes)
        }
        Evidence::SnpReport { report, certificates } => {
            parts.push(report);
            parts.extend(certificates);
        }
        Evidence::AzureVtpm(it) => {
            let it = it.as_mut();
            parts.push(&mut it.hcl_report);
            parts.extend(it.quote.iter_mut().flat_map(quote_parts));
            parts.extend(&mut it.td_quote);
            parts.extend(&mut it.certificates);
        }
        Evidence::GceVtpm(it) => {
            let it = it.as_mut();
            parts.push(&mut it.ak_public);
            parts.extend(&mut it.ak_certificate);
            parts.extend(&mut it.certificates);
            parts.extend(it.quotes.iter_mut().flat_map(quote_parts));
            parts.extend(&mut it.event_log);
            if let Some(inner) = &mut it.inner {
                evidence_parts(inner, parts);
            }
        }
        Evidence::Tpm { ak_public, quotes } => {
            parts.push(ak_public);
            parts.extend(quotes.iter_mut().flat_map(quote_parts));
        }
    }
}

fn quote_parts(quote: &mut TpmQuote) -> Vec<&mut Vec<u8>> {
    let mut parts = vec![&mut quote.message, &mut quote.signature];
    parts.extend(quote.pcrs.iter_mut().map(|(_, value)| value));
    parts
}
