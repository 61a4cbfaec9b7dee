//! A request's body, whole: at most so long, and in so much time.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::problem::Problem;

/// Reads the body. What says beforehand that it is too long is not read at all.
pub(crate) async fn read(request: Request<Body>, limit: usize, time: Duration) -> Result<Bytes, Problem> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|it| it.to_str().ok()).and_then(|it| it.parse::<u64>().ok());
    if announced
        .is_some_and(|it| usize::try_from(it).is_ok_and(|it| it > limit) || usize::try_from(it).is_err())
    {
        return Err(Problem::too_large(limit));
    }
    let body = Limited::new(request.into_body(), limit).collect();
    match tokio::time::timeout(time, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::too_large(limit)),
        Ok(Err(error)) => Err(Problem::bad_request(format!("the body could not be read: {error}"))),
        Err(_) => Err(Problem::timeout(format!("the body did not come within {} ms", time.as_millis()))),
    }
}
