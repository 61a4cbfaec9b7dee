//! The model as others see it.

mod tees;
