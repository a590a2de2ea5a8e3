//! `kill -9` at random moments under load, and then: is everything there that was acknowledged, and did everything that was
//! announced stay true?
//!
//! The sensors and the pages live through all rounds: they keep what they were told, as real ones would, and come back by
//! themselves. Only in the end is the server asked, about every reading and every state.

mod plan;
mod rounds;
mod section;

pub use plan::{CrashError, CrashPlan};
pub use rounds::{Crashed, crash};
pub use section::section;
