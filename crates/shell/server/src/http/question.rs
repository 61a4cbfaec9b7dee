//! A question as it comes over HTTP, read into an [`Ask`].

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use casemate_dossier::{Input, bytes_of_hex};
use casemate_model::Timestamp;
use casemate_policy::EvidencePolicy;
use casemate_verifier::queue::Priority;
use serde::Deserialize;

use super::problem::Problem;
use crate::ask::{Ask, Challenge, Terms};
use crate::nonce::NonceError;
use crate::service::{Service, Unanswered};

/// The most files of one attester.
const MAX_FILES: usize = 64;
/// The longest nonce, subject, tenant or policy name.
pub(super) const MAX_TEXT: usize = 256;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// What a request says of one attester. `evidence` may hold endorsements too, and these be given
/// apart: what a file is, its content says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    evidence: OneOrMany,
    #[serde(default)]
    endorsements: Vec<String>,
    subject: Option<String>,
    nonce: Option<String>,
    tenant: Option<String>,
    policy: Option<String>,
    priority: Option<Urgency>,
    deadline: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// In the query where the body is evidence itself.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    subject: Option<String>,
    nonce: Option<String>,
    tenant: Option<String>,
    policy: Option<String>,
    priority: Option<Urgency>,
    deadline: Option<String>,
}

/// How soon a verdict is wanted, among those of the same tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Urgency {
    Urgent,
    Normal,
    Renewal,
}

impl Service {
    /// Reads a body where nothing else waits for it: a large one takes its time.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let service = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || read(&service));
        read.await.unwrap_or_else(|_| Err(self.unanswered(Unanswered::Undone)))
    }

    /// The question of a document.
    pub(super) fn ask(&self, document: Document) -> Result<Ask, Problem> {
        let Document { evidence, endorsements, subject, nonce, tenant, policy, priority, deadline } =
            document;
        let inputs = inputs(evidence, &endorsements)?;
        self.ask_of(&inputs, Parameters { subject, nonce, tenant, policy, priority, deadline })
    }

    /// The question with these parameters. A nonce of ours is used up by it.
    pub(super) fn ask_of(&self, inputs: &[Input], parameters: Parameters) -> Result<Ask, Problem> {
        let Parameters { subject, nonce, tenant, policy, priority, deadline } = parameters;
        is_short([&subject, &nonce, &tenant, &policy, &deadline])?;
        let priority = match priority {
            Some(Urgency::Urgent) => Priority::Urgent,
            Some(Urgency::Normal) | None => Priority::Normal,
            Some(Urgency::Renewal) => Priority::Renewal,
        };
        let deadline = deadline.as_deref().map(instant).transpose()?.unwrap_or(Timestamp(u64::MAX));
        let policy = self.policy(policy.as_deref())?;
        let nonce = nonce.map(|it| bytes_of_hex(&it).ok_or("the nonce is not hex")).transpose();
        let nonce = nonce.map_err(Problem::bad_request)?;
        let issued = match &nonce {
            Some(nonce) => self.nonces.consume(nonce, self.clock.now()).map_err(|error| match error {
                NonceError::Full => Problem::busy(self.limits.retry_after),
                error => Problem::new(StatusCode::CONFLICT, "nonce", error.to_string()),
            })?,
            None => false,
        };
        if self.require_nonce && !issued {
            let detail = "this service asks for a nonce of its own: POST /v1/nonce";
            return Err(Problem::new(StatusCode::CONFLICT, "nonce", detail));
        }
        let subject = subject.unwrap_or_else(|| "-".to_owned());
        let challenge = nonce.map(Challenge::Nonce);
        Ok(Ask::new(Terms { subject, challenge, tenant, policy, priority, deadline }, inputs))
    }

    /// The policy of this name.
    pub(super) fn policy(&self, name: Option<&str>) -> Result<Arc<EvidencePolicy>, Problem> {
        let Some(name) = name else { return Ok(Arc::clone(&self.policies.default)) };
        let known = self.policies.named.get(name);
        known.cloned().ok_or_else(|| {
            let names: Vec<_> = self.policies.named.keys().map(String::as_str).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            Problem::bad_request(format!("no policy is called {name:?}; there are: {names}"))
        })
    }
}

/// The files of one attester.
pub(super) fn inputs(evidence: OneOrMany, endorsements: &[String]) -> Result<Vec<Input>, Problem> {
    let evidence = match evidence {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    };
    if evidence.len().saturating_add(endorsements.len()) > MAX_FILES {
        return Err(Problem::bad_request(format!("more than {MAX_FILES} files of one attester")));
    }
    let named = |what: &'static str| {
        move |(nth, text): (usize, &String)| {
            let bytes = from_base64(text)
                .ok_or_else(|| Problem::bad_request(format!("{what}[{nth}] is not base64")))?;
            Ok(Input { name: format!("{what}[{nth}]"), bytes })
        }
    };
    let evidence = evidence.iter().enumerate().map(named("evidence"));
    evidence.chain(endorsements.iter().enumerate().map(named("endorsements"))).collect()
}

/// Refuses what no name is as long as.
pub(super) fn is_short<'a>(texts: impl IntoIterator<Item = &'a Option<String>>) -> Result<(), Problem> {
    if texts.into_iter().flatten().any(|it| it.len() > MAX_TEXT) {
        return Err(Problem::bad_request(format!("a parameter is longer than {MAX_TEXT} bytes")));
    }
    Ok(())
}

/// A body that is JSON.
pub(super) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::bad_request(format!("the body: {error}")))
}

/// Whether the body is said to be JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
}

/// Either alphabet, with padding or without.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, LENIENT).decode(text).ok()
}

fn instant(text: &str) -> Result<Timestamp, Problem> {
    let read = text.parse().ok().and_then(|it: jiff::Timestamp| u64::try_from(it.as_nanosecond()).ok());
    read.map(Timestamp)
        .ok_or_else(|| Problem::bad_request("`deadline` is an instant, such as 2026-01-31T12:00:00Z"))
}
