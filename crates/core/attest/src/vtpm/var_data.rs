//! The claims in an HCL report: JSON, with the vTPM's keys as JWKs (RFC 7517) and the VM's configuration.
//!
//! Members that are not known are not looked at; one that occurs twice is refused.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;

use super::VtpmFault;
use crate::tpm::key;
use crate::x509::PublicKey;

/// The name of the attestation key.
const ATTESTATION_KEY: &str = "HCLAkPub";

/// The claims.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct VarData {
    keys: Vec<Jwk>,
    #[serde(default)]
    pub(crate) vm_configuration: VmConfiguration,
    /// What the guest asked to be vouched for, in hex.
    pub(crate) user_data: Option<String>,
}

/// The VM's configuration, as far as claims show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct VmConfiguration {
    pub(crate) secure_boot: Option<bool>,
    pub(crate) tpm_enabled: Option<bool>,
    pub(crate) console_enabled: Option<bool>,
    #[serde(rename = "vmUniqueId")]
    pub(crate) vm_unique_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Jwk {
    kid: String,
    kty: String,
    #[serde(default)]
    key_ops: Vec<String>,
    n: Option<String>,
    e: Option<String>,
}

impl VarData {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, VtpmFault> {
        serde_json::from_slice(json).map_err(|error| VtpmFault::VarData { what: error.to_string() })
    }

    /// The key that signs the vTPM's quotes, exponent and all.
    pub(crate) fn attestation_key(&self) -> Result<PublicKey, VtpmFault> {
        let found = || self.keys.iter().filter(|it| it.kid == ATTESTATION_KEY);
        let [jwk] = found().collect::<Vec<_>>()[..] else {
            return Err(VtpmFault::HclKeys { found: found().count() });
        };
        if jwk.kty != "RSA" {
            return Err(VtpmFault::HclKey { what: "its type (kty) is another" });
        }
        if !jwk.key_ops.iter().any(|it| it == "sign") {
            return Err(VtpmFault::HclKey { what: "signing is not among its operations (key_ops)" });
        }
        let number = |text: &Option<String>| Base64UrlUnpadded::decode_vec(text.as_ref()?).ok();
        let numbers = number(&jwk.n).zip(number(&jwk.e));
        let numbers = numbers.ok_or(VtpmFault::HclKey { what: "n or e is missing or not base64url" })?;
        key::rsa(&numbers.0, &numbers.1).ok_or(VtpmFault::HclKey {
            what: "its modulus has not 2,048 to 4,096 bits, or its exponent is even or out of range",
        })
    }
}
