//! The live view of a run: one line an enclave and a bar of the encrypted memory, kept
//! at the bottom of a terminal while events scroll by above it.
//!
//! [`View`] is what is known: it is told every event and every sample, and renders to
//! the lines of a [`Window`]. [`Region`] is where they stand on the terminal: it makes
//! the bytes that draw them over what stood there before. Neither knows a terminal or
//! a clock; the caller asks the window's size before each drawing and writes the bytes.
//!
//! Promised, and held by property tests: no line is wider than the window, there are
//! fewer lines than it has rows (one, where it has one), and no control character gets
//! there but those of colour and of [`Region`], whatever names and numbers are told.
//! Widths are those of Unicode (UAX #11); characters without a width are left out, so
//! that widths add up.

mod amount;
mod bar;
mod enclave;
mod line;
mod pool;
mod progress;
mod region;
mod rows;
#[cfg(test)]
mod tests;
mod view;
mod window;

pub use progress::{progress, told};
pub use region::Region;
pub use view::View;
pub use window::{Glyphs, Window};
