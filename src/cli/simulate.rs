use super::behaviour::Behaviour;
use super::command::Outcome;
use crate::platform::config::{LogConfig, LogFormat};
use crate::platform::{limits, logging};
use clap::Args;
use dayi_loadtest::simulator::{read_devices, run};
use std::net::SocketAddr;
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
    #[command(flatten)]
    behaviour: Behaviour,
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
        let closed = async move {
            let mut rest = [0; 64];
            while input.read(&mut rest).await.is_ok_and(|read| read > 0) {}
        };
        let totals = run(self.behaviour.config(self.mqtt), devices, closed).await?;
        println!("{totals}");
        Ok(())
    }
}
