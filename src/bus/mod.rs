//! Typed fan-out of events to the modules that react to them.
//!
//! A subscriber says what may happen when it is slower than the events:
//!
//! - *never drop*: the queue is bounded, and the publisher waits while it is full. For those who need every event.
//! - *latest wins*: per instrument only the newest event waits. For those who show or forward the present state.
//!
//! An event is published only after what it tells is on the disk, and in order per instrument.

mod fan_out;
mod latest;

pub use fan_out::{Bus, NeverDrop};
pub use latest::LatestWins;
