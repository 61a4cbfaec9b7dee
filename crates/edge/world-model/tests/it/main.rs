//! Designs that must hold in every order in which things can happen.

mod designs;
