//! How model types appear in JSON: ids and digests as text, quantities as
//! numbers in their base unit, spans as seconds, instants as RFC 3339.

use std::fmt::Display;

use casemate_model::{Bytes, Nanos, Pages, Timestamp};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::Subject;
use crate::text;

pub(crate) fn display<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

pub(crate) fn optional_display<T: Display, S: Serializer>(
    value: &Option<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => to.collect_str(value),
        None => to.serialize_none(),
    }
}

pub(crate) fn bytes<S: Serializer>(value: &Bytes, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(value.0)
}

pub(crate) fn optional_bytes<S: Serializer>(value: &Option<Bytes>, to: S) -> Result<S::Ok, S::Error> {
    value.map(|bytes| bytes.0).serialize(to)
}

pub(crate) fn pages<S: Serializer>(value: &Pages, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(value.0)
}

pub(crate) fn optional_pages<S: Serializer>(value: &Option<Pages>, to: S) -> Result<S::Ok, S::Error> {
    value.map(|pages| pages.0).serialize(to)
}

pub(crate) fn seconds<S: Serializer>(value: &Nanos, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(value.as_secs_f64())
}

pub(crate) fn optional_seconds<S: Serializer>(value: &Option<Nanos>, to: S) -> Result<S::Ok, S::Error> {
    value.map(Nanos::as_secs_f64).serialize(to)
}

pub(crate) fn rfc3339<S: Serializer>(value: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text::rfc3339(*value))
}

pub(crate) fn subject<S: Serializer>(value: &Subject, to: S) -> Result<S::Ok, S::Error> {
    match value {
        Subject::Node(node) => {
            let mut object = to.serialize_struct("subject", 1)?;
            object.serialize_field("node", &node.0)?;
            object.end()
        }
        Subject::Pod(pod) => {
            let mut object = to.serialize_struct("subject", 2)?;
            object.serialize_field("namespace", &pod.namespace)?;
            object.serialize_field("name", &pod.name)?;
            object.end()
        }
        Subject::Container(key) => {
            let mut object = to.serialize_struct("subject", 3)?;
            object.serialize_field("namespace", &key.pod.namespace)?;
            object.serialize_field("name", &key.pod.name)?;
            object.serialize_field("container", &key.container)?;
            object.end()
        }
    }
}
