//! One sensor: connect, measure, publish, be lost, come back.

use super::device::Device;
use super::fleet::Shared;
use super::payload;
use super::totals::count;
use crate::mqtt::{Backoff, Client, ClientOptions, Login, MqttError, QoS};
use crate::seed::hash_text;
use crate::signal::{Loss, Signal};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};

/// The first wait after a connection failed, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How long a sensor waits for acknowledgements when it is told to stop.
const DRAIN: Duration = Duration::from_secs(5);
/// Readings that may wait for their acknowledgement.
const WINDOW: u16 = 16;

pub(super) struct Sensor {
    device: Device,
    topic: String,
    signal: Signal,
    client: Client,
    backoff: Backoff,
    /// When the first reading is due.
    first: Instant,
    seq: u64,
    /// Packet id and time of each publish that waits for its acknowledgement.
    waiting: VecDeque<(u16, Instant)>,
    shared: Arc<Shared>,
}

/// What is to be done about the connection.
enum Connection {
    /// It is there.
    Up,
    /// It is to be made then.
    Due(Instant),
    /// It is not to be made while the sensor is lost.
    Lost,
    /// The server refuses the sensor for good.
    Refused,
}

impl Sensor {
    pub(super) fn new(device: Device, first: Instant, shared: Arc<Shared>) -> Self {
        let config = &shared.config;
        let options = ClientOptions {
            login: Some(Login { username: device.client_id.clone(), password: device.token.clone() }),
            will: Some(payload::will(&device)),
            window: WINDOW,
            ..ClientOptions::new(&device.client_id)
        };
        Self {
            topic: payload::topic(&device),
            signal: Signal::with_activity(&device.instrument, config.seed, config.activity),
            client: Client::new(config.server, options),
            backoff: Backoff::new(hash_text(config.seed, &device.client_id), BACKOFF.0, BACKOFF.1),
            first,
            seq: 0,
            waiting: VecDeque::new(),
            device,
            shared,
        }
    }

    /// Works until told to stop, or refused for good.
    pub(super) async fn run(mut self, connect_at: Instant, mut stopped: watch::Receiver<bool>) {
        let mut due = interval_at(self.first, self.shared.config.interval);
        due.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut connection = Connection::Due(connect_at);
        loop {
            let connect_at = if let Connection::Due(at) = connection { Some(at) } else { None };
            tokio::select! {
                biased;
                _ = stopped.changed() => break,
                () = sleep_until(connect_at.unwrap_or(self.first)), if connect_at.is_some() => {
                    connection = self.connect().await;
                    if let Connection::Refused = connection {
                        return;
                    }
                }
                driven = self.client.drive(), if self.client.is_connected() => match driven {
                    Ok(id) => self.acknowledged(id),
                    Err(error) => {
                        count(&self.shared.counters.lost);
                        connection = self.try_later(&error);
                    }
                },
                at = due.tick() => connection = self.measure(at, connection),
            }
        }
        let _ = timeout(DRAIN, self.drain()).await;
    }

    async fn connect(&mut self) -> Connection {
        match self.client.connect().await {
            Ok(()) => {
                self.backoff.reset();
                count(&self.shared.counters.connects);
                Connection::Up
            }
            Err(MqttError::Refused(refusal)) if refusal.is_final() => {
                tracing::warn!(client = %self.device.client_id, %refusal, "a simulated sensor gives up");
                count(&self.shared.counters.refused);
                Connection::Refused
            }
            Err(error) => self.try_later(&error),
        }
    }

    fn try_later(&mut self, error: &MqttError) -> Connection {
        let wait = self.backoff.after_failure();
        tracing::debug!(client = %self.device.client_id, %error, ?wait, "a simulated sensor tries again");
        Connection::Due(Instant::now() + wait)
    }

    /// A reading is due: publishes it, or is lost, or comes back from a loss.
    fn measure(&mut self, at: Instant, connection: Connection) -> Connection {
        let (epoch, epoch_ms) = self.shared.epoch;
        let ts_ms = epoch_ms + at.duration_since(epoch).as_millis() as i64;
        match (self.signal.at(ts_ms), self.signal.loss()) {
            (Some(_), _) if matches!(connection, Connection::Lost) => Connection::Due(at),
            (Some(current_a), _) => {
                self.publish(ts_ms, current_a);
                connection
            }
            (None, Some(Loss::Dropped)) => {
                self.client.drop_connection();
                Connection::Lost
            }
            (None, _) => connection,
        }
    }

    fn publish(&mut self, ts_ms: i64, current_a: f32) {
        let qos = self.shared.config.qos;
        self.seq += 1;
        let payload = payload::reading(self.device.dialect, ts_ms, current_a, self.seq);
        match self.client.publish(&self.topic, qos, false, payload) {
            Ok(id) => {
                count(&self.shared.counters.sent);
                self.waiting.extend(id.map(|id| (id, Instant::now())));
            }
            // A sensor has no memory: what cannot be sent now is gone.
            Err(_) => count(&self.shared.counters.missed),
        }
    }

    fn acknowledged(&mut self, id: u16) {
        let Some(place) = self.waiting.iter().position(|(waiting, _)| *waiting == id) else { return };
        if let Some((_, sent)) = self.waiting.remove(place) {
            self.shared.counters.acknowledge(sent.elapsed());
        }
    }

    /// Gets the acknowledgements that are missing, then says goodbye.
    async fn drain(&mut self) {
        while self.client.in_flight() > 0 && self.shared.config.qos == QoS::AtLeastOnce {
            match self.client.drive().await {
                Ok(id) => self.acknowledged(id),
                Err(_) => return,
            }
        }
        if let Err(error) = self.client.disconnect().await {
            tracing::debug!(client = %self.device.client_id, %error, "a simulated sensor left without goodbye");
        }
    }
}
