//! What is sent to InfluxDB.

use serde::{Deserialize, Serialize};

/// A server that speaks InfluxDB 2's write API: InfluxDB 2 or 3, VictoriaMetrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InfluxConfig {
    /// Its address; without one nothing is sent.
    pub url: Option<String>,
    /// The organisation.
    pub org: String,
    /// The bucket.
    pub bucket: String,
    /// The token that may write there.
    pub token: Option<String>,
    /// Whether every reading is sent, too, and not only the state changes.
    pub readings: bool,
    /// Whether requests are compressed.
    pub gzip: bool,
    /// Lines in a request, at most.
    pub batch_lines: u32,
    /// Milliseconds that a line waits for others.
    pub longest_wait_ms: u32,
    /// Seconds that an answer may take.
    pub timeout_s: u32,
    /// Seconds after which what was acknowledged counts as durable.
    pub durable_after_s: u32,
    /// Milliseconds before a second attempt, at most …
    pub retry_first_ms: u32,
    /// … and before any.
    pub retry_most_ms: u32,
}

impl Default for InfluxConfig {
    fn default() -> Self {
        Self {
            url: None,
            org: "dayi".into(),
            bucket: "dayi".into(),
            token: None,
            readings: false,
            gzip: true,
            batch_lines: 5_000,
            longest_wait_ms: 1_000,
            timeout_s: 10,
            durable_after_s: 10,
            retry_first_ms: 1_000,
            retry_most_ms: 60_000,
        }
    }
}
