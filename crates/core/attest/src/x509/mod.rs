//! X.509 as evidence uses it (RFC 5280): certificates, paths of them, revocation lists.
//!
//! Signatures are verified over the bytes received. Time is not looked at here: a path or a list
//! says when it is valid ([`Window`](crate::Window)), and whoever uses it asks that with the present.
//! What is not known (a key, an algorithm, a critical extension) is refused by name.

mod certificate;
mod crl;
mod key;
mod path;
mod pem;
mod revocation;
mod signed;

pub use certificate::Certificate;
pub use crl::Crl;
pub use key::{PublicKey, SignatureAlgorithm};
pub use path::{LeafRules, MAX_CERTIFICATES, Path, verify_path};
pub use pem::{PemBlock, certificates_from_pem, pem_blocks};
pub(crate) use revocation::{Revocation, look_up};
