//! What a network sees of an instrument: a fixed number of features of its window of readings.

/// How many features a window gives: the inputs of every network.
pub const FEATURES: usize = 16;
