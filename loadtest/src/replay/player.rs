//! Publishes a recording, at its own pace or as fast as the server acknowledges.

use crate::mqtt::{Backoff, Client, ClientOptions, Login, MqttError, QoS, Refusal, Secret};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// Attempts to connect that may fail one after the other before the replay gives up.
const ATTEMPTS: u32 = 6;
/// The first wait after a connection failed, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(8));

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
    /// The server refuses the sensor.
    #[error("the server refuses the sensor: {0}")]
    Refused(Refusal),
    /// The server could not be reached any more.
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

/// Publishes the readings (UTC milliseconds, ampere) in order at QoS 1, each once, and returns when the server has
/// acknowledged them all. A broken connection is made again, and what was not acknowledged is sent again.
///
/// # Errors
/// When the server refuses the sensor, or cannot be reached several times in a row.
pub async fn replay(config: ReplayConfig, readings: Vec<(i64, f32)>) -> Result<Sent, ReplayError> {
    let begun = Instant::now();
    let topic = format!("dayi/v1/{}/telemetry", config.instrument);
    let options = ClientOptions {
        login: Some(Login { username: config.client_id.clone(), password: config.token }),
        ..ClientOptions::new(config.client_id)
    };
    let first_ms = readings.first().map_or(0, |reading| reading.0);
    let due = |ts_ms: i64| match config.speed {
        Some(speed) => begun + Duration::from_secs_f64((ts_ms - first_ms).max(0) as f64 / 1e3 / speed),
        None => begun,
    };
    let mut player = Player { client: Client::new(config.server, options), acknowledged: 0, connects: 0 };
    let mut next = 0;
    while player.acknowledged < readings.len() as u64 {
        if !player.client.is_connected() {
            player.connect().await?;
        }
        let now = Instant::now();
        while let Some(&(ts_ms, current_a)) = readings.get(next)
            && player.client.has_room(QoS::AtLeastOnce)
            && due(ts_ms) <= now
        {
            let payload = format!(r#"{{"ts":{ts_ms},"current":{current_a},"seq":{next}}}"#);
            let sent = player.client.publish(&topic, QoS::AtLeastOnce, false, payload);
            sent.map_err(|source| ReplayError::Unsendable { number: next, source })?;
            next += 1;
        }
        let wake =
            readings.get(next).filter(|_| player.client.has_room(QoS::AtLeastOnce)).map(|reading| due(reading.0));
        tokio::select! {
            driven = player.client.drive() => match driven {
                Ok(_) => player.acknowledged += 1,
                Err(error) => tracing::warn!(%error, "the connection ended; it is made again"),
            },
            () = sleep_until(wake.unwrap_or(now)), if wake.is_some() => {}
        }
    }
    if let Err(error) = player.client.disconnect().await {
        tracing::debug!(%error, "left without goodbye");
    }
    Ok(Sent { acknowledged: player.acknowledged, connects: player.connects, elapsed: begun.elapsed() })
}

struct Player {
    client: Client,
    acknowledged: u64,
    connects: u32,
}

impl Player {
    async fn connect(&mut self) -> Result<(), ReplayError> {
        let mut backoff = Backoff::new(0, BACKOFF.0, BACKOFF.1);
        let mut attempt = 1;
        loop {
            match self.client.connect().await {
                Ok(()) => {
                    self.connects += 1;
                    return Ok(());
                }
                Err(MqttError::Refused(refusal)) if refusal.is_final() => return Err(ReplayError::Refused(refusal)),
                Err(source) if attempt == ATTEMPTS => {
                    return Err(ReplayError::GaveUp { acknowledged: self.acknowledged, source });
                }
                Err(error) => {
                    tracing::warn!(%error, attempt, "cannot connect; trying again");
                    attempt += 1;
                    sleep(backoff.after_failure()).await;
                }
            }
        }
    }
}
