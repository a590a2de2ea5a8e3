//! All sensors at once.

use super::device::Device;
use super::sensor::Sensor;
use super::totals::{Counters, Totals};
use crate::mqtt::QoS;
use crate::seed::Chance;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How a fleet behaves.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatorConfig {
    /// The server's MQTT address.
    pub server: SocketAddr,
    /// From one reading of a sensor to the next; each sensor has a phase of its own.
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

/// What all sensors share.
pub(super) struct Shared {
    pub(super) config: SimulatorConfig,
    pub(super) counters: Counters,
    /// An instant, and the time of day at it in UTC milliseconds: readings carry the time they were due.
    pub(super) epoch: (Instant, i64),
}

/// Keeps the sensors going until `stop` is ready, then lets each get its acknowledgements and say goodbye.
///
/// Sensors come back by themselves when the server was away. A sensor that the server refuses for good ends, and is
/// counted.
///
/// # Errors
/// Never in practice: only when the latency histogram cannot be made.
pub async fn run(
    config: SimulatorConfig,
    devices: Vec<Device>,
    stop: impl Future<Output = ()>,
) -> Result<Totals, hdrhistogram::CreationError> {
    let count = devices.len();
    let begun = Instant::now();
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let shared = Arc::new(Shared { config, counters: Counters::new()?, epoch: (begun, now_ms) });
    let (stopping, stopped) = watch::channel(false);
    let mut sensors = JoinSet::new();
    let per_s = f64::from(shared.config.connects_per_s.max(1));
    for (number, device) in devices.into_iter().enumerate() {
        let connect_at = begun + Duration::from_secs_f64(number as f64 / per_s);
        let phase = shared.config.interval.mul_f32(Chance::new(shared.config.seed, 0xFA5E, number as u64).unit());
        let sensor = Sensor::new(device, connect_at + phase, shared.clone());
        sensors.spawn(sensor.run(connect_at, stopped.clone()));
    }
    stop.await;
    // Nobody listens any more only when every sensor has ended.
    let _ = stopping.send(true);
    while let Some(ended) = sensors.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a simulated sensor ended with an error");
        }
    }
    Ok(shared.counters.totals(count, begun.elapsed()))
}
