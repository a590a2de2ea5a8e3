//! How much of the live push one user may take.

use serde::{Deserialize, Serialize};

/// The live push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LiveConfig {
    /// Connections of one user at a time.
    pub sessions_per_user: usize,
    /// Instruments of which one user may be sent every reading.
    pub watched_per_user: usize,
    /// Subscriptions of one user in a minute.
    pub subscribes_per_minute: u32,
    /// The largest frame a client may send, in bytes.
    pub max_frame_bytes: usize,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self { sessions_per_user: 100, watched_per_user: 256, subscribes_per_minute: 600, max_frame_bytes: 64 * 1024 }
    }
}
