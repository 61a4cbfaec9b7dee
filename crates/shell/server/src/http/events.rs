//! `GET /v1/events`: what came after a number; if nothing did, what comes within a while.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::problem::json;
use super::query::{Parameters, parameters};
use crate::service::Service;

/// The longest that anybody waits.
const MAX_WAIT: Duration = Duration::from_secs(30);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Since {
    /// The number of the last event that is known.
    #[serde(default)]
    after: u64,
    /// Seconds to wait for one.
    #[serde(default)]
    wait: u64,
}

pub(super) async fn events(State(service): State<Arc<Service>>, since: Parameters<Since>) -> Response {
    let since = match parameters(since) {
        Ok(since) => since,
        Err(problem) => return service.refuse(problem),
    };
    let wait = Duration::from_secs(since.wait).min(MAX_WAIT);
    json(StatusCode::OK, &service.events.after(since.after, wait).await)
}
