//! Verdicts as signed results: EAR (draft-ietf-rats-ear).

use std::path::Path;
use std::sync::Arc;

use casemate_dossier::Verdict;
use casemate_model::Timestamp;
use casemate_policy::result::{Ear, Issue, VerifierId};
use casemate_server::keys::{Keys, SigningKey};

/// Who verifies, in every result.
pub(super) fn verifier() -> VerifierId {
    VerifierId {
        developer: "https://casemate.dev".to_owned(),
        build: concat!("casemate ", env!("CARGO_PKG_VERSION")).to_owned(),
    }
}

/// The key that signs.
pub(super) struct Signing {
    keys: Keys,
    signer: Arc<SigningKey>,
    is_ephemeral: bool,
}

impl Signing {
    /// The key in this file, or one made for this run.
    pub(super) fn open(path: Option<&Path>, now: Timestamp) -> Result<Self, String> {
        let keys = match path {
            Some(path) => Keys::given(&[path.to_owned()]),
            None => Keys::ephemeral(now),
        };
        let keys = keys.map_err(|error| error.to_string())?;
        let signer = keys.signer(now).ok_or("no key signs at this instant")?;
        Ok(Self { keys, signer, is_ephemeral: path.is_none() })
    }

    /// The public part of a key made for this run, as a JSON Web Key Set.
    pub(super) fn ephemeral_keys(&self) -> Option<String> {
        self.is_ephemeral.then(|| self.keys.published().to_jwks().to_string())
    }

    /// The result of evidence that verified, accepted by the policy or not. `None` for evidence that did
    /// not verify: nothing it says may be put into anybody's mouth.
    pub(super) fn result(&self, verdict: &Verdict, issue: &Issue<'_>) -> Result<Option<String>, String> {
        let Some((claims, judgement)) = verdict.claims.as_ref().zip(verdict.judgement.as_ref()) else {
            return Ok(None);
        };
        let token = Ear::new(claims, judgement, issue).sign(self.signer.as_ref());
        token.map(Some).map_err(|error| error.to_string())
    }
}
