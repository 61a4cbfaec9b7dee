//! HTTP: which paths there are, and what a client may take up.

mod admit;
mod body;
mod collateral;
mod enrol;
mod events;
mod forecast;
mod listen;
mod problem;
mod query;
mod question;
mod routes;
mod verify;

pub use listen::Limits;
pub(crate) use listen::serve;
pub(crate) use routes::router;
pub use routes::{OPENAPI, ROUTES};
