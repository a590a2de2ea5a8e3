//! All sensors at once.

use super::config::SimulatorConfig;
use super::counters::Counters;
use super::device::Device;
use super::sensor::Sensor;
use super::totals::Totals;
use crate::seed::Chance;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What all sensors share.
pub(super) struct Shared {
    pub(super) config: SimulatorConfig,
    pub(super) counters: Counters,
    /// The time of day in UTC milliseconds. It is asked for each reading: a clock that was set, or a computer that
    /// slept, must not leave the sensors behind.
    pub(super) now_ms: Box<dyn Fn() -> i64 + Send + Sync>,
}

/// A fleet of sensors at work. Dropping it ends them without goodbye, as a power cut would.
pub struct Simulation {
    shared: Arc<Shared>,
    sensors: JoinSet<()>,
    stopping: watch::Sender<bool>,
    devices: usize,
    begun: Instant,
}

impl Simulation {
    /// Starts a task for each sensor, which connects when its turn comes.
    ///
    /// Sensors come back by themselves when the server was away. A sensor that the server refuses for good ends, and
    /// is counted.
    ///
    /// # Errors
    /// Never in practice: only when the latency histogram cannot be made.
    pub fn start(config: SimulatorConfig, devices: Vec<Device>) -> Result<Self, hdrhistogram::CreationError> {
        Self::start_at(config, devices, || {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
        })
    }

    /// The same at a time of day that is not the system's.
    pub(super) fn start_at(
        mut config: SimulatorConfig,
        devices: Vec<Device>,
        now_ms: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> Result<Self, hdrhistogram::CreationError> {
        config.interval = config.interval.max(Duration::from_millis(1));
        let begun = Instant::now();
        let count = devices.len();
        let shared = Arc::new(Shared { config, counters: Counters::new()?, now_ms: Box::new(now_ms) });
        let (stopping, stopped) = watch::channel(false);
        let mut sensors = JoinSet::new();
        let per_s = f64::from(shared.config.connects_per_s.max(1));
        for (number, device) in devices.into_iter().enumerate() {
            let connect_at = begun + Duration::from_secs_f64(number as f64 / per_s);
            let phase = shared.config.interval.mul_f32(Chance::new(shared.config.seed, 0xFA5E, number as u64).unit());
            let mut sensor = Sensor::new(device, connect_at, phase, shared.clone());
            let stopped = stopped.clone();
            sensors.spawn(async move { sensor.run(stopped).await });
        }
        Ok(Self { shared, sensors, stopping, devices: count, begun })
    }

    /// What became of the readings so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.shared.counters.totals(self.devices, self.begun.elapsed())
    }

    /// Lets each sensor get its acknowledgements, for seconds at most, and say goodbye.
    pub async fn stop(mut self) -> Totals {
        // Nobody listens any more only when every sensor has ended.
        let _ = self.stopping.send(true);
        while let Some(ended) = self.sensors.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a simulated sensor ended with an error");
            }
        }
        self.totals()
    }
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation").field("totals", &self.totals()).finish_non_exhaustive()
    }
}

/// Keeps the sensors going until `stop` is ready; [`Simulation`] for whoever wants to look on.
///
/// # Errors
/// Those of [`Simulation::start`].
pub async fn run(
    config: SimulatorConfig,
    devices: Vec<Device>,
    stop: impl Future<Output = ()>,
) -> Result<Totals, hdrhistogram::CreationError> {
    let simulation = Simulation::start(config, devices)?;
    stop.await;
    Ok(simulation.stop().await)
}
