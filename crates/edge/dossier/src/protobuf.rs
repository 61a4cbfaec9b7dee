//! What is protobuf: evidence and endorsements of Project Oak, attestations of go-tpm-tools.
//!
//! Only the fields that are used are declared; the others are skipped. Protobuf has no magic, so what
//! parses is accepted only where its contents are evidence.

use casemate_attest::{Evidence, GceVtpm, TpmQuote};
use prost::Message;

use crate::binary;
use crate::content::{Content, Unsupported};
use crate::der;

/// Most quotes of one attestation: one a PCR bank.
const QUOTES_MAX: usize = 8;
/// Most registers of one quote.
const PCRS_MAX: usize = 32;

/// `oak.attestation.v1.Evidence`.
#[derive(Clone, PartialEq, Message)]
struct OakEvidence {
    #[prost(message, optional, tag = "1")]
    root_layer: Option<OakRootLayer>,
}

/// `oak.attestation.v1.RootLayerEvidence`.
#[derive(Clone, PartialEq, Message)]
struct OakRootLayer {
    #[prost(bytes = "vec", tag = "2")]
    remote_attestation_report: Vec<u8>,
}

/// `oak.attestation.v1.Endorsements`, of Oak's restricted kernel and containers alike.
#[derive(Clone, PartialEq, Message)]
struct OakEndorsements {
    #[prost(message, optional, tag = "1")]
    restricted_kernel: Option<OakRootLayers>,
    #[prost(message, optional, tag = "2")]
    containers: Option<OakRootLayers>,
}

#[derive(Clone, PartialEq, Message)]
struct OakRootLayers {
    #[prost(message, optional, tag = "1")]
    root_layer: Option<OakRootLayerEndorsements>,
}

#[derive(Clone, PartialEq, Message)]
struct OakRootLayerEndorsements {
    #[prost(bytes = "vec", tag = "1")]
    tee_certificate: Vec<u8>,
}

/// `attest.Attestation` of go-tpm-tools.
#[derive(Clone, PartialEq, Message)]
struct Attestation {
    #[prost(bytes = "vec", tag = "1")]
    ak_pub: Vec<u8>,
    #[prost(message, repeated, tag = "2")]
    quotes: Vec<Quote>,
    #[prost(bytes = "vec", tag = "3")]
    event_log: Vec<u8>,
    #[prost(bytes = "vec", tag = "6")]
    ak_cert: Vec<u8>,
    #[prost(bytes = "vec", repeated, tag = "7")]
    intermediate_certs: Vec<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "8")]
    sev_snp_attestation: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "9")]
    tdx_attestation: Option<Vec<u8>>,
}

/// `tpm.Quote`.
#[derive(Clone, PartialEq, Message)]
struct Quote {
    #[prost(bytes = "vec", tag = "1")]
    quote: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    raw_sig: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    pcrs: Option<Pcrs>,
}

/// `tpm.PCRs`. The hash is in the quote, where it is signed.
#[derive(Clone, PartialEq, Message)]
struct Pcrs {
    #[prost(btree_map = "uint32, bytes", tag = "2")]
    pcrs: std::collections::BTreeMap<u32, Vec<u8>>,
}

/// What a message holds, `None` where it is none of these.
pub(crate) fn recognise(bytes: &[u8]) -> Option<Vec<Content>> {
    attestation(bytes).or_else(|| oak_evidence(bytes)).or_else(|| oak_endorsements(bytes))
}

fn oak_evidence(bytes: &[u8]) -> Option<Vec<Content>> {
    let report = OakEvidence::decode(bytes).ok()?.root_layer?.remote_attestation_report;
    let found = binary::recognise(&report).ok()??;
    found.iter().any(|it| matches!(it, Content::Evidence(_))).then_some(found)
}

fn oak_endorsements(bytes: &[u8]) -> Option<Vec<Content>> {
    let OakEndorsements { restricted_kernel, containers } = OakEndorsements::decode(bytes).ok()?;
    let layers = [restricted_kernel, containers].into_iter().flatten().filter_map(|it| it.root_layer);
    let found: Vec<_> = layers.filter_map(|it| der::certificate(&it.tee_certificate)).flatten().collect();
    (!found.is_empty()).then_some(found)
}

fn attestation(bytes: &[u8]) -> Option<Vec<Content>> {
    let message = Attestation::decode(bytes).ok()?;
    let are_quotes = message.quotes.iter().all(|it| binary::is_tpm_attest(&it.quote));
    if message.quotes.is_empty() || message.quotes.len() > QUOTES_MAX || !are_quotes {
        return None;
    }
    if message.sev_snp_attestation.is_some() || message.tdx_attestation.is_some() {
        return Some(vec![Content::Unsupported(Unsupported {
            kind: Some(casemate_attest::claims::Kind::Vtpm),
            what: "a go-tpm-tools attestation whose TEE report was taken apart into protobuf fields",
            remedy: "the bytes that were signed are not in it: send the raw report or quote, and the \
                     attestation without it",
            bytes: bytes.to_vec(),
        })]);
    }
    let ak_certificate = Some(message.ak_cert).filter(|it| !it.is_empty());
    Some(vec![Content::Evidence(Evidence::GceVtpm(Box::new(GceVtpm {
        ak_public: message.ak_pub,
        ak_certificate,
        certificates: message.intermediate_certs,
        quotes: message.quotes.into_iter().map(Quote::into_evidence).collect(),
        event_log: Some(message.event_log).filter(|it| !it.is_empty()),
        inner: None,
    })))])
}

impl Quote {
    /// The registers in the order of their index, as a map of protobuf has none.
    fn into_evidence(self) -> TpmQuote {
        let pcrs = self.pcrs.unwrap_or_default().pcrs.into_iter().take(PCRS_MAX);
        let pcrs = pcrs.filter_map(|(index, value)| Some((Some(u8::try_from(index).ok()?), value)));
        TpmQuote { message: self.quote, signature: self.raw_sig, pcrs: pcrs.collect() }
    }
}
