//! Dossiers and verdicts as callers see them.

#![forbid(unsafe_code)]

mod case;
mod cross;
mod real;
mod synthetic;
