//! What a TPM writes as people read it. Nothing is verified.

use super::event_log::{Event, EventLog};
use super::{Attest, ObjectAttributes, Public, Signature, TpmError, key};
use crate::TpmQuote;
use crate::claims::PcrBank;
use crate::inspect::{Field, hex};
use crate::x509::PublicKey;

/// How much of an event's data is shown.
const SHOWN_DATA: usize = 128;

/// Every field of a quote and its signature, and the registers listed. What cannot be read is shown in hex,
/// with the reason.
#[must_use]
pub fn inspect(quote: &TpmQuote) -> Vec<Field> {
    let message = match Attest::parse(&quote.message) {
        Ok(attest) => Field::group("TPMS_ATTEST", message(&attest)),
        Err(error) => Field::hex("TPMS_ATTEST", &quote.message).meaning(error.to_string()),
    };
    let signature = match Signature::parse(&quote.signature) {
        Ok(signature) => Field::group("TPMT_SIGNATURE", signature_fields(&signature)),
        Err(_) => Field::hex("signature", &quote.signature)
            .meaning("bare: RSASSA-PKCS1-v1_5 with SHA-256, if the attestation key's modulus is as long"),
    };
    let selected: Vec<_> =
        Attest::parse(&quote.message).map(|it| it.selection.registers().collect()).unwrap_or_default();
    let registers = quote.pcrs.iter().enumerate().map(|(nth, (index, value))| {
        let selected = selected.get(nth).map(|(_, index)| *index);
        let field = match index.or(selected) {
            Some(index) => Field::hex(format!("PCR {index}"), value),
            None => Field::hex("PCR", value).meaning("not selected by the quote"),
        };
        match PcrBank::ALL.into_iter().find(|bank| bank.digest_len() == value.len()) {
            Some(bank) if field.meaning.is_none() => field.meaning(bank.to_string()),
            _ => field,
        }
    });
    vec![message, signature, Field::group("registers", registers.collect())]
}

/// Every field of a key's public area (TPMT_PUBLIC).
///
/// # Errors
///
/// Where the bytes are none that is read here.
pub fn inspect_public(area: &[u8]) -> Result<Vec<Field>, TpmError> {
    let public = Public::parse(area)?;
    let mut fields = vec![
        Field::new("nameAlg", format!("{:#06x}", public.name_hash.algorithm_id()))
            .meaning(public.name_hash.to_string())
            .at(2),
        Field::new("objectAttributes", format!("{:#010x}", public.attributes.0))
            .meaning(attributes(public.attributes))
            .at(4),
    ];
    fields.extend(key_fields(&public.key));
    Ok(fields)
}

/// Every event of a log, in its order.
///
/// # Errors
///
/// Where the bytes are no log that is read here.
pub fn inspect_event_log(log: &[u8]) -> Result<Vec<Field>, TpmError> {
    let log = EventLog::parse(log)?;
    let banks: Vec<_> = log.banks().map(|bank| bank.to_string()).collect();
    let events = log.events().map(|event| event_field(&event));
    Ok([Field::new("banks", banks.join(", "))].into_iter().chain(events).collect())
}

/// A key, and the fingerprint by which a verifier knows it.
pub(crate) fn key_fields(key: &PublicKey) -> Vec<Field> {
    vec![
        Field::hex("key", key.as_bytes()).meaning(key::name(key)),
        Field::hex("fingerprint", &key::fingerprint(key)).meaning("SHA-256 of its SubjectPublicKeyInfo"),
    ]
}

fn message(attest: &Attest<'_>) -> Vec<Field> {
    let extra = 8_usize.saturating_add(attest.qualified_signer.len());
    let clock = extra.saturating_add(2).saturating_add(attest.extra_data.len());
    let text = std::str::from_utf8(attest.extra_data).ok().filter(|it| !it.chars().any(char::is_control));
    let nonce = text.map_or_else(|| "the nonce".to_owned(), |it| format!("the nonce: {it:?}"));
    let banks = attest.selection.banks().map(|(bank, bitmap)| {
        let registers = (0..32).filter(|index| bitmap & (1_u32 << index) != 0).map(|it| it.to_string());
        Field::new("pcrSelect", format!("{bitmap:#010x}"))
            .meaning(format!("{bank}: {}", registers.collect::<Vec<_>>().join(", ")))
    });
    let mut fields = vec![
        Field::new("magic", "0xff544347").meaning("made by a TPM").at(0),
        Field::new("type", "0x8018").meaning("quote").at(4),
        Field::hex("qualifiedSigner", attest.qualified_signer).at(8),
        Field::hex("extraData", attest.extra_data).meaning(nonce).at(extra.saturating_add(2)),
        Field::new("clock", attest.clock.to_string()).meaning("milliseconds").at(clock),
        Field::new("resetCount", attest.reset_count.to_string()).at(clock.saturating_add(8)),
        Field::new("restartCount", attest.restart_count.to_string()).at(clock.saturating_add(12)),
        Field::new("safe", attest.safe.to_string()).at(clock.saturating_add(16)),
        Field::new("firmwareVersion", format!("{:#018x}", attest.firmware_version))
            .at(clock.saturating_add(17)),
    ];
    fields.extend(banks);
    fields.push(Field::hex("pcrDigest", attest.pcr_digest));
    fields
}

fn signature_fields(signature: &Signature<'_>) -> Vec<Field> {
    let mut fields = vec![
        Field::new("sigAlg", signature.scheme.as_str()).at(0),
        Field::new("hash", signature.hash.to_string()).at(2),
    ];
    if signature.second.is_empty() {
        fields.push(Field::hex("sig", signature.first).at(6));
    } else {
        fields.push(Field::hex("signatureR", signature.first).at(6));
        fields.push(Field::hex("signatureS", signature.second).at(signature.first.len().saturating_add(8)));
    }
    fields
}

fn attributes(attributes: ObjectAttributes) -> String {
    let names = [
        (ObjectAttributes::FIXED_TPM, "fixedTPM"),
        (ObjectAttributes::FIXED_PARENT, "fixedParent"),
        (ObjectAttributes::SENSITIVE_DATA_ORIGIN, "sensitiveDataOrigin"),
        (ObjectAttributes::RESTRICTED, "restricted"),
        (ObjectAttributes::DECRYPT, "decrypt"),
        (ObjectAttributes::SIGN, "sign"),
    ];
    let set = names.into_iter().filter(|(bit, _)| attributes.has(*bit)).map(|(_, name)| name);
    set.collect::<Vec<_>>().join(", ")
}

fn event_field(event: &Event<'_>) -> Field {
    let digests = PcrBank::ALL.into_iter().filter_map(|bank| Some((bank, event.digest(bank)?)));
    let mut children: Vec<_> =
        digests.map(|(bank, digest)| Field::hex(format!("digest, {bank}"), digest)).collect();
    let shown = event.data.get(..SHOWN_DATA).unwrap_or(event.data);
    let field = Field::new("event", hex(shown));
    children.push(field.meaning(format!("{} bytes: {}", event.data.len(), printable(shown))));
    let field = Field::group(format!("register {}", event.register), children).at(event.offset);
    let kind = Field { value: format!("{:#010x}", event.kind), ..field };
    match kind_name(event.kind) {
        Some(name) => kind.meaning(name),
        None => kind,
    }
}

/// Text as it stands in events, which are UTF-16 where they are paths and ASCII where they are commands.
fn printable(bytes: &[u8]) -> String {
    let visible = bytes.iter().filter(|byte| **byte != 0);
    visible
        .map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' })
        .collect()
}

/// TCG PC Client platform firmware profile, 10.4.1.
const fn kind_name(kind: u32) -> Option<&'static str> {
    match kind {
        0x0000_0001 => Some("EV_POST_CODE"),
        0x0000_0003 => Some("EV_NO_ACTION"),
        0x0000_0004 => Some("EV_SEPARATOR"),
        0x0000_0005 => Some("EV_ACTION"),
        0x0000_0006 => Some("EV_EVENT_TAG"),
        0x0000_0007 => Some("EV_S_CRTM_CONTENTS"),
        0x0000_0008 => Some("EV_S_CRTM_VERSION"),
        0x0000_0009 => Some("EV_CPU_MICROCODE"),
        0x0000_000a => Some("EV_PLATFORM_CONFIG_FLAGS"),
        0x0000_000b => Some("EV_TABLE_OF_DEVICES"),
        0x0000_000c => Some("EV_COMPACT_HASH"),
        0x0000_000d => Some("EV_IPL"),
        0x0000_000e => Some("EV_IPL_PARTITION_DATA"),
        0x0000_000f => Some("EV_NONHOST_CODE"),
        0x0000_0010 => Some("EV_NONHOST_CONFIG"),
        0x0000_0011 => Some("EV_NONHOST_INFO"),
        0x0000_0012 => Some("EV_OMIT_BOOT_DEVICE_EVENTS"),
        0x8000_0001 => Some("EV_EFI_VARIABLE_DRIVER_CONFIG"),
        0x8000_0002 => Some("EV_EFI_VARIABLE_BOOT"),
        0x8000_0003 => Some("EV_EFI_BOOT_SERVICES_APPLICATION"),
        0x8000_0004 => Some("EV_EFI_BOOT_SERVICES_DRIVER"),
        0x8000_0005 => Some("EV_EFI_RUNTIME_SERVICES_DRIVER"),
        0x8000_0006 => Some("EV_EFI_GPT_EVENT"),
        0x8000_0007 => Some("EV_EFI_ACTION"),
        0x8000_0008 => Some("EV_EFI_PLATFORM_FIRMWARE_BLOB"),
        0x8000_0009 => Some("EV_EFI_HANDOFF_TABLES"),
        0x8000_000a => Some("EV_EFI_PLATFORM_FIRMWARE_BLOB2"),
        0x8000_000b => Some("EV_EFI_HANDOFF_TABLES2"),
        0x8000_000c => Some("EV_EFI_VARIABLE_BOOT2"),
        0x8000_0010 => Some("EV_EFI_HCRTM_EVENT"),
        0x8000_00e0 => Some("EV_EFI_VARIABLE_AUTHORITY"),
        0x8000_00e1 => Some("EV_EFI_SPDM_FIRMWARE_BLOB"),
        0x8000_00e2 => Some("EV_EFI_SPDM_FIRMWARE_CONFIG"),
        _ => None,
    }
}
