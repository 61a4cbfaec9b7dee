//! What may be done, but for requests.

pub(crate) mod bench;
pub(crate) mod ffa;
pub(crate) mod fuzz;
pub(crate) mod isolation;
pub(crate) mod registers;
pub(crate) mod smoke;
