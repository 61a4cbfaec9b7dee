//! The life cycle of one enclave as typestate
