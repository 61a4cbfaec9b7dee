//! The independent judge of every schedule
