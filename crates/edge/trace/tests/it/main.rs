//! Lists as others hand them in.

mod mistakes;
mod real;
