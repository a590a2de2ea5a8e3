//! Publishes a recording, at its own pace or as fast as the server acknowledges.

use super::config::{ATTEMPTS, ReplayConfig, ReplayError, Sent};
use crate::dialect::Dialect;
use crate::mqtt::{Backoff, Client, ClientOptions, Login, MqttError, QoS};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// The first wait after a failure, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(8));
/// No recording is played for longer: 30 years in seconds. It keeps any speed within what a timer can count.
const LONGEST_S: f64 = 1e9;

/// Publishes the readings (UTC milliseconds, ampere) in order at QoS 1 and returns when the server has acknowledged
/// them all. A broken connection is made again, and what was not acknowledged is sent again; no reading is counted
/// twice.
///
/// # Errors
/// When the speed is none, the server refuses the sensor, or connections fail several times in a row without an
/// acknowledgement.
pub async fn replay(config: ReplayConfig, readings: Vec<(i64, f32)>) -> Result<Sent, ReplayError> {
    match config.speed {
        Some(speed) if !(speed.is_finite() && speed > 0.0) => Err(ReplayError::Speed(speed)),
        _ => Player::new(config, &readings).play().await,
    }
}

struct Player<'a> {
    client: Client,
    topic: String,
    readings: &'a [(i64, f32)],
    speed: Option<f64>,
    begun: Instant,
    /// The first reading that was not published yet.
    next: usize,
    acknowledged: usize,
    connects: u32,
    /// Failures since the last acknowledgement.
    failures: u32,
    backoff: Backoff,
}

impl<'a> Player<'a> {
    fn new(config: ReplayConfig, readings: &'a [(i64, f32)]) -> Self {
        let topic = Dialect::Dayi.topic(&config.instrument, &config.client_id);
        let options = ClientOptions {
            login: Some(Login { username: config.client_id.clone(), password: config.token }),
            will: Some(Dialect::Dayi.will(&config.instrument, &config.client_id)),
            ..ClientOptions::new(config.client_id)
        };
        Self {
            client: Client::new(config.server, options),
            topic,
            readings,
            speed: config.speed,
            begun: Instant::now(),
            next: 0,
            acknowledged: 0,
            connects: 0,
            failures: 0,
            backoff: Backoff::new(0, BACKOFF.0, BACKOFF.1),
        }
    }

    async fn play(mut self) -> Result<Sent, ReplayError> {
        while self.acknowledged < self.readings.len() {
            if !self.client.is_connected() {
                self.connect().await?;
                continue;
            }
            self.publish_what_is_due()?;
            let wake = self.wake_at();
            tokio::select! {
                driven = self.client.drive() => match driven {
                    Ok(_) => {
                        self.acknowledged += 1;
                        self.failures = 0;
                        self.backoff.reset();
                    }
                    Err(error) => self.failed(error).await?,
                },
                () = sleep_until(wake.unwrap_or(self.begun)), if wake.is_some() => {}
            }
        }
        if let Err(error) = self.client.disconnect().await {
            tracing::debug!(%error, "left without goodbye");
        }
        let (acknowledged, elapsed) = (self.acknowledged as u64, self.begun.elapsed());
        Ok(Sent { acknowledged, connects: self.connects, elapsed })
    }

    async fn connect(&mut self) -> Result<(), ReplayError> {
        match self.client.connect().await {
            Ok(()) => {
                self.connects += 1;
                Ok(())
            }
            Err(MqttError::Refused(refusal)) if refusal.is_final() => Err(ReplayError::Refused(refusal)),
            Err(error) => self.failed(error).await,
        }
    }

    /// Waits after a failure, or gives up. A connection that brought no acknowledgement is a failure too: a server
    /// that takes the sensor but not its readings closes each one.
    async fn failed(&mut self, source: MqttError) -> Result<(), ReplayError> {
        self.failures += 1;
        if self.failures == ATTEMPTS {
            return Err(ReplayError::GaveUp { acknowledged: self.acknowledged as u64, source });
        }
        tracing::warn!(error = %source, attempt = self.failures, "the connection failed; trying again");
        sleep(self.backoff.after_failure()).await;
        Ok(())
    }

    fn publish_what_is_due(&mut self) -> Result<(), ReplayError> {
        let now = Instant::now();
        while let Some(&(ts_ms, current_a)) = self.readings.get(self.next)
            && self.client.has_room(QoS::AtLeastOnce)
            && self.due(ts_ms) <= now
        {
            let number = self.next;
            let payload = Dialect::Dayi.reading(ts_ms, current_a, number as u64);
            let published = self.client.publish(&self.topic, QoS::AtLeastOnce, false, payload);
            published.map_err(|source| ReplayError::Unsendable { number, source })?;
            self.next += 1;
        }
        Ok(())
    }

    /// When the next reading is due; `None` while there is no room for it, or none is left.
    fn wake_at(&self) -> Option<Instant> {
        let &(ts_ms, _) = self.readings.get(self.next)?;
        self.client.has_room(QoS::AtLeastOnce).then(|| self.due(ts_ms))
    }

    fn due(&self, ts_ms: i64) -> Instant {
        let (Some(speed), Some(&(first_ms, _))) = (self.speed, self.readings.first()) else { return self.begun };
        let after_s = ts_ms.saturating_sub(first_ms).max(0) as f64 / 1e3 / speed;
        self.begun + Duration::from_secs_f64(after_s.min(LONGEST_S))
    }
}
