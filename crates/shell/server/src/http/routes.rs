//! Every path, and what answers there.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::problem::{Problem, json};
use crate::metrics;
use crate::service::Service;

/// The API described (OpenAPI 3.1), as `GET /openapi.json` answers.
pub const OPENAPI: &str = include_str!("../../openapi.json");

/// Every route: method and path.
pub const ROUTES: [(&str, &str); 12] = [
    ("get", "/healthz"),
    ("get", "/metrics"),
    ("get", "/openapi.json"),
    ("get", "/readyz"),
    ("get", "/v1/collateral"),
    ("get", "/v1/events"),
    ("get", "/v1/forecast"),
    ("get", "/v1/keys"),
    ("post", "/v1/enrol"),
    ("post", "/v1/nonce"),
    ("post", "/v1/verify"),
    ("post", "/v1/verify/batch"),
];
