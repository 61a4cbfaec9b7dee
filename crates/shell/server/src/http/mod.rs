//! HTTP: which paths there are, and what a client may take up.

mod body;
mod listen;
mod problem;
mod routes;

pub use listen::Limits;
pub(crate) use listen::serve;
pub(crate) use routes::router;
pub use routes::{OPENAPI, ROUTES};
