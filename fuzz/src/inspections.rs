//! What is shown of files before anything of them is verified.
//!
//! Asserted: a field stands where it says, within the bytes; everything shown can be written as JSON.

use casemate_attest::inspect::Field;
use casemate_attest::{Evidence, TpmQuote, tpm, vtpm};
use casemate_dossier::inspect;

use crate::vectors::all;

/// Bytes of each register that is listed with a quote.
const REGISTER: usize = 32;

/// Any bytes as a file of an attester.
pub(crate) fn file(bytes: Vec<u8>) {
    let pieces = match inspect(&bytes) {
        Ok(pieces) => pieces,
        Err(unusable) => return assert!(!unusable.to_string().is_empty()),
    };
    for piece in &pieces {
        assert!(!piece.what.is_empty() && (!piece.fields.is_empty() || piece.error.is_some()), "{piece:?}");
        // Hex, base64 and PEM are longer than what they hold.
        within(&piece.fields, bytes.len());
    }
    serde_json::to_vec(&pieces).expect("pieces can always be written");
}

/// Any bytes as a TPM's quote: two lengths, message, signature, and registers for the rest. Without the
/// lengths, as every structure that is shown by itself.
pub(crate) fn quote(bytes: Vec<u8>) {
    for shown in [tpm::inspect_public(&bytes), tpm::inspect_event_log(&bytes)].into_iter().flatten() {
        within(&shown, bytes.len());
    }
    within(&vtpm::inspect_hcl(&bytes).unwrap_or_default(), bytes.len());
    within(&vtpm::inspect_instance(&bytes).unwrap_or_default(), bytes.len());
    let Some((lens, rest)) = bytes.split_first_chunk::<4>() else { return };
    let len = |high: u8, low: u8| usize::from(u16::from_be_bytes([high, low]));
    let (message, rest) = rest.split_at(len(lens[0], lens[1]).min(rest.len()));
    let (signature, rest) = rest.split_at(len(lens[2], lens[3]).min(rest.len()));
    // Some listed by number, some not.
    let register = |(nth, it): (u8, &[u8])| ((nth % 3 != 0).then_some(nth), it.to_vec());
    let pcrs = (0..=u8::MAX).zip(rest.chunks(REGISTER)).map(register).collect();
    let quote = TpmQuote { message: message.to_vec(), signature: signature.to_vec(), pcrs };
    let shown = tpm::inspect(&quote);
    assert_eq!(shown.len(), 3, "message, signature, registers");
    within(&shown, bytes.len());
}

pub(crate) fn quote_seeds() -> Vec<Vec<u8>> {
    let quotes = all().iter().flat_map(|it| match &it.evidence {
        Evidence::GceVtpm(gce) => gce.quotes.clone(),
        Evidence::AzureVtpm(azure) => azure.quote.iter().cloned().collect(),
        _ => Vec::new(),
    });
    let written = quotes.map(|it| {
        let len = |part: &[u8]| u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes();
        let registers = it.pcrs.iter().flat_map(|(_, value)| value.clone()).collect();
        let lens = [len(&it.message), len(&it.signature)].concat();
        [lens, it.message, it.signature, registers].concat()
    });
    written.chain(crate::parsers::tpm_seeds()).collect()
}

fn within(fields: &[Field], len: usize) {
    for field in fields {
        assert!(field.offset.is_none_or(|at| at <= len), "{field:?} of {len}");
        within(&field.children, len);
    }
}
