//! What a network sees of an instrument: a fixed number of features of its window of readings.

/// How many features a window gives: the inputs of every network.
pub const FEATURES: usize = 16;

/// The features' names, in their order.
pub const NAMES: [&str; FEATURES] =
    ["f00", "f01", "f02", "f03", "f04", "f05", "f06", "f07", "f08", "f09", "f10", "f11", "f12", "f13", "f14", "f15"];
