//! `GET /v1/collateral`: what is in force, since when, and until when.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::problem;
use crate::service::Service;

pub(super) async fn collateral(State(service): State<Arc<Service>>) -> Response {
    let (now, generation) = (service.clock.now(), service.store.current());
    let pieces: Vec<Value> = generation
        .pieces
        .iter()
        .map(|(name, piece)| {
            json!({
                "name": name,
                "issued": piece.issued.to_string(),
                "expires": piece.expires.to_string(),
                "expired": piece.expires < now,
                "number": piece.number,
            })
        })
        .collect();
    let unused: Vec<Value> =
        generation.unused.iter().map(|(name, why)| json!({ "name": name, "why": why })).collect();
    let document = json!({
        "generation": generation.number,
        "since": generation.since.to_string(),
        "expires": generation.expires().map(|it| it.to_string()),
        "pieces": pieces,
        "certificates": generation.endorsements.certificates.len(),
        "cca_anchors": generation.endorsements.cca_anchors.len(),
        "unused": unused,
    });
    problem::json(StatusCode::OK, &document)
}
