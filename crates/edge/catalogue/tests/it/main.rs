//! The catalogue as others see it.

mod documents;
