//! The names of the features.

use super::FEATURES;

/// What each feature is. `log` means ln(I + 10 mA); *high* is at or above the cut that best parts `on` from the
/// rest, *active* is above the sensor's zero but not high; all but the first see the median of three readings.
pub const NAMES: [&str; FEATURES] = [
    "last, log",
    "median of the last three, log",
    "mean of 15 s, log",
    "largest of 15 s, log",
    "mean of 60 s, log",
    "deviation of 60 s, log",
    "largest of 5 min, log",
    "mean of 15 min, log",
    "largest of 15 min, log",
    "mean of 60 min, log",
    "time since it was high, log",
    "share of the low time of 5 min that is active",
    "length of the work so far, pauses within half an hour included, log",
    "share of 60 min that is high",
    "time since it was active or high, log",
    "share of 5 min that is high",
];

/// The features that say how much is drawn, by which drift is told: a longer day's work than any in training is none.
pub const DRAWN: [usize; 6] = [0, 1, 2, 3, 4, 6];

/// The features that remember what was before: what they say of *work or not* holds, but whether an instrument
/// is off or in standby after its work is told by what it draws now.
pub const HISTORY: [usize; 8] = [6, 7, 8, 9, 10, 12, 13, 15];
