//! The encrypted-memory manager: residency tokens, lists, eviction choice, sealing protocol
