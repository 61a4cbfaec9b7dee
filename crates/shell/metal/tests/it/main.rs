//! What is said of boots.

mod document;
