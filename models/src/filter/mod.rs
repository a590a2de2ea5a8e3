//! From posteriors to levels that stay: a filter that weighs evidence over time.
//!
//! [`StickyFilter`] is what an instrument's filter knows, [`FilterState`] what it is doing now, and [`fit`] learns
//! the one from labelled posteriors.

mod fit;
mod state;
mod sticky;

pub use fit::{Posterior, fit};
pub use state::{FilterState, Held};
pub use sticky::StickyFilter;
