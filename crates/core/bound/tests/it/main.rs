//! The bound as others see it.

mod optimum;
mod shapes;
