//! The words in which manifests ask for a TEE, as tables: what each word means, in
//! which unit, and whose word it is.
//!
//! Reading to run (`read`), reading to tell (`inspect`) and the pages in `docs` share
//! these tables, so that a word means the same wherever it is met. A table holds what
//! is known; what only looks like a TEE's word is told by [`words`].

pub(crate) mod annotations;
pub(crate) mod devices;
pub(crate) mod environment;
pub(crate) mod instances;
pub(crate) mod kinds;
pub(crate) mod labels;
pub(crate) mod resources;
pub(crate) mod runtime_classes;
pub(crate) mod technology;
pub(crate) mod words;
