//! What concerns a reading's way from the journal to a state.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The readings' way to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JournalConfig {
    /// What an acknowledgement promises.
    pub sync: Sync,
    /// The most that is kept for those who have not read it yet, in MiB.
    pub max_mb: u32,
    /// The longest that it is kept for a reader that may lose it, in hours.
    pub max_age_h: u32,
    /// The size of a file, in MiB.
    pub segment_mb: u32,
    /// How far actors and history may be behind before appending waits for them, in MiB.
    pub max_lag_mb: u32,
    /// What the journal leaves free on the disk, in MiB.
    pub min_free_mb: u32,
}

/// What an acknowledgement promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sync {
    /// The operating system has it: it survives the end of the process, however it comes.
    Os,
    /// The disk has it: it survives a power cut, too.
    Disk,
}

impl JournalConfig {
    pub(crate) fn most_bytes(&self) -> u64 {
        u64::from(self.max_mb) << 20
    }

    pub(crate) fn most_age(&self) -> Duration {
        Duration::from_secs(u64::from(self.max_age_h) * 3_600)
    }

    pub(crate) fn segment_bytes(&self) -> u64 {
        u64::from(self.segment_mb) << 20
    }

    /// A file is also ended after this long, so that it can go when everybody has read it.
    pub(crate) fn segment_age(&self) -> Duration {
        Duration::from_secs(600)
    }

    pub(crate) fn lag_bytes(&self) -> u64 {
        u64::from(self.max_lag_mb) << 20
    }

    pub(crate) fn min_free_bytes(&self) -> u64 {
        u64::from(self.min_free_mb) << 20
    }
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self { sync: Sync::Os, max_mb: 4_096, max_age_h: 24, segment_mb: 32, max_lag_mb: 8, min_free_mb: 64 }
    }
}

/// When a sensor counts as offline. All times in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatesConfig {
    /// Offline after this many of the sensor's usual intervals without a reading …
    pub offline_after_intervals: u32,
    /// … but never before this.
    pub offline_after_min_s: u32,
    /// Offline when the sensor's last will was published and no reading came for this long after it.
    pub last_will_grace_s: u32,
    /// After a start, nobody is called offline before this.
    pub startup_grace_s: u32,
    /// A stop of the server longer than this makes the states over it unknown.
    pub restart_gap_s: u32,
}

/// When a sensor has a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SensorsConfig {
    /// A reading that was held up for longer than this is late, in seconds.
    pub late_s: u32,
    /// A clock that is off by more than this is wrong, in seconds.
    pub clock_skew_s: u32,
    /// A current other than zero that stays the same to the last digit for this long is frozen, in hours.
    pub frozen_h: u32,
}

impl SensorsConfig {
    pub(crate) fn late_ms(&self) -> i64 {
        i64::from(self.late_s) * 1_000
    }

    pub(crate) fn skew_ms(&self) -> i64 {
        i64::from(self.clock_skew_s) * 1_000
    }

    pub(crate) fn frozen_ms(&self) -> i64 {
        i64::from(self.frozen_h) * 3_600_000
    }
}

impl Default for SensorsConfig {
    fn default() -> Self {
        Self { late_s: 60, clock_skew_s: 60, frozen_h: 24 }
    }
}

impl Default for StatesConfig {
    fn default() -> Self {
        Self {
            offline_after_intervals: 3,
            offline_after_min_s: 30,
            last_will_grace_s: 30,
            startup_grace_s: 120,
            restart_gap_s: 30,
        }
    }
}
