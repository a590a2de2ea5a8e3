//! How long what happened is kept.

use serde::{Deserialize, Serialize};

/// How long what happened is kept, in days; 0 is for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HistoryConfig {
    /// Readings as they were measured.
    pub raw_days: u32,
    /// Lowest, mean and highest current of every minute.
    pub minute_days: u32,
    /// State intervals.
    pub interval_days: u32,
    /// Who changed what.
    pub audit_days: u32,
}

impl Default for HistoryConfig {
    fn default() -> Self {
        Self { raw_days: 30, minute_days: 366, interval_days: 0, audit_days: 1_095 }
    }
}
