//! What a network sees of an instrument: a fixed number of features of its last hour of readings.
//!
//! [`FeatureWindow`] follows one instrument in bounded memory; [`Scale`] is what makes the features of one
//! instrument comparable and is learned from its training part. Which number is which feature: [`NAMES`].

mod bins;
mod cut;
mod names;
mod scale;
mod spans;
mod window;

pub use names::{DRAWN, HISTORY, NAMES};
pub use scale::Scale;
pub use window::FeatureWindow;
pub(crate) use window::Present;

/// How many features a window gives: the inputs of every network.
pub const FEATURES: usize = 16;
