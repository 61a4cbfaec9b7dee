//! Every field of a quote as a person reads it.

use super::fault::{body_name, cert_data_name, key_type_name, tee_type_name};
use super::pck::Pck;
use super::quote::{Quote, QuoteBody};
use super::{CERT_DATA_QE_REPORT, PCK_CHAIN};
use crate::inspect::{Field, hex};
use crate::sgx::layout::{
    ATTRIBUTE_DEBUG, ATTRIBUTE_INIT, ATTRIBUTE_MODE64, CERT_DATA_PCK_CHAIN, HEADER_LEN, SIGNATURE_LEN,
};
use crate::x509::{Certificate, certificates_from_pem};

/// Names of the flags in ATTRIBUTES.FLAGS (SDM vol. 3D, 39.7.1).
const ENCLAVE_FLAGS: [(u64, &str); 8] = [
    (ATTRIBUTE_INIT, "INIT"),
    (ATTRIBUTE_DEBUG, "DEBUG"),
    (ATTRIBUTE_MODE64, "MODE64BIT"),
    (1 << 4, "PROVISIONKEY"),
    (1 << 5, "EINITTOKEN_KEY"),
    (1 << 6, "CET"),
    (1 << 7, "KSS"),
    (1 << 10, "AEXNOTIFY"),
];
/// Names of the flags in TDATTRIBUTES (Intel TDX module ABI, ATTRIBUTES).
const TD_FLAGS: [(u64, &str); 8] = [
    (1, "DEBUG"),
    (1 << 4, "HGS_PLUS_PROF"),
    (1 << 5, "PERF_PROF"),
    (1 << 28, "SEPT_VE_DISABLE"),
    (1 << 29, "MIGRATABLE"),
    (1 << 30, "PKS"),
    (1 << 31, "KL"),
    (1 << 63, "PERFMON"),
];

/// A report's fields, in the order in which they stand: name and bytes.
const ENCLAVE_FIELDS: [(&str, usize); 17] = [
    ("CPUSVN", 16),
    ("MISCSELECT", 4),
    ("reserved", 12),
    ("ISVEXTPRODID", 16),
    ("ATTRIBUTES.FLAGS", 8),
    ("ATTRIBUTES.XFRM", 8),
    ("MRENCLAVE", 32),
    ("reserved", 32),
    ("MRSIGNER", 32),
    ("reserved", 32),
    ("CONFIGID", 64),
    ("ISVPRODID", 2),
    ("ISVSVN", 2),
    ("CONFIGSVN", 2),
    ("reserved", 42),
    ("ISVFAMILYID", 16),
    ("REPORTDATA", 64),
];
const TD_FIELDS: [(&str, usize); 27] = [
    ("TEE_TCB_SVN", 16),
    ("MRSEAM", 48),
    ("MRSIGNERSEAM", 48),
    ("SEAMATTRIBUTES", 8),
    ("TDATTRIBUTES", 8),
    ("XFAM", 8),
    ("MRTD", 48),
    ("MRCONFIGID", 48),
    ("MROWNER", 48),
    ("MROWNERCONFIG", 48),
    ("RTMR0", 48),
    ("RTMR1", 48),
    ("RTMR2", 48),
    ("RTMR3", 48),
    ("REPORTDATA", 64),
    ("TEE_TCB_SVN2", 16),
    ("MRSERVICETD", 48),
    ("VMID", 1),
    ("TD_ID", 32),
    ("DEVINFO", 48),
    ("INIT_SERVTD_HASH", 48),
    ("INIT_SERVTD_ATTRIBUTES", 8),
    ("INIT_CPUSVN", 16),
    ("INIT_TEE_TCB_SVN", 16),
    ("INIT_TEE_FMSPC", 12),
    ("CUR_SERVTD_HASH", 48),
    ("CUR_SERVTD_ATTRIBUTES", 8),
];

/// Every field of a quote, in the order in which they stand, and what they mean. Nothing is verified: a
/// chain or an extension that cannot be read is shown with the reason.
#[must_use]
pub fn inspect(quote: &Quote<'_>) -> Vec<Field> {
    let mut cursor = Cursor { bytes: quote.as_bytes(), offset: 0 };
    let header = Field::group("header", cursor.header()).at(0);
    let mut all = vec![header];
    if quote.version() == 5 {
        let kind = cursor.number("body type", 2);
        let meaning = kind.value.parse().map_or("unknown", body_name);
        all.push(kind.meaning(meaning));
        all.push(cursor.number("body length", 4));
    }
    let at = cursor.offset;
    let body = match quote.body() {
        QuoteBody::Enclave(report) => {
            let fields = cursor.report(&ENCLAVE_FIELDS, report.as_bytes().len());
            Field::group("enclave report", fields).at(at)
        }
        QuoteBody::Td(report) => {
            let len = quote.signed().len().saturating_sub(at);
            Field::group("TD report", cursor.report(&TD_FIELDS, len))
                .at(at)
                .meaning(body_name(report.body_type()))
        }
    };
    all.push(body);
    all.push(cursor.number("signature data length", 4));
    all.push(Field::group("signature data", signature_data(quote, &mut cursor)));
    all
}

fn signature_data(quote: &Quote<'_>, cursor: &mut Cursor<'_>) -> Vec<Field> {
    let mut all = vec![
        cursor
            .hex("quote signature", SIGNATURE_LEN)
            .meaning("r, s: over header and body, by the attestation key"),
        cursor.hex("attestation key", SIGNATURE_LEN).meaning("x, y on P-256"),
    ];
    if quote.version() > 3 {
        all.push(cursor.number("certification data type", 2).meaning(cert_data_name(CERT_DATA_QE_REPORT)));
        all.push(cursor.number("certification data length", 4));
    }
    let at = cursor.offset;
    let qe_report = cursor.report(&ENCLAVE_FIELDS, quote.qe_report().as_bytes().len());
    all.push(Field::group("QE report", qe_report).at(at));
    all.push(cursor.hex("QE report signature", SIGNATURE_LEN).meaning("r, s: by the PCK"));
    all.push(cursor.number("QE authentication data length", 2));
    all.push(cursor.hex("QE authentication data", quote.auth_data().len()));
    all.push(cursor.number("certification data type", 2).meaning(cert_data_name(CERT_DATA_PCK_CHAIN)));
    all.push(cursor.number("certification data length", 4));
    all.push(chain(quote).at(cursor.offset));
    all
}

fn chain(quote: &Quote<'_>) -> Field {
    match certificates_from_pem(quote.pck_chain(), PCK_CHAIN) {
        Ok(certificates) => Field::group(PCK_CHAIN, certificates.iter().map(certificate).collect()),
        Err(cause) => {
            Field::new(PCK_CHAIN, format!("{} bytes", quote.pck_chain().len())).meaning(cause.to_string())
        }
    }
}

fn certificate(it: &Certificate) -> Field {
    let mut fields = vec![
        Field::hex("serial number", it.serial()),
        Field::new("not before", it.not_before().to_string()),
        Field::new("not after", it.not_after().to_string()),
        Field::new("SHA-256", it.fingerprint().to_string()),
    ];
    match Pck::of(it) {
        Ok(pck) => fields.push(Field::group("SGX extension", extension(&pck))),
        Err(super::PckError::Missing { field: "SGX extension" }) => {}
        Err(cause) => fields.push(Field::new("SGX extension", "").meaning(cause.to_string())),
    }
    Field::group(it.common_name().unwrap_or("certificate"), fields)
}

fn extension(pck: &Pck) -> Vec<Field> {
    let kind = match pck.sgx_type {
        0 => "standard",
        1 => "scalable",
        2 => "scalable with integrity",
        _ => "unknown",
    };
    let mut all = vec![
        Field::hex("PPID", &pck.ppid),
        Field::hex("TCB components", &pck.tcb_components),
        Field::new("PCESVN", pck.pce_svn.to_string()),
        Field::hex("CPUSVN", &pck.cpu_svn),
        Field::hex("PCE-ID", &pck.pce_id),
        Field::hex("FMSPC", &pck.fmspc),
        Field::new("SGX type", pck.sgx_type.to_string()).meaning(kind),
    ];
    all.extend(pck.platform_instance_id.iter().map(|id| Field::hex("platform instance ID", id)));
    let flags = [
        ("dynamic platform", pck.flags.dynamic_platform),
        ("cached keys", pck.flags.cached_keys),
        ("SMT enabled", pck.flags.smt_enabled),
    ];
    all.extend(flags.iter().filter_map(|(name, flag)| flag.map(|it| Field::new(*name, it.to_string()))));
    all
}

/// Takes fields off the front of a quote that was parsed: what is not there is shown as empty.
struct Cursor<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    fn header(&mut self) -> Vec<Field> {
        let version = self.number("version", 2);
        let key_type = self.number("attestation key type", 2);
        let key_meaning = key_type.value.parse().map_or("unknown", key_type_name);
        let tee_type = self.number("TEE type", 4);
        let tee_meaning = tee_type.value.parse().map_or("unknown", tee_type_name);
        vec![
            version,
            key_type.meaning(key_meaning),
            tee_type.meaning(tee_meaning),
            self.number("QE SVN", 2),
            self.number("PCE SVN", 2),
            self.hex("QE vendor ID", 16).meaning("Intel"),
            self.hex("user data", HEADER_LEN - 28),
        ]
    }

    /// The fields of a report of `len` bytes.
    fn report(&mut self, fields: &[(&str, usize)], len: usize) -> Vec<Field> {
        let end = self.offset.saturating_add(len);
        let mut all = Vec::new();
        for (name, len) in fields.iter() {
            if self.offset >= end {
                break;
            }
            all.push(match *name {
                "ATTRIBUTES.FLAGS" => self.flags(name, &ENCLAVE_FLAGS),
                "TDATTRIBUTES" => self.flags(name, &TD_FLAGS),
                "ISVPRODID" | "ISVSVN" | "CONFIGSVN" => self.number(name, *len),
                _ => self.hex(name, *len),
            });
        }
        all
    }

    fn flags(&mut self, name: &str, known: &[(u64, &str)]) -> Field {
        let (at, bytes) = self.take(8);
        let value = little_endian(bytes);
        let set: Vec<_> = known.iter().filter(|(bit, _)| value & bit != 0).map(|(_, name)| *name).collect();
        let field = Field::hex(name, bytes).at(at);
        if set.is_empty() { field } else { field.meaning(set.join(", ")) }
    }

    fn number(&mut self, name: &str, len: usize) -> Field {
        let (at, bytes) = self.take(len);
        Field::new(name, little_endian(bytes).to_string()).at(at)
    }

    fn hex(&mut self, name: &str, len: usize) -> Field {
        let (at, bytes) = self.take(len);
        Field::new(name, hex(bytes)).at(at)
    }

    fn take(&mut self, len: usize) -> (usize, &'a [u8]) {
        let at = self.offset;
        self.offset = at.saturating_add(len);
        (at, self.bytes.get(at..self.offset).unwrap_or_default())
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
