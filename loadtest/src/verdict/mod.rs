//! What became of everything: the ledgers against the history, what was announced against the states that are kept.
//!
//! [`hold`] asks the server about every instrument and returns one [`Verdict`]. What it counts as lost, doubled or
//! changed breaks a promise; [`Verdict::kept`] says whether none was broken.

mod check;
mod latency;
mod readings;
mod states;

pub use check::{Verdict, hold};
pub use readings::ReadingFate;
pub use states::StateFate;
