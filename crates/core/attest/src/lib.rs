//! Parses evidence and verifies its signatures and endorsements
