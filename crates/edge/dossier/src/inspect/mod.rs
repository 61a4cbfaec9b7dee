//! Files as a person reads them: every field named and decoded, no verdict.

mod json;
mod x509;

use casemate_attest::cca::{PlatformClaims, RealmClaims};
use casemate_attest::claims::Kind;
use casemate_attest::dcap::{self, Quote, QuoteError};
use casemate_attest::inspect::Field;
use casemate_attest::{AzureVtpm, CcaAnchor, CcaCurve, Evidence, GceVtpm};
use casemate_attest::{cca, nitro, snp, tpm, vtpm};
use serde::{Serialize, Serializer, ser::SerializeSeq};

use crate::content::{Content, Unsupported, Unusable, recognise};
use crate::reference::CcaReferences;

/// One thing found in a file, as a person reads it. Nothing of it is verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// What it is.
    pub what: String,
    /// Its fields, as far as it can be read.
    #[serde(serialize_with = "tree")]
    pub fields: Vec<Field>,
    /// Why it cannot be read, or not to its end.
    pub error: Option<String>,
}

/// Everything found in a file.
///
/// # Errors
///
/// Where there is nothing in it that is read here.
pub fn inspect(bytes: &[u8]) -> Result<Vec<Piece>, Unusable> {
    Ok(recognise(bytes)?.iter().map(Piece::of).collect())
}

impl Piece {
    fn of(content: &Content) -> Self {
        match content {
            Content::Evidence(evidence) => Self::of_evidence(evidence),
            Content::HclReport(report) => Self::read("report of Azure's HCL", vtpm::inspect_hcl(report)),
            Content::TpmQuote(quote) => Self::told("TPM quote without its key", tpm::inspect(quote)),
            Content::Unsupported(it) => Self::of_unsupported(it),
            Content::Certificate(der) => Self::read("certificate", x509::certificate(der)),
            Content::Crl(der) => Self::read("certificate revocation list", x509::crl(der)),
            Content::TcbInfo(it) => Self::read("TCB Info", json::signed(it)),
            Content::QeIdentity(it) => Self::read("identity of a quoting enclave", json::signed(it)),
            Content::CcaAnchor(anchor) => {
                Self::told("trust anchor of an Arm CCA platform", cca_anchor(anchor))
            }
            Content::CcaReferences(it) => Self::told("reference values for Arm CCA", cca_references(it)),
        }
    }

    fn of_evidence(evidence: &Evidence) -> Self {
        match evidence {
            Evidence::CcaToken(bytes) => Self::read("Arm CCA token", cca::inspect(bytes)),
            Evidence::NitroDocument(bytes) => {
                Self::read("AWS Nitro attestation document", nitro::inspect(bytes))
            }
            Evidence::Quote(bytes) => Self::read("quote", quote(bytes)),
            Evidence::SnpReport { report, certificates } => {
                let mut piece = Self::read("SEV-SNP attestation report", snp::inspect(report));
                piece.fields.extend(x509::certificates(certificates));
                piece
            }
            Evidence::AzureVtpm(it) => Self::told("evidence of an Azure vTPM", azure(it)),
            Evidence::GceVtpm(it) => Self::told("evidence of a Google vTPM", gce(it)),
            Evidence::Tpm { ak_public, quotes } => {
                let mut fields = vec![Field::hex("AK public key (SubjectPublicKeyInfo)", ak_public)];
                fields.extend(quotes.iter().map(|it| Field::group("quote", tpm::inspect(it))));
                Self::told("quotes of a TPM", fields)
            }
        }
    }

    /// Claims without a signature can be shown; the rest is only named.
    fn of_unsupported(Unsupported { kind, what, remedy, bytes }: &Unsupported) -> Self {
        let claims = match kind {
            Some(Kind::Cca) => RealmClaims::parse(bytes)
                .map(|it| it.fields())
                .or_else(|why| PlatformClaims::parse(bytes).map(|it| it.fields()).map_err(|_| why)),
            _ => {
                return Self {
                    what: (*what).to_owned(),
                    fields: Vec::new(),
                    error: Some((*remedy).to_owned()),
                };
            }
        };
        Self::read(what, claims)
    }

    fn told(what: &str, fields: Vec<Field>) -> Self {
        Self { what: what.to_owned(), fields, error: None }
    }

    fn read<E: ToString>(what: &str, fields: Result<Vec<Field>, E>) -> Self {
        match fields {
            Ok(fields) => Self::told(what, fields),
            Err(error) => Self { what: what.to_owned(), fields: Vec::new(), error: Some(error.to_string()) },
        }
    }
}

fn azure(azure: &AzureVtpm) -> Vec<Field> {
    let mut fields = vec![part("HCL report", &azure.hcl_report, vtpm::inspect_hcl(&azure.hcl_report))];
    fields.extend(azure.quote.iter().map(|it| Field::group("TPM quote", tpm::inspect(it))));
    fields.extend(azure.td_quote.iter().map(|it| part("TD quote", it, quote(it))));
    fields.extend(x509::certificates(&azure.certificates));
    fields
}

fn gce(gce: &GceVtpm) -> Vec<Field> {
    let mut fields =
        vec![part("AK public area (TPMT_PUBLIC)", &gce.ak_public, tpm::inspect_public(&gce.ak_public))];
    if let Some(der) = &gce.ak_certificate {
        fields.extend(x509::certificates(std::slice::from_ref(der)));
        fields.push(part("instance", der, vtpm::inspect_instance(der)));
    }
    fields.extend(x509::certificates(&gce.certificates));
    fields.extend(gce.quotes.iter().map(|it| Field::group("TPM quote", tpm::inspect(it))));
    fields.extend(gce.event_log.iter().map(|it| part("event log", it, tpm::inspect_event_log(it))));
    fields
}

fn quote(bytes: &[u8]) -> Result<Vec<Field>, QuoteError> {
    Quote::parse(bytes).map(|it| dcap::inspect(&it))
}

/// A part under its name; bare, and with why, where it cannot be read.
fn part<E: ToString>(name: &str, bytes: &[u8], fields: Result<Vec<Field>, E>) -> Field {
    match fields {
        Ok(fields) => Field::group(name, fields),
        Err(error) => Field::hex(name, bytes).meaning(format!("not readable: {}", error.to_string())),
    }
}

fn cca_anchor(anchor: &CcaAnchor) -> Vec<Field> {
    let curve = match anchor.curve {
        CcaCurve::P256 => "P-256",
        CcaCurve::P384 => "P-384",
    };
    let mut fields = vec![Field::hex("instance id", &anchor.instance_id)];
    fields.extend(anchor.implementation_id.iter().map(|it| Field::hex("implementation id", it)));
    fields.push(Field::new("curve", curve));
    let (x, y) = anchor.point.split_at(anchor.point.len() / 2);
    fields.extend([Field::hex("x", x), Field::hex("y", y)]);
    fields
}

fn cca_references(references: &CcaReferences) -> Vec<Field> {
    let platform = |it: &crate::reference::CcaPlatformReference| {
        let mut fields = vec![Field::hex("implementation id", &it.implementation_id)];
        fields.extend(it.config.iter().map(|it| Field::hex("configuration", it)));
        fields.extend(it.components.iter().map(|it| {
            let mut fields = vec![Field::new("measurement", it.measurement.to_string())];
            fields.extend(it.signer_id.iter().map(|it| Field::hex("signer", it)));
            let kind = it.component_type.as_deref().unwrap_or("any");
            Field { value: kind.to_owned(), ..Field::group("component", fields) }
        }));
        Field::group("platform", fields)
    };
    let realm = |it: &crate::reference::CcaRealmReference| {
        let mut fields = vec![Field::new("RIM", it.rim.to_string())];
        let rem = it.rem.iter().enumerate();
        fields.extend(rem.map(|(index, it)| Field::new(format!("REM {index}"), it.to_string())));
        fields.extend(it.personalization.iter().map(|it| Field::hex("RPV", it)));
        Field::group("realm", fields)
    };
    references.platforms.iter().map(platform).chain(references.realms.iter().map(realm)).collect()
}

/// Fields as a document: a list of objects with all five members each.
fn tree<S: Serializer>(fields: &[Field], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(fields.len()))?;
    for field in fields {
        list.serialize_element(&Node {
            name: &field.name,
            offset: field.offset,
            value: &field.value,
            meaning: field.meaning.as_deref(),
            children: &field.children,
        })?;
    }
    list.end()
}

/// One field in a document.
#[derive(Serialize)]
struct Node<'a> {
    name: &'a str,
    offset: Option<usize>,
    value: &'a str,
    meaning: Option<&'a str>,
    #[serde(serialize_with = "tree")]
    children: &'a [Field],
}
