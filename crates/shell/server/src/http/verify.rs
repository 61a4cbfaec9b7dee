//! `POST /v1/verify` and `POST /v1/verify/batch`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use casemate_dossier::{Input, Verdict};
use casemate_policy::EvidencePolicy;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::problem::{Problem, json};
use super::routes::from_hex;
use super::{body, query};
use crate::nonce::NonceError;
use crate::service::{Answer, Ask, NoResult, Service};

/// The media type of a signed result (RFC 9782).
const EAT_JWT: &str = "application/eat+jwt";
/// The most files of one attester.
const MAX_FILES: usize = 64;
/// The longest nonce, subject, tenant or policy name.
const MAX_TEXT: usize = 256;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// What a request says of one attester. `evidence` may hold endorsements too, and these be given
/// apart: what a file is, its content says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    evidence: OneOrMany,
    #[serde(default)]
    endorsements: Vec<String>,
    subject: Option<String>,
    nonce: Option<String>,
    tenant: Option<String>,
    policy: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// In the query where the body is evidence itself.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    subject: Option<String>,
    nonce: Option<String>,
    tenant: Option<String>,
    policy: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    items: Vec<Document>,
}

#[derive(Serialize)]
struct Results<'a> {
    results: Vec<&'a [Verdict]>,
}

/// Verifies what one attester sent.
pub(super) async fn verify(
    State(service): State<Arc<Service>>,
    asked: query::Parameters<Parameters>,
    request: Request<Body>,
) -> Response {
    let headers = request.headers().clone();
    let parameters = match query::parameters(asked) {
        Ok(parameters) => parameters,
        Err(problem) => return service.refuse(problem),
    };
    match answer(&service, parameters, request).await {
        Ok((ask, answer)) if wants_result(&headers) => match service.result(&ask, &answer) {
            Ok(token) => token_response(token),
            Err(error) => service.refuse(no_result(&error)),
        },
        Ok((_, answer)) => json(StatusCode::OK, &answer.verdicts),
        Err(problem) => service.refuse(problem),
    }
}

/// Verifies what many attesters sent; copies once.
pub(super) async fn batch(State(service): State<Arc<Service>>, request: Request<Body>) -> Response {
    match answers(&service, request).await {
        Ok(answers) => {
            let results = answers.iter().map(|it| it.verdicts.as_slice()).collect();
            json(StatusCode::OK, &Results { results })
        }
        Err(problem) => service.refuse(problem),
    }
}

async fn answer(
    service: &Arc<Service>,
    parameters: Parameters,
    request: Request<Body>,
) -> Result<(Arc<Ask>, Arc<Answer>), Problem> {
    let _permit = service.permit()?;
    let is_json = is_json(request.headers());
    let bytes = body::read(request, service.limits.body_bytes, service.limits.body_time).await?;
    let ask = if is_json {
        if !parameters.is_empty() {
            return Err(Problem::bad_request(
                "with a JSON body, everything is said in the body, not the query",
            ));
        }
        service.ask(parse(&bytes)?)?
    } else {
        let inputs = vec![Input { name: "evidence".to_owned(), bytes: bytes.into() }];
        service.ask_of(inputs, parameters)?
    };
    let ask = Arc::new(ask);
    let answer = service.verify(Arc::clone(&ask)).await.ok_or_else(|| service.unanswered())?;
    Ok((ask, answer))
}

async fn answers(service: &Arc<Service>, request: Request<Body>) -> Result<Vec<Arc<Answer>>, Problem> {
    let _permit = service.permit()?;
    if !is_json(request.headers()) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "a batch is application/json",
        ));
    }
    let bytes = body::read(request, service.limits.body_bytes, service.limits.body_time).await?;
    let batch: Batch = parse(&bytes)?;
    if batch.items.len() > service.limits.batch {
        let limit = service.limits.batch;
        return Err(Problem::bad_request(format!("more than {limit} items in one batch")));
    }
    let asks = batch.items.into_iter().map(|it| service.ask(it)).collect::<Result<Vec<_>, _>>()?;
    let answers = join_all(asks.into_iter().map(|ask| service.verify(Arc::new(ask)))).await;
    answers.into_iter().collect::<Option<Vec<_>>>().ok_or_else(|| service.unanswered())
}

impl Service {
    /// A place among the requests that are held at once.
    pub(super) fn permit(&self) -> Result<tokio::sync::OwnedSemaphorePermit, Problem> {
        let permit = Arc::clone(&self.requests).try_acquire_owned();
        permit.map_err(|_| Problem::busy(self.limits.retry_after))
    }

    fn ask(&self, document: Document) -> Result<Ask, Problem> {
        let Document { evidence, endorsements, subject, nonce, tenant, policy } = document;
        let evidence = match evidence {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        };
        let named = |what: &'static str| {
            move |(nth, text): (usize, &String)| {
                let bytes = from_base64(text)
                    .ok_or_else(|| Problem::bad_request(format!("{what}[{nth}] is not base64")))?;
                Ok(Input { name: format!("{what}[{nth}]"), bytes })
            }
        };
        if evidence.len().saturating_add(endorsements.len()) > MAX_FILES {
            return Err(Problem::bad_request(format!("more than {MAX_FILES} files of one attester")));
        }
        let evidence = evidence.iter().enumerate().map(named("evidence"));
        let endorsements = endorsements.iter().enumerate().map(named("endorsements"));
        let inputs = evidence.chain(endorsements).collect::<Result<Vec<_>, Problem>>()?;
        self.ask_of(inputs, Parameters { subject, nonce, tenant, policy })
    }

    fn ask_of(&self, inputs: Vec<Input>, parameters: Parameters) -> Result<Ask, Problem> {
        let Parameters { subject, nonce, tenant, policy } = parameters;
        for text in [&subject, &nonce, &tenant, &policy].into_iter().flatten() {
            if text.len() > MAX_TEXT {
                return Err(Problem::bad_request(format!("a parameter is longer than {MAX_TEXT} bytes")));
            }
        }
        let policy = self.policy(policy.as_deref())?;
        let nonce = nonce.map(|it| from_hex(&it).ok_or("the nonce is not hex")).transpose();
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
        Ok(Ask { subject: subject.unwrap_or_else(|| "-".to_owned()), inputs, nonce, tenant, policy })
    }

    fn policy(&self, name: Option<&str>) -> Result<Arc<EvidencePolicy>, Problem> {
        let Some(name) = name else { return Ok(Arc::clone(&self.policies.default)) };
        let known = self.policies.named.get(name);
        known.cloned().ok_or_else(|| {
            let names: Vec<_> = self.policies.named.keys().map(String::as_str).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            Problem::bad_request(format!("no policy is called {name:?}; there are: {names}"))
        })
    }

    fn unanswered(&self) -> Problem {
        if self.stop.is_set() {
            return Problem::unavailable("stopping", "the service is stopping");
        }
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the request could not be answered")
    }
}

impl Parameters {
    const fn is_empty(&self) -> bool {
        let Self { subject, nonce, tenant, policy } = self;
        subject.is_none() && nonce.is_none() && tenant.is_none() && policy.is_none()
    }
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::bad_request(format!("the body: {error}")))
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
}

fn wants_result(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
    values
        .flat_map(|it| it.split(','))
        .any(|it| it.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case(EAT_JWT)))
}

fn token_response(token: String) -> Response {
    let mut response = token.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(EAT_JWT));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn no_result(error: &NoResult) -> Problem {
    let detail = error.to_string();
    match error {
        NoResult::Several(_) => Problem::new(StatusCode::NOT_ACCEPTABLE, "several", detail),
        NoResult::NoClaims(_) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not-verified", detail),
        NoResult::NoKey | NoResult::Sign(_) => Problem::unavailable("no-key", detail),
    }
}

/// Either alphabet, with padding or without.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, LENIENT).decode(text).ok()
}
