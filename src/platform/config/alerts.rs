//! What alerts are told by.

use serde::{Deserialize, Serialize};

/// Alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertsConfig {
    /// Seconds after a start in which nothing new is told.
    pub startup_grace_s: u32,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self { startup_grace_s: 600 }
    }
}
