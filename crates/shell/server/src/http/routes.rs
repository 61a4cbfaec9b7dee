//! Every path, and what answers there.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use casemate_attest::inspect::hex;
use casemate_model::Timestamp;
use casemate_verifier::nonce::NonceFault;
use serde::Deserialize;

use super::problem::{Problem, json};
use super::query;
use super::question::MAX_TEXT;
use crate::admission::NoNonce;
use crate::metrics;
use crate::service::Service;

/// The API described (OpenAPI 3.1), as `GET /openapi.json` answers.
pub const OPENAPI: &str = include_str!("../../openapi.json");

/// Every route: method and path.
pub const ROUTES: [(&str, &str); 13] = [
    ("get", "/healthz"),
    ("get", "/metrics"),
    ("get", "/openapi.json"),
    ("get", "/readyz"),
    ("get", "/v1/collateral"),
    ("get", "/v1/events"),
    ("get", "/v1/forecast"),
    ("get", "/v1/keys"),
    ("post", "/v1/admit"),
    ("post", "/v1/enrol"),
    ("post", "/v1/nonce"),
    ("post", "/v1/verify"),
    ("post", "/v1/verify/batch"),
];

/// Serves them.
pub(crate) fn router(service: Arc<Service>) -> Router {
    let routes = Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics_page))
        .route("/openapi.json", get(openapi))
        .route("/readyz", get(readyz))
        .route("/v1/collateral", get(super::collateral::collateral))
        .route("/v1/events", get(super::events::events))
        .route("/v1/forecast", get(super::forecast::forecast))
        .route("/v1/keys", get(keys))
        .route("/v1/admit", post(super::admit::admit))
        .route("/v1/enrol", post(super::enrol::enrol))
        .route("/v1/nonce", post(nonce))
        .route("/v1/verify", post(super::verify::verify))
        .route("/v1/verify/batch", post(super::verify::batch));
    let unknown = || async { Problem::not_found("there is nothing at this path; see /openapi.json") };
    let wrong = || async {
        let detail = "this path does not take this method; see /openapi.json";
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
    };
    routes
        .fallback(unknown)
        .method_not_allowed_fallback(wrong)
        .layer(middleware::from_fn_with_state(Arc::clone(&service), observe))
        .with_state(service)
}

/// Logs a request, without anything that was in it.
async fn observe(State(service): State<Arc<Service>>, request: Request<Body>, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let asked = std::time::Instant::now();
    let answer_time = service.limits.body_time + service.limits.answer_time;
    let response = match tokio::time::timeout(answer_time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => service.refuse(Problem::unavailable("too-slow", "the answer took too long")),
    };
    let (status, ms) = (response.status().as_u16(), asked.elapsed().as_millis());
    tracing::info!(%method, path, status, ms, "answered");
    response
}

impl Service {
    /// A problem, counted.
    pub(crate) fn refuse(&self, problem: Problem) -> Response {
        self.metrics.problem(problem.code());
        problem.into_response()
    }

    fn nonce(&self, node: Option<&str>) -> Result<([u8; 32], Timestamp), Problem> {
        let now = self.clock.now();
        let random = || Problem::unavailable("no-randomness", "the system has no randomness");
        let Some(node) = node else { return self.nonces.issue(now).map_err(|_| random()) };
        if node.is_empty() || node.len() > MAX_TEXT {
            return Err(Problem::bad_request(format!("`node` has 1 to {MAX_TEXT} bytes")));
        }
        match self.node_nonces.give(node, now) {
            Ok((nonce, until)) => Ok((nonce.0, until)),
            Err(NoNonce::Fault(fault @ NonceFault::Full { retry_at, .. })) => {
                let wait = Duration::from_nanos(retry_at.0.saturating_sub(now.0));
                Err(Problem::full(wait, fault.to_string()))
            }
            Err(NoNonce::Random | NoNonce::Fault(_)) => Err(random()),
        }
    }
}

async fn healthz() -> &'static str {
    "ok\n"
}

async fn readyz(State(service): State<Arc<Service>>) -> Response {
    let now = service.clock.now();
    let mut reasons: Vec<String> = service.store.current().expired(now).collect();
    if service.keys.signer(now).is_none() {
        reasons.push("no signing key has begun to sign".to_owned());
    }
    if service.stop.is_set() {
        reasons.push("the service is stopping".to_owned());
    }
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json(status, &serde_json::json!({ "ready": reasons.is_empty(), "reasons": reasons }))
}

async fn metrics_page(State(service): State<Arc<Service>>) -> Response {
    service.measure();
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], service.metrics.encode()).into_response()
}

async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

async fn keys(State(service): State<Arc<Service>>) -> Response {
    let mut response = json(StatusCode::OK, &service.keys.published().to_jwks());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"));
    // Far less than the time for which a key is published before it signs.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    response
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct For {
    /// Whose nonce it is to be: to be admitted with.
    node: Option<String>,
}

async fn nonce(State(service): State<Arc<Service>>, asked: query::Parameters<For>) -> Response {
    let given = query::parameters(asked).and_then(|asked| service.nonce(asked.node.as_deref()));
    match given {
        Ok((nonce, expires)) => {
            let document = serde_json::json!({ "nonce": hex(&nonce), "expires": expires.to_string() });
            json(StatusCode::OK, &document)
        }
        Err(problem) => service.refuse(problem),
    }
}
