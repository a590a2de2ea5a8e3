//! The crate from outside: signals made up, sequences at random, recorded traces.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test binary: nothing is exported, and a failed unwrap is a failed test"
)]

mod artifact;
mod dev_traces;
mod drift;
mod properties;
mod signal;
mod synthetic;
mod trained;
mod training;
