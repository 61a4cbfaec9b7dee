//! The software TEE: this machine's root, its quotes, and synthetic evidence for tests
