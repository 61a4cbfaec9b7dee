//! The vTPM cases of the shared data, as evidence and endorsements.

use casemate_attest::x509::pem_blocks;
use casemate_attest::{AzureVtpm, Endorsements, GceVtpm, SignedJson, TpmQuote};
use casemate_model::Timestamp;
use serde_json::Value;

use crate::case::{Case, from_base64, from_hex};

/// A case of `evidence/vtpm`.
pub(crate) struct VtpmCase {
    name: &'static str,
    case: Case,
    /// `expected.json`.
    pub(crate) expected: Value,
}

impl VtpmCase {
    /// The case of this name, if the data is there.
    pub(crate) fn find(name: &'static str) -> Option<Self> {
        let case = Case::find(&format!("vtpm/{name}"))?;
        Some(Self { name, expected: case.expected(), case })
    }

    /// The instant to which the case is pinned.
    pub(crate) fn now(&self) -> Timestamp {
        self.case.now()
    }

    /// What the quote was made for.
    pub(crate) fn nonce(&self) -> Vec<u8> {
        from_hex(self.expected["nonce_extraData_hex"].as_str().expect("hex"))
    }

    /// A file of it.
    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        self.case.read(name)
    }

    fn json(&self, name: &str) -> Value {
        self.case.json(name)
    }

    fn pem(&self, name: &str) -> Vec<Vec<u8>> {
        der_of(&self.file(name))
    }

    /// Azure's evidence, in whichever of its forms the case has it.
    pub(crate) fn azure(&self) -> (AzureVtpm, Endorsements) {
        let none = Endorsements::none();
        match self.name {
            "azure-snp-milan-v0" | "azure-snp-genoa" => {
                let file = if self.name.ends_with("v0") { "evidence-v0.json" } else { "evidence-genoa.json" };
                let json = self.json(file);
                let certificates = der_of(json["vcek"].as_str().expect("PEM").as_bytes());
                let evidence = AzureVtpm {
                    hcl_report: bytes(&json["report"]),
                    quote: Some(quote(&json["quote"])),
                    td_quote: None,
                    certificates,
                };
                (evidence, Endorsements { certificates: self.amd(), ..none })
            }
            "azure-snp-milan-2023-hcl" => {
                let evidence = AzureVtpm {
                    hcl_report: self.file("hcl-report.bin"),
                    quote: Some(quote(&self.json("tpm-quote-v1.json"))),
                    td_quote: None,
                    certificates: self.pem("vcek.pem").into_iter().take(1).collect(),
                };
                (evidence, Endorsements { certificates: self.amd(), ..none })
            }
            "azure-tdx-v1" => {
                let json = self.json("evidence-v1.json");
                let evidence = AzureVtpm {
                    hcl_report: bytes(&json["hcl_report"]),
                    quote: Some(quote(&json["tpm_quote"])),
                    td_quote: Some(bytes(&json["td_quote"])),
                    certificates: Vec::new(),
                };
                (evidence, collateral(&self.json("assembled-collateral.json")))
            }
            _ => {
                let evidence = AzureVtpm {
                    hcl_report: self.file("hcl-report-tdx.bin"),
                    quote: None,
                    td_quote: None,
                    certificates: Vec::new(),
                };
                (evidence, none)
            }
        }
    }

    /// Google's evidence; intermediate and root are endorsements.
    pub(crate) fn gce(&self) -> (GceVtpm, Endorsements) {
        let message = self.file("gce-cos-85-nonce9009.pb");
        let one = |number| field(&message, number).next().expect("the field").to_vec();
        let evidence = GceVtpm {
            ak_public: one(1),
            ak_certificate: Some(one(6)),
            certificates: Vec::new(),
            quotes: field(&message, 2).map(gce_quote).collect(),
            event_log: Some(one(3)),
            inner: None,
        };
        let certificates = vec![self.file("tpm_ek_intermediate_2.crt"), self.file("tpm_ek_root_1.cer")];
        (evidence, Endorsements { certificates, ..Endorsements::none() })
    }

    /// A key nobody certified, and its quotes.
    pub(crate) fn generic(&self) -> (Vec<u8>, Vec<TpmQuote>) {
        let json = self.json("tpm_evidence.json");
        (bytes(&json["ak_public"]), vec![quote(&json["tpm_quote"])])
    }

    fn amd(&self) -> Vec<Vec<u8>> {
        [self.pem("ask.pem"), self.pem("ark.pem")].concat()
    }
}

/// `QuoteCollateralV3` as endorsements.
pub(crate) fn collateral(json: &Value) -> Endorsements {
    let text = |name: &str| json[name].as_str().expect("text");
    let signed = |document: &str, signature: &str| SignedJson {
        json: text(document).as_bytes().to_vec(),
        signature: from_hex(text(signature)).try_into().expect("64 bytes"),
    };
    let chains = ["pck_crl_issuer_chain", "tcb_info_issuer_chain", "qe_identity_issuer_chain"];
    Endorsements {
        tcb_infos: vec![signed("tcb_info", "tcb_info_signature")],
        qe_identities: vec![signed("qe_identity", "qe_identity_signature")],
        certificates: chains.iter().flat_map(|chain| der_of(text(chain).as_bytes())).collect(),
        crls: ["root_ca_crl", "pck_crl"].iter().map(|crl| from_hex(text(crl))).collect(),
        ..Endorsements::none()
    }
}

fn der_of(pem: &[u8]) -> Vec<Vec<u8>> {
    pem_blocks(pem, 8).expect("PEM").into_iter().map(|(_, der)| der).collect()
}

/// Bytes as an array, hex, base64 or base64url.
fn bytes(value: &Value) -> Vec<u8> {
    if let Value::Array(numbers) = value {
        return numbers.iter().map(|it| it.as_u64().expect("a byte") as u8).collect();
    }
    let text = value.as_str().expect("text");
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return from_hex(text);
    }
    from_base64(text)
}

fn quote(json: &Value) -> TpmQuote {
    let pcrs = json["pcrs"].as_array().expect("registers");
    TpmQuote {
        message: bytes(&json["message"]),
        signature: bytes(&json["signature"]),
        pcrs: pcrs.iter().map(|it| (None, bytes(it))).collect(),
    }
}

/// `tpm.Quote`: 1 message, 2 signature, 3 registers, of which 2 is a map.
fn gce_quote(message: &[u8]) -> TpmQuote {
    let one = |number| field(message, number).next().expect("the field").to_vec();
    let registers = one(3);
    let mut pcrs: Vec<_> = field(&registers, 2).map(|entry| (Some(index_of(entry)), last(entry))).collect();
    pcrs.sort();
    TpmQuote { message: one(1), signature: one(2), pcrs }
}

/// Key of a map's entry; protobuf leaves out a zero.
fn index_of(entry: &[u8]) -> u8 {
    if entry[0] == 0x08 { entry[1] } else { 0 }
}

fn last(entry: &[u8]) -> Vec<u8> {
    field(entry, 2).next().expect("the value").to_vec()
}

/// The contents of every length-delimited field of this number.
fn field(mut message: &[u8], number: u8) -> impl Iterator<Item = &[u8]> {
    let mut found = Vec::new();
    while let [tag, rest @ ..] = message {
        message = rest;
        let value = varint(&mut message);
        if tag & 7 == 2 {
            let (content, rest) = message.split_at(value);
            message = rest;
            if tag >> 3 == number {
                found.push(content);
            }
        }
    }
    found.into_iter()
}

fn varint(message: &mut &[u8]) -> usize {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = message[0];
        *message = &message[1..];
        value |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}
