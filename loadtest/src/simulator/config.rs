//! How a fleet of sensors behaves.

use crate::mqtt::QoS;
use std::net::SocketAddr;
use std::time::Duration;

/// How a fleet of sensors behaves.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatorConfig {
    /// The server's MQTT address.
    pub server: SocketAddr,
    /// From one reading of a sensor to the next, at least a millisecond; each sensor has a phase of its own.
    pub interval: Duration,
    /// First connections a second, over the whole fleet.
    pub connects_per_s: u32,
    /// How sure each reading is to arrive.
    pub qos: QoS,
    /// The same seed plays the same currents and losses.
    pub seed: u64,
    /// How busy nights and weekends are at least; see [`Signal::with_activity`](crate::signal::Signal::with_activity).
    pub activity: f32,
}

impl SimulatorConfig {
    /// A reading a second at QoS 1, 1,000 first connections a second, seed 1, quiet nights.
    #[must_use]
    pub fn new(server: SocketAddr) -> Self {
        Self {
            server,
            interval: Duration::from_secs(1),
            connects_per_s: 1_000,
            qos: QoS::AtLeastOnce,
            seed: 1,
            activity: 0.0,
        }
    }
}
