//! As whom, where, and how fast a recording is played, and what came of it.

use crate::mqtt::{MqttError, Refusal, Secret};
use std::net::SocketAddr;
use std::time::Duration;

/// Failures that may come one after the other, without an acknowledgement between, before the replay gives up.
pub(super) const ATTEMPTS: u32 = 6;

/// As whom, where, and how fast a recording is played.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayConfig {
    /// The server's MQTT address.
    pub server: SocketAddr,
    /// The instrument the sensor is bound to.
    pub instrument: String,
    /// Names the sensor to the server.
    pub client_id: String,
    /// Proves it.
    pub token: Secret,
    /// How many times faster than recorded; `None` is as fast as the server acknowledges.
    pub speed: Option<f64>,
}

/// What was played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Readings that the server acknowledged: all of them.
    pub acknowledged: u64,
    /// Connections it took.
    pub connects: u32,
    /// How long it took.
    pub elapsed: Duration,
}

/// Why a recording was not played to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Nothing can be played at this speed.
    #[error("a speed is a number above 0, not {0}")]
    Speed(f64),
    /// The server refuses the sensor.
    #[error("the server refuses the sensor: {0}")]
    Refused(Refusal),
    /// The server could not be reached any more, or takes connections but no readings.
    #[error("gave up after {ATTEMPTS} attempts with {acknowledged} readings acknowledged: {source}")]
    GaveUp {
        /// Readings acknowledged by then.
        acknowledged: u64,
        /// The last error.
        source: MqttError,
    },
    /// A reading cannot be put into a packet.
    #[error("reading {number} cannot be sent: {source}")]
    Unsendable {
        /// Which one, from 0.
        number: usize,
        /// Why.
        source: MqttError,
    },
}
