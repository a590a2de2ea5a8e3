//! What became of the fleet's readings.

use serde::Serialize;
use std::fmt;

/// What became of the fleet's readings, so far or in all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Totals {
    /// Sensors.
    pub devices: usize,
    /// Sensors connected now; in the end, those that could say goodbye.
    pub connected: u64,
    /// Sensors that were connected at any time.
    pub connected_ever: u64,
    /// Connections made, also those made again.
    pub connects: u64,
    /// Attempts to connect that failed and were, or are to be, tried again.
    pub failed_connects: u64,
    /// Sensors that gave up because the server refuses them for good.
    pub refused: u64,
    /// Connections that the server or the network ended.
    pub lost_connections: u64,
    /// Readings made: published or missed.
    pub made: u64,
    /// Readings published.
    pub published: u64,
    /// Readings that could not be published, for want of a connection or of room in it.
    pub missed: u64,
    /// Readings acknowledged, each once; none at QoS 0.
    pub acknowledged: u64,
    /// Readings published at QoS 1 that have no acknowledgement.
    pub unacknowledged: u64,
    /// Milliseconds from PUBLISH to PUBACK: median. A reading that was sent again because the server was away counts
    /// from its first PUBLISH.
    pub puback_p50_ms: f64,
    /// The same: 99th percentile.
    pub puback_p99_ms: f64,
    /// The same: the longest, up to a minute.
    pub puback_max_ms: f64,
    /// Seconds since the start.
    pub elapsed_s: f64,
}

impl fmt::Display for Totals {
    /// One line, for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} sensors after {:.0} s: {} readings published, {} acknowledged, {} not acknowledged, {} missed; PUBACK \
             after {:.1} ms (median), {:.1} ms (p99), {:.0} ms (longest); {} connections made, {} lost, {} attempts \
             failed, {} refused",
            self.connected,
            self.devices,
            self.elapsed_s,
            self.published,
            self.acknowledged,
            self.unacknowledged,
            self.missed,
            self.puback_p50_ms,
            self.puback_p99_ms,
            self.puback_max_ms,
            self.connects,
            self.lost_connections,
            self.failed_connects,
            self.refused
        )
    }
}
