//! The enclave run queue: EEVDF over ready and blocked enclaves
