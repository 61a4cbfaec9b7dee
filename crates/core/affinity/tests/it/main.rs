//! `affinity` from outside: its rules one by one, and its counts against a walk over all pods.

mod between_pods;
mod fixture;
mod index;
mod laws;
mod mistakes;
mod some;
mod spread;
mod walk;
mod words;
