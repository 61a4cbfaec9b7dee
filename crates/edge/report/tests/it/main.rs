//! What users and programs see, pinned down.

mod documents;
mod fixture;
mod inspection;
mod page;
mod plan;
mod planned;
mod synthetic;
mod table;
