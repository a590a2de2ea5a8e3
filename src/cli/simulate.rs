use super::command::Outcome;
use super::signals;
use crate::platform::config::{LogConfig, LogFormat};
use crate::platform::{limits, logging};
use clap::Args;
use dayi_loadtest::simulator::{SimulatorConfig, read_devices, run};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, BufReader};

#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// Where the sensors connect
    #[arg(long)]
    mqtt: SocketAddr,
    /// How many devices follow on standard input, one JSON object a line
    #[arg(long)]
    devices: usize,
    /// Seconds between two readings of a sensor
    #[arg(long, default_value_t = 1.0)]
    interval: f64,
    /// Print the totals as JSON at the end
    #[arg(long)]
    report: bool,
}
