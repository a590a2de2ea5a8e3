use super::command::Outcome;
use crate::platform::config::{LogConfig, LogFormat};
use crate::platform::{limits, logging};
use clap::Args;
use dayi_loadtest::simulator::{SimulatorConfig, read_devices, run};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, BufReader};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// Where the sensors connect
    #[arg(long)]
    mqtt: SocketAddr,
    /// How many devices follow on standard input, one JSON object a line; the sensors stop when it is closed
    #[arg(long)]
    devices: usize,
    /// Seconds between two readings of a sensor
    #[arg(long, default_value_t = 1.0, value_parser = seconds)]
    interval: f64,
    /// The same seed plays the same currents
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How busy nights and weekends are at least, 0 to 1
    #[arg(long, default_value_t = 0.0)]
    activity: f32,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("seconds, from 0.01 to 86400".into()),
    }
}

impl Simulate {
    pub(super) async fn run(self) -> Outcome {
        logging::start(&LogConfig { format: LogFormat::Text, level: "warn".into() });
        // Ctrl-C reaches every process of the terminal; the sensors leave when the demo closes their input.
        let _interrupts = signal(SignalKind::interrupt())?;
        let room = limits::room_for_connections(self.devices as u64);
        if room < self.devices as u64 {
            return Err(
                format!("the hard limit of open files leaves room for {room} of {} sensors", self.devices).into()
            );
        }
        let mut input = BufReader::new(tokio::io::stdin());
        let devices = read_devices(&mut input, self.devices).await?;
        let config = SimulatorConfig {
            interval: Duration::from_secs_f64(self.interval),
            seed: self.seed,
            activity: self.activity,
            ..SimulatorConfig::new(self.mqtt)
        };
        let closed = async move {
            let mut rest = [0; 64];
            while input.read(&mut rest).await.is_ok_and(|read| read > 0) {}
        };
        let totals = run(config, devices, closed).await?;
        println!("{totals}");
        Ok(())
    }
}
