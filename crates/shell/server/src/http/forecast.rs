//! `GET /v1/forecast`: which accepted platforms will fall when Intel's next set is enforced, and why.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::problem::{Problem, json};
use crate::service::Service;

pub(super) async fn forecast(State(service): State<Arc<Service>>) -> Response {
    // Every platform is verified again: that is as much work as a batch.
    let permit = match service.permit() {
        Ok(permit) => permit,
        Err(problem) => return service.refuse(problem),
    };
    let asked = Arc::clone(&service);
    let forecast = tokio::task::spawn_blocking(move || {
        let forecast = asked.forecast();
        drop(permit);
        forecast
    });
    match forecast.await {
        Ok(forecast) => json(StatusCode::OK, &forecast),
        Err(error) => {
            tracing::error!(%error, "the forecast was not made");
            let detail = "the forecast could not be made";
            service.refuse(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail))
        }
    }
}
