//! The catalogue as others see it.

mod answers;
mod documents;
mod mistakes;
mod pods;
mod real;
mod rows;
