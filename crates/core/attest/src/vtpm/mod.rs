//! Virtual TPMs: quotes of a TPM whose key somebody vouches for.
//!
//! | whose | who vouches for the key |
//! |---|---|
//! | Azure's confidential VMs | the report of the hardware (SEV-SNP or TDX), verified fully |
//! | Google Compute Engine | Google, by a certificate; in a confidential VM its report may besides |
//! | an SVSM's, in an SEV-SNP guest | its report, for an endorsement key: see [`svsm`] |
//! | any other | nobody: refused by name |
//!
//! What a quote says is in [`tpm`](crate::tpm).

mod azure;
mod chain;
mod fault;
mod gce;
mod generic;
mod hcl;
mod inner;
mod inspect;
mod instance_info;
pub mod svsm;
mod td_report;
mod var_data;

pub(crate) use azure::verify as verify_azure;
pub use fault::VtpmFault;
pub(crate) use gce::verify as verify_gce;
pub(crate) use generic::refuse as refuse_uncertified;
pub use hcl::snp_report;
pub use inspect::{inspect_hcl, inspect_instance};
