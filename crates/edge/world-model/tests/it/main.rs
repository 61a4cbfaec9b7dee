//! Designs that must hold in every order in which things can happen, and what users have reported.

mod designs;
mod reported;
mod sessions;
