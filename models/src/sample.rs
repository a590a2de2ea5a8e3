//! The words every model speaks: a sample in, a verdict out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What the instrument does, as far as its current tells. `offline` and `unknown` are not levels:
/// they say something about the sensor, and the state machine around the model decides them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 关机: the sensor reports, the instrument draws (nearly) nothing.
    Off,
    /// 待机: powered, not working.
    Standby,
    /// 开机: powered and working.
    On,
}

impl Level {
    /// All levels, from the lowest current to the highest.
    pub const ALL: [Level; 3] = [Level::Off, Level::Standby, Level::On];

    /// Position in [`Level::ALL`]: 0, 1 or 2.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Level::Off => 0,
            Level::Standby => 1,
            Level::On => 2,
        }
    }

    /// The word used in files and on the wire: `off`, `standby` or `on`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Standby => "standby",
            Level::On => "on",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a level: expected off, standby or on")]
pub struct UnknownLevel(pub String);

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "off" => Ok(Level::Off),
            "standby" => Ok(Level::Standby),
            "on" => Ok(Level::On),
            other => Err(UnknownLevel(other.to_owned())),
        }
    }
}

/// The largest current (A) taken for real: above any single-phase or three-phase laboratory supply.
pub const MAX_CURRENT_A: f32 = 10_000.0;

/// The most negative current (A) still taken for a noisy zero. Anything lower is a broken sensor.
pub const MIN_CURRENT_A: f32 = -0.5;

/// One reading of an instrument's current sensor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// UTC milliseconds since the epoch, from the device where its clock is sane.
    pub ts_ms: i64,
    /// Current in ampere (root mean square).
    pub current_a: f32,
}

impl Sample {
    /// The current in ampere if it can be believed: finite and within
    /// [`MIN_CURRENT_A`]`..=`[`MAX_CURRENT_A`]; small negative values count as zero.
    #[must_use]
    pub fn plausible_current(&self) -> Option<f32> {
        (MIN_CURRENT_A..=MAX_CURRENT_A).contains(&self.current_a).then_some(self.current_a.max(0.0))
    }
}

/// What a classifier says after a sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The level the instrument is at now.
    pub level: Level,
    /// How sure the model is, 0 (no idea) to 1.
    pub confidence: f32,
    /// When that level began as best known, UTC milliseconds; never after the sample's own time.
    pub since_ms: i64,
}

/// Decides an instrument's level from its samples, strictly causally: a verdict depends on nothing
/// but the samples observed so far.
pub trait Classifier {
    /// Takes the next sample in time. `None` when nothing can be said: too little was seen yet, the
    /// current is not plausible (see [`Sample::plausible_current`]), or the sample is not newer
    /// than the last one. Such samples leave the level as it was. Constant time.
    fn observe(&mut self, s: Sample) -> Option<Verdict>;

    /// The method and its version, as kept with each transition: `threshold-v1`.
    fn name(&self) -> &str;
}
