//! Trust anchors and reference values for Arm CCA, as Veraison's tools write them.

use casemate_attest::{CcaAnchor, CcaCurve};
use casemate_model::Digest;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::content::{Content, Unusable};
use crate::decode;
use crate::reference::{CcaComponentReference, CcaPlatformReference, CcaRealmReference, CcaReferences};

/// A platform and its key. Other members are not looked at.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Anchor {
    pkey: Key,
    instance_id: String,
    implementation_id: Option<String>,
}

/// A JSON Web Key (RFC 7517) on a curve of NIST's.
#[derive(Deserialize)]
struct Key {
    kty: String,
    crv: String,
    x: String,
    y: String,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    platform: Vec<Platform>,
    #[serde(default)]
    realm: Vec<Realm>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Platform {
    implementation_id: String,
    platform_configuration: Option<String>,
    #[serde(default)]
    sw_components: Vec<Component>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Component {
    component_type: Option<String>,
    measurement_value: String,
    signer_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Realm {
    initial_measurement: String,
    #[serde(default)]
    extensible_measurements: Vec<String>,
    personalization_value: Option<String>,
}

/// A list of anchors, `None` where its items are none.
pub(super) fn anchors(items: &[Value]) -> Result<Option<Vec<Content>>, Unusable> {
    let is_anchor = |it: &Value| it.get("pkey").is_some() && it.get("instance-id").is_some();
    if items.is_empty() || !items.iter().all(is_anchor) {
        return Ok(None);
    }
    items.iter().map(anchor).collect::<Result<_, _>>().map(Some)
}

/// One anchor, or reference values.
pub(super) fn recognise(object: &Map<String, Value>) -> Result<Option<Vec<Content>>, Unusable> {
    let value = Value::Object(object.clone());
    if let Some(found) = anchors(std::slice::from_ref(&value))? {
        return Ok(Some(found));
    }
    let lists = |name: &str, member: &str| {
        let items = object.get(name).and_then(Value::as_array);
        items.is_some_and(|items| items.iter().any(|it| it.get(member).is_some()))
    };
    if !lists("platform", "implementation-id") && !lists("realm", "initial-measurement") {
        return Ok(None);
    }
    references(&value).map(|found| Some(vec![Content::CcaReferences(found)]))
}

fn anchor(value: &Value) -> Result<Content, Unusable> {
    let Anchor { pkey, instance_id, implementation_id } = read(value, "trust anchor")?;
    let (curve, width) = match (pkey.kty.as_str(), pkey.crv.as_str()) {
        ("EC", "P-256") => (CcaCurve::P256, 32),
        ("EC", "P-384") => (CcaCurve::P384, 48),
        (kty, crv) => {
            let what = format!("a trust anchor's key is of type {kty} on {crv}; P-256 and P-384 are read");
            return Err(Unusable::broken(what));
        }
    };
    let mut point = Vec::new();
    for (name, coordinate) in [("x", &pkey.x), ("y", &pkey.y)] {
        let bytes = decode::base64_url(coordinate).filter(|it| it.len() == width);
        point.extend(bytes.ok_or_else(|| {
            Unusable::broken(format!("a trust anchor's `{name}` is not {width} bytes in base64url"))
        })?);
    }
    Ok(Content::CcaAnchor(CcaAnchor {
        instance_id: hex("instance-id", &instance_id)?,
        implementation_id: implementation_id.map(|it| hex("implementation-id", &it)).transpose()?,
        curve,
        point,
    }))
}

fn references(value: &Value) -> Result<CcaReferences, Unusable> {
    let Document { platform, realm } = read(value, "reference values")?;
    Ok(CcaReferences {
        platforms: platform.into_iter().map(Platform::read).collect::<Result<_, _>>()?,
        realms: realm.into_iter().map(Realm::read).collect::<Result<_, _>>()?,
    })
}

impl Platform {
    fn read(self) -> Result<CcaPlatformReference, Unusable> {
        let component = |it: Component| {
            Ok(CcaComponentReference {
                component_type: it.component_type,
                measurement: digest("measurement-value", &it.measurement_value)?,
                signer_id: it.signer_id.map(|it| hex("signer-id", &it)).transpose()?,
            })
        };
        let config = self.platform_configuration.map(|it| hex("platform-configuration", &it)).transpose()?;
        Ok(CcaPlatformReference {
            implementation_id: hex("implementation-id", &self.implementation_id)?,
            config,
            components: self.sw_components.into_iter().map(component).collect::<Result<_, _>>()?,
        })
    }
}

impl Realm {
    fn read(self) -> Result<CcaRealmReference, Unusable> {
        let rem = self.extensible_measurements.iter().map(|it| digest("extensible-measurements", it));
        let personalization =
            self.personalization_value.map(|it| hex("personalization-value", &it)).transpose()?;
        Ok(CcaRealmReference {
            rim: digest("initial-measurement", &self.initial_measurement)?,
            rem: rem.collect::<Result<_, _>>()?,
            personalization,
        })
    }
}

fn read<T: for<'a> Deserialize<'a>>(value: &Value, what: &str) -> Result<T, Unusable> {
    T::deserialize(value).map_err(|error| Unusable::broken(format!("CCA {what}: {error}")))
}

fn hex(name: &str, digits: &str) -> Result<Vec<u8>, Unusable> {
    decode::bytes_of_hex(digits).ok_or_else(|| Unusable::broken(format!("`{name}` is not hex")))
}

fn digest(name: &str, digits: &str) -> Result<Digest, Unusable> {
    let bytes = hex(name, digits)?;
    Digest::new(&bytes).ok_or_else(|| Unusable::broken(format!("`{name}` has not a digest's length")))
}
