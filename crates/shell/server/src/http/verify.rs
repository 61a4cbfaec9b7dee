//! `POST /v1/verify` and `POST /v1/verify/batch`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use casemate_dossier::{Input, Verdict};
use serde::{Deserialize, Serialize};

use super::problem::{Problem, json};
use super::question::{Document, Parameters, is_json, parse};
use super::{body, query};
use crate::ask::{Answer, Ask};
use crate::service::{NoResult, Service, Unanswered};

/// The media type of a signed result (RFC 9782).
const EAT_JWT: &str = "application/eat+jwt";

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
    let ask = service.read(move |service| {
        if !is_json {
            let input = Input { name: "evidence".to_owned(), bytes: bytes.into() };
            return service.ask_of(&[input], parameters);
        }
        if parameters != Parameters::default() {
            let detail = "with a JSON body, everything is said in the body, not the query";
            return Err(Problem::bad_request(detail));
        }
        service.ask(parse(&bytes)?)
    });
    let ask = Arc::new(ask.await?);
    let answer = service.verify(Arc::clone(&ask)).await.map_err(|why| service.unanswered(why))?;
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
    let asks = service.read(move |service| {
        let batch: Batch = parse(&bytes)?;
        let limit = service.limits.per_batch();
        if batch.items.len() > limit {
            return Err(Problem::bad_request(format!("more than {limit} items in one batch")));
        }
        batch.items.into_iter().map(|it| service.ask(it).map(Arc::new)).collect::<Result<Vec<_>, _>>()
    });
    service.verify_all(asks.await?).await.map_err(|why| service.unanswered(why))
}

impl Service {
    /// A place among the requests that are held at once.
    pub(super) fn permit(&self) -> Result<tokio::sync::OwnedSemaphorePermit, Problem> {
        let permit = Arc::clone(&self.requests).try_acquire_owned();
        permit.map_err(|_| Problem::busy(self.limits.retry_after))
    }

    /// Why there is no answer, as a client is told.
    pub(super) fn unanswered(&self, why: Unanswered) -> Problem {
        match why {
            _ if self.stop.is_set() => Problem::unavailable("stopping", "the service is stopping"),
            Unanswered::Busy(busy) => {
                let wait = Duration::from_nanos(busy.retry_at.0.saturating_sub(self.clock.now().0));
                Problem::full(wait, busy.full.to_string())
            }
            Unanswered::NoResult(error) => no_result(&error),
            Unanswered::Undone => Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the request could not be answered",
            ),
        }
    }
}

/// Whether a signed result is asked for.
fn wants_result(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
    values
        .flat_map(|it| it.split(','))
        .any(|it| it.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case(EAT_JWT)))
}

/// A signed result.
fn token_response(token: String) -> Response {
    let mut response = token.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(EAT_JWT));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Why there is none.
fn no_result(error: &NoResult) -> Problem {
    let detail = error.to_string();
    match error {
        NoResult::Several(_) => Problem::new(StatusCode::NOT_ACCEPTABLE, "several", detail),
        NoResult::NoClaims(_) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not-verified", detail),
        NoResult::NoKey | NoResult::Sign(_) => Problem::unavailable("no-key", detail),
        NoResult::Expired(_) | NoResult::NotAttested(_) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not-attested", detail)
        }
    }
}
