//! A CCA token as people read it.

use super::token::Token;
use super::{CcaFault, PlatformClaims, RealmClaims};
use crate::claims::CcaComponent;
use crate::inspect::Field;

/// Every field of a token, which is not verified.
///
/// # Errors
///
/// Where the bytes are not a token that is read here.
pub fn inspect(bytes: &[u8]) -> Result<Vec<Field>, CcaFault> {
    let token = Token::parse(bytes)?;
    let platform = PlatformClaims::parse(&token.platform.payload)?;
    let realm = RealmClaims::parse(&token.realm.payload)?;
    let signed = |name, algorithm, fields: Vec<Field>| {
        let algorithm = Field::new("algorithm", algorithm);
        Field::group(name, [vec![algorithm], fields].concat())
    };
    Ok(vec![
        signed("platform token", token.platform.algorithm_name(), platform.fields()),
        signed("realm token", token.realm.algorithm_name(), realm.fields()),
    ])
}

impl PlatformClaims {
    /// Every claim as people read it.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let service = self.verification_service.as_ref();
        let mut fields = vec![
            Field::new("profile (265)", self.profile.clone()),
            Field::hex("challenge (10)", &self.challenge).meaning("hash of the realm attestation key"),
            Field::hex("implementation ID (2396)", &self.implementation_id),
            Field::hex("instance ID (256)", &self.instance_id),
            Field::hex("config (2401)", &self.config),
            Field::new("lifecycle (2395)", format!("{:#06x}", self.lifecycle)).meaning(self.lifecycle_name()),
            Field::new("hash algorithm (2402)", self.hash.clone()),
            Field::group("software components (2399)", self.components.iter().map(component).collect()),
        ];
        fields.extend(service.map(|it| Field::new("verification service (2400)", it.clone())));
        fields
    }
}

fn component(component: &CcaComponent) -> Field {
    let mut fields = vec![
        Field::hex("measurement (2)", component.measurement.as_bytes()),
        Field::hex("signer ID (5)", &component.signer_id),
    ];
    let optional = [("version (4)", &component.version), ("hash algorithm (6)", &component.hash)];
    fields.extend(optional.into_iter().filter_map(|(name, it)| Some(Field::new(name, it.clone()?))));
    let mut field = Field::group("component", fields);
    field.value = component.component_type.clone().unwrap_or_default();
    field
}

impl RealmClaims {
    /// Every claim as people read it.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let rem = self.rem.iter().zip(0..).map(|(it, nth)| Field::hex(format!("REM[{nth}]"), it.as_bytes()));
        let (profile, form) = match &self.profile {
            Some(profile) => (profile.as_str(), "COSE_Key"),
            None => ("none", "uncompressed point on P-384"),
        };
        vec![
            Field::new("profile (265)", profile),
            Field::hex("challenge (10)", &self.challenge),
            Field::hex("personalization value (44235)", &self.personalization),
            Field::new("hash algorithm (44236)", self.hash.clone()),
            Field::hex("initial measurement (44238)", self.rim.as_bytes()).meaning("RIM"),
            Field::group("extensible measurements (44239)", rem.collect()),
            Field::hex("public key (44237)", &self.public_key).meaning(form),
            Field::new("public key hash algorithm (44240)", self.public_key_hash.clone()),
        ]
    }
}
