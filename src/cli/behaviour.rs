//! How simulated sensors behave: said to the demo, and passed on to their process.

use clap::Args;
use dayi_loadtest::simulator::SimulatorConfig;
use std::net::SocketAddr;
use std::time::Duration;

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Behaviour {
    /// Seconds between two readings of a sensor
    #[arg(long, default_value_t = 1.0, value_parser = seconds)]
    interval: f64,
    /// How busy nights and weekends are at least: 0 as in life, 1 like a working morning
    #[arg(long, default_value_t = 0.5, value_parser = share)]
    activity: f32,
    /// The same seed makes the same province and the same currents
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
}

impl Behaviour {
    /// The command-line arguments that say the same.
    pub(super) fn arguments(self) -> [String; 3] {
        let Self { interval, activity, seed } = self;
        [format!("--interval={interval}"), format!("--activity={activity}"), format!("--seed={seed}")]
    }

    /// The same for sensors that connect to `server`.
    pub(super) fn config(self, server: SocketAddr) -> SimulatorConfig {
        let interval = Duration::from_secs_f64(self.interval);
        SimulatorConfig { interval, seed: self.seed, activity: self.activity, ..SimulatorConfig::new(server) }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("seconds, from 0.01 to 86400".into()),
    }
}

fn share(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a number from 0 to 1".into()),
    }
}
