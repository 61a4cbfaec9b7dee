//! Parameters in the query of a request.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;

use super::problem::Problem;

/// Parameters as axum hands them over: read, or why not.
pub(super) type Parameters<T> = Result<Query<T>, QueryRejection>;

/// The parameters, or what is wrong with them as every other mistake is told.
pub(super) fn parameters<T>(asked: Parameters<T>) -> Result<T, Problem> {
    let refused = |rejection: QueryRejection| Problem::bad_request(rejection.body_text());
    asked.map(|Query(parameters)| parameters).map_err(refused)
}
