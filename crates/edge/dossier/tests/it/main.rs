//! Dossiers and verdicts as callers see them.

#![forbid(unsafe_code)]

mod case;
mod real;
mod synthetic;
