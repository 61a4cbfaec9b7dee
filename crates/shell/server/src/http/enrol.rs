//! `POST /v1/enrol`: somebody who may decides which platform is which node.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use super::body;
use super::problem::{Problem, json};
use crate::enrolled::{EnrolError, MAX_NODE, parse};
use crate::service::Service;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    platform: String,
    /// `null` ends its enrolment.
    node: Option<String>,
}

pub(super) async fn enrol(State(service): State<Arc<Service>>, request: Request<Body>) -> Response {
    match decide(&service, request).await {
        Ok((document, enrolled)) => {
            let Document { platform, node } = document;
            let document = serde_json::json!({ "platform": platform, "node": node, "enrolled": enrolled });
            json(StatusCode::OK, &document)
        }
        Err(problem) => service.refuse(problem),
    }
}

async fn decide(service: &Service, request: Request<Body>) -> Result<(Document, usize), Problem> {
    let presented = request.headers().get(header::AUTHORIZATION).map(|it| it.as_bytes());
    if !service.admin.as_ref().is_some_and(|it| it.is_presented(presented)) {
        let detail = "this takes the token of --admin-token: Authorization: Bearer …";
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail));
    }
    let bytes = body::read(request, service.limits.body_bytes, service.limits.body_time).await?;
    let document: Document =
        serde_json::from_slice(&bytes).map_err(|error| Problem::bad_request(format!("the body: {error}")))?;
    let platform = parse(&document.platform).ok_or_else(|| {
        Problem::bad_request(
            "`platform` is ppid:, chip:, cca: or vtpm: with hex, or nitro: with a module's name",
        )
    })?;
    let outcome = match &document.node {
        None => service.enrolled.dismiss(&platform),
        Some(node) if node.is_empty() || node.len() > MAX_NODE => {
            return Err(Problem::bad_request(format!("`node` has 1 to {MAX_NODE} bytes")));
        }
        Some(node) => service.enrolled.enrol(platform, node),
    };
    match outcome {
        Ok(enrolled) => {
            tracing::info!(platform = document.platform, node = document.node, "enrolment was changed");
            Ok((document, enrolled))
        }
        Err(EnrolError::Fault(fault)) => {
            Err(Problem::new(StatusCode::CONFLICT, "not-enrolled", fault.to_string()))
        }
        Err(error @ EnrolError::Kept(_)) => {
            tracing::error!(%error, "enrolment was not changed");
            Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the enrolment could not be kept",
            ))
        }
    }
}
