//! TPM evidence: of Azure's confidential VMs in the forms their agents have had, of any other TPM, and
//! TPM quotes alone.

use casemate_attest::{AzureVtpm, Evidence, TpmQuote};
use serde_json::{Map, Value};

use super::member;
use crate::content::{self, Content, Unusable};
use crate::decode;

/// Values in the order of their index, which their lists leave out.
type Registers = Vec<(Option<u8>, Vec<u8>)>;

/// Most registers of one quote.
const PCRS_MAX: usize = 64;

/// An object with a TPM's quote in it or as it, `None` where it has none.
pub(super) fn recognise(object: &Map<String, Value>) -> Result<Option<Vec<Content>>, Unusable> {
    if let Some(quote) = quote(object)? {
        return Ok(Some(vec![Content::TpmQuote(quote)]));
    }
    let inner = ["tpm_quote", "quote"].into_iter().find_map(|name| object.get(name)?.as_object());
    let hcl_report = ["hcl_report", "report"].into_iter().find(|name| object.contains_key(*name));
    let Some(inner) = inner else {
        return match hcl_report.filter(|_| object.contains_key("td_quote")) {
            Some(name) => evidence(object, name, None).map(Some),
            None => Ok(None),
        };
    };
    let Some(quote) = quote(inner)? else { return Ok(None) };
    if let Some(name) = hcl_report {
        return evidence(object, name, Some(quote)).map(Some);
    }
    match member(object, "ak_public")? {
        Some(ak_public) => {
            Ok(Some(vec![Content::Evidence(Evidence::Tpm { ak_public, quotes: vec![quote] })]))
        }
        None => Ok(Some(vec![Content::TpmQuote(quote)])),
    }
}

fn evidence(
    object: &Map<String, Value>,
    report: &str,
    quote: Option<TpmQuote>,
) -> Result<Vec<Content>, Unusable> {
    let hcl_report =
        member(object, report)?.ok_or_else(|| Unusable::broken(format!("`{report}` is null")))?;
    let td_quote = member(object, "td_quote")?;
    let certificates = certificates(object)?;
    Ok(vec![Content::Evidence(Evidence::AzureVtpm(Box::new(AzureVtpm {
        hcl_report,
        quote,
        td_quote,
        certificates,
    })))])
}

/// Certificates sent along: the VCEK in PEM, with its chain or without.
fn certificates(object: &Map<String, Value>) -> Result<Vec<Vec<u8>>, Unusable> {
    let mut certificates = Vec::new();
    for name in ["vcek", "vcek_chain", "cert_chain"] {
        let found = match object.get(name) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => content::within(text.as_bytes(), 2),
            Some(value) => super::bytes(value).map_or(Err(Unusable::Unknown), |it| content::within(&it, 2)),
        };
        let found = found.map_err(|_| Unusable::broken(format!("`{name}` is no certificate")))?;
        certificates.extend(found.into_iter().filter_map(|it| match it {
            Content::Certificate(der) => Some(der),
            _ => None,
        }));
    }
    Ok(certificates)
}

/// A quote: message, signature and the registers' values. `None` where it is none.
fn quote(object: &Map<String, Value>) -> Result<Option<TpmQuote>, Unusable> {
    let Ok(Some(message)) = member(object, "message") else { return Ok(None) };
    let Some(signature) = member(object, "signature")? else { return Ok(None) };
    let pcrs = match object.get("pcrs") {
        Some(Value::Array(values)) => registers(values)?,
        _ => Vec::new(),
    };
    Ok(Some(TpmQuote { message, signature, pcrs }))
}

/// Values in the order of their index.
fn registers(values: &[Value]) -> Result<Registers, Unusable> {
    if values.len() > PCRS_MAX {
        return Err(Unusable::broken(format!(
            "`pcrs` has {} values, more than a TPM has registers",
            values.len()
        )));
    }
    let value = |(index, value): (usize, &Value)| {
        let bytes = match value {
            Value::String(digits) => decode::bytes_of_hex(digits).or_else(|| decode::bytes_of_text(digits)),
            _ => super::bytes(value),
        };
        let what =
            || Unusable::broken(format!("`pcrs[{index}]` is neither a list of bytes nor hex nor base64"));
        Ok((None, bytes.ok_or_else(what)?))
    };
    values.iter().enumerate().map(value).collect()
}
