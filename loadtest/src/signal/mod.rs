//! The current of one instrument over time, and what the instrument truly does.

mod calendar;
mod generator;
mod losses;
mod profile;
mod schedule;
mod waveform;

pub use generator::Signal;
pub use losses::Loss;
pub use profile::{Habit, SignalProfile};
pub use schedule::TrueState;

#[cfg(test)]
mod tests;
