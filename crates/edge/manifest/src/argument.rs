//! Kubernetes' notations as command lines give them: quantities, spans of time,
//! labels and taints. Each function is fit to be a flag's parser.

use casemate_model::{Bytes, Nanos, Taint, TaintEffect};

use crate::duration;
use crate::quantity::Quantity;

/// A number of bytes: `64Mi`, `1G`, `4096`.
///
/// # Errors
///
/// In words, what is wrong with it.
pub fn bytes(text: &str) -> Result<Bytes, String> {
    let parsed = Quantity::parse(text).and_then(Quantity::whole);
    parsed.map(Bytes).map_err(|why| format!("`{text}` {why}; write bytes, as in 64Mi"))
}

/// A span of time: `5m`, `250ms`.
///
/// # Errors
///
/// In words, what is wrong with it.
pub fn span(text: &str) -> Result<Nanos, String> {
    match duration::parse(text) {
        Ok(Nanos::ZERO) => Err(format!("`{text}` is no time at all; write a span, as in 250ms")),
        Ok(span) => Ok(span),
        Err(why) => Err(format!("`{text}` is {why}; write a span, as in 250ms or 5m")),
    }
}

/// A label: `key=value`.
///
/// # Errors
///
/// Where there is no `=`, or no key.
pub fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is no label; write key=value")),
    }
}

/// A taint as `kubectl taint` writes it: `key=value:NoSchedule`, `key:NoExecute`.
///
/// # Errors
///
/// Where there is no key, or no effect of that name.
pub fn taint(text: &str) -> Result<Taint, String> {
    let wrong = || {
        format!("`{text}` is no taint; write key=value:EFFECT with NoSchedule, PreferNoSchedule or NoExecute")
    };
    let (name, effect) = text.rsplit_once(':').ok_or_else(wrong)?;
    let (key, value) = name.split_once('=').unwrap_or((name, ""));
    let effect = match effect {
        "NoSchedule" => TaintEffect::NoSchedule,
        "PreferNoSchedule" => TaintEffect::PreferNoSchedule,
        "NoExecute" => TaintEffect::NoExecute,
        _ => return Err(wrong()),
    };
    if key.is_empty() {
        return Err(wrong());
    }
    Ok(Taint { key: key.to_owned(), value: value.to_owned(), effect })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_read_as_kubernetes_writes_them() {
        assert_eq!(bytes("64Mi"), Ok(Bytes::mib(64)));
        assert_eq!(span("250ms"), Ok(Nanos::from_millis(250)));
        assert_eq!(label("a/b=c=d"), Ok(("a/b".into(), "c=d".into())));
        let effect = TaintEffect::NoExecute;
        assert_eq!(taint("k:NoExecute"), Ok(Taint { key: "k".into(), value: String::new(), effect }));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_an_example() {
        for error in [bytes("-1").unwrap_err(), bytes("64MB").unwrap_err()] {
            assert!(error.contains("64Mi"), "{error}");
        }
        assert!(span("0s").is_err() && span("5").is_err());
        assert!(label("=v").is_err() && label("k").is_err());
        assert!(taint("k=v").is_err() && taint("=v:NoSchedule").is_err() && taint("k:Never").is_err());
    }
}
