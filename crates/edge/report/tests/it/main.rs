//! What users and programs see, pinned down.

mod documents;
mod fixture;
mod inspection;
mod table;
