//! The catalogue as a whole, and the one that is built in.

use std::sync::{Arc, LazyLock};

use crate::fit::{self, Answer};
use crate::problem::CatalogueError;
use crate::{InstanceType, Source, Wanted, reading};

/// Instance types and where they are described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// The types, in the order of their file.
    pub types: Vec<InstanceType>,
    /// Every source, in the order of its file.
    pub sources: Vec<Arc<Source>>,
}

static BUILTIN: LazyLock<Catalogue> = LazyLock::new(|| {
    let files = (include_str!("../data/instance_types.csv"), include_str!("../data/sources.csv"));
    Catalogue::parse(files.0, files.1).unwrap_or_else(|error| panic!("the built-in catalogue: {error}"))
});

impl Catalogue {
    /// The catalogue of this version, read once.
    ///
    /// # Panics
    ///
    /// Never: a test reads the files it is made of.
    #[must_use]
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Reads the two files: the types, and the sources they name.
    ///
    /// # Errors
    ///
    /// The first mistake, with its file and line.
    pub fn parse(types: &str, sources: &str) -> Result<Self, CatalogueError> {
        let sources = reading::sources(sources)?;
        Ok(Self { types: reading::types(types, &sources)?, sources })
    }

    /// Which types would fit, the least waste first, and what the others lack.
    #[must_use]
    pub fn answer(&self, wanted: &Wanted) -> Answer<'_> {
        fit::answer(&self.types, wanted)
    }
}
