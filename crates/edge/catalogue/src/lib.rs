//! Instance types of clouds that offer confidential computing, and which would hold a pod.
//!
//! ```
//! use casemate_catalogue::{Catalogue, Wanted};
//! use casemate_model::{Bytes, Capacity, MilliCpu, Tee};
//!
//! let capacity = Capacity { epc: Bytes::mib(3000), cpu: MilliCpu(1500), ..Capacity::default() };
//! let answer = Catalogue::builtin().answer(&Wanted { tee: Some(Tee::Sgx), capacity });
//! assert!(answer.fits.iter().all(|fit| fit.instance_type.tee.tee() == Some(Tee::Sgx)));
//! assert!(answer.misses.iter().all(|miss| !miss.lacks.is_empty()));
//! ```
//!
//! The data is two files beside the code, of facts with their sources and dates; what no
//! source says is absent, and said to be. No prices. Nothing here decides where anything
//! runs: it tells people what to rent.
//!
//! Also writes the pages `docs/catalogue.md` and `docs/tees.md`.

#![forbid(unsafe_code)]

mod catalogue;
mod document;
mod fit;
mod instance_type;
mod problem;
mod reading;
mod source;
mod tees;
mod wanted;

pub use catalogue::Catalogue;
pub use document::catalogue_markdown;
pub use fit::{Answer, Fit, Has, Lack, Miss, Resource, answer};
pub use instance_type::{Covers, Gpus, InstanceType, Provider, Sold, Status};
pub use problem::{CatalogueError, File, Problem};
pub use source::Source;
pub use tees::tees_markdown;
pub use wanted::{Wanted, WantedError};
