//! One sensor: connect, measure, publish, be lost, come back.

use super::device::Device;
use super::simulation::Shared;
use crate::dialect::Dialect;
use crate::mqtt::{Backoff, Client, ClientOptions, Login, MqttError, QoS};
use crate::seed::hash_text;
use crate::signal::{Loss, Signal};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

/// The first wait after a connection failed, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How long a sensor waits for acknowledgements when it is told to stop.
const DRAIN: Duration = Duration::from_secs(5);
/// How long a goodbye may take on top of that.
const GOODBYE: Duration = Duration::from_secs(1);
/// Readings that may wait for their acknowledgement.
const WINDOW: u16 = 16;

pub(super) struct Sensor {
    client_id: String,
    dialect: Dialect,
    topic: String,
    signal: Signal,
    client: Client,
    link: Link,
    backoff: Backoff,
    been_connected: bool,
    /// When the next reading is due.
    due: Instant,
    /// Readings made; a gap in what the server has is a reading that could not be published.
    seq: u64,
    /// Packet id and time of each publish whose acknowledgement is to be timed.
    waiting: VecDeque<(u16, Instant)>,
    shared: Arc<Shared>,
}

/// What is to be done about the connection.
#[derive(Clone, Copy)]
enum Link {
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
    /// A sensor that connects at `connect_at` and makes its first reading `phase` later.
    pub(super) fn new(device: Device, connect_at: Instant, phase: Duration, shared: Arc<Shared>) -> Self {
        let config = &shared.config;
        let Device { client_id, token, dialect, instrument } = device;
        let options = ClientOptions {
            login: Some(Login { username: client_id.clone(), password: token }),
            will: Some(dialect.will(&instrument.id, &client_id)),
            window: WINDOW,
            ..ClientOptions::new(&client_id)
        };
        Self {
            topic: dialect.topic(&instrument.id, &client_id),
            signal: Signal::with_activity(&instrument, config.seed, config.activity),
            client: Client::new(config.server, options),
            link: Link::Due(connect_at),
            backoff: Backoff::new(hash_text(config.seed, &client_id), BACKOFF.0, BACKOFF.1),
            been_connected: false,
            due: connect_at + phase,
            seq: 0,
            waiting: VecDeque::new(),
            client_id,
            dialect,
            shared,
        }
    }

    /// Works until told to stop, or refused for good.
    pub(super) async fn run(&mut self, mut stopped: watch::Receiver<bool>) {
        tokio::select! {
            biased;
            _ = stopped.changed() => {}
            () = self.work() => {}
        }
        self.leave().await;
    }

    /// May be dropped whenever it waits: what it waits for keeps its state in the client.
    async fn work(&mut self) {
        loop {
            match self.link {
                Link::Up => tokio::select! {
                    biased;
                    driven = self.client.drive() => self.driven(driven),
                    () = sleep_until(self.due) => self.measure(),
                },
                Link::Due(at) if at <= self.due => {
                    sleep_until(at).await;
                    self.connect().await;
                }
                Link::Due(_) | Link::Lost => {
                    sleep_until(self.due).await;
                    self.measure();
                }
                Link::Refused => return,
            }
        }
    }

    async fn connect(&mut self) {
        self.signal.at((self.shared.now_ms)());
        if self.signal.loss() == Some(Loss::Dropped) {
            self.link = Link::Lost;
            return;
        }
        let counters = &self.shared.counters;
        match self.client.connect().await {
            Ok(()) => {
                counters.connected(!self.been_connected);
                self.been_connected = true;
                self.link = Link::Up;
                if self.shared.config.qos == QoS::AtMostOnce {
                    self.backoff.reset();
                }
            }
            Err(MqttError::Refused(refusal)) if refusal.is_final() => {
                tracing::warn!(client = %self.client_id, %refusal, "a simulated sensor gives up");
                counters.refused();
                self.link = Link::Refused;
            }
            Err(error) => {
                counters.failed_to_connect();
                self.try_later(&error);
            }
        }
    }

    fn driven(&mut self, driven: Result<u16, MqttError>) {
        match driven {
            Ok(id) => self.acknowledged(id),
            Err(error) => {
                self.shared.counters.lost();
                self.try_later(&error);
            }
        }
    }

    fn try_later(&mut self, error: &MqttError) {
        let wait = self.backoff.after_failure();
        tracing::debug!(client = %self.client_id, %error, ?wait, "a simulated sensor tries again");
        self.link = Link::Due(Instant::now() + wait);
    }

    /// Makes the reading that is due. Those whose time passed while the sensor was busy connecting are missed.
    fn measure(&mut self) {
        let (now, now_ms) = (Instant::now(), (self.shared.now_ms)());
        loop {
            let ts_ms = now_ms - now.duration_since(self.due).as_millis() as i64;
            self.due += self.shared.config.interval;
            let late = self.due <= now;
            match self.signal.at(ts_ms) {
                Some(_) if late => self.missed(),
                Some(current_a) => self.publish(ts_ms, current_a),
                None => self.lose(),
            }
            if !late {
                return;
            }
        }
    }

    fn missed(&mut self) {
        self.seq += 1;
        self.shared.counters.missed();
    }

    fn publish(&mut self, ts_ms: i64, current_a: f32) {
        if let Link::Lost = self.link {
            self.link = Link::Due(Instant::now());
        }
        let payload = self.dialect.reading(ts_ms, current_a, self.seq + 1);
        match self.client.publish(&self.topic, self.shared.config.qos, false, payload) {
            Ok(id) => {
                self.seq += 1;
                self.shared.counters.published(id.is_some());
                self.waiting.extend(id.map(|id| (id, Instant::now())));
            }
            // A sensor has no memory: what cannot be sent now is gone.
            Err(_) => self.missed(),
        }
    }

    fn lose(&mut self) {
        if self.signal.loss() != Some(Loss::Dropped) {
            return;
        }
        if self.client.is_connected() {
            self.client.drop_connection();
            self.shared.counters.dropped();
            // How long the sensor stays away says nothing about the server.
            self.waiting.clear();
        }
        self.link = Link::Lost;
    }

    /// A server that takes connections but acknowledges nothing is asked less and less often.
    fn acknowledged(&mut self, id: u16) {
        self.backoff.reset();
        let place = self.waiting.iter().position(|(waiting, _)| *waiting == id);
        let sent = place.and_then(|place| self.waiting.remove(place)).map(|(_, sent)| sent);
        self.shared.counters.acknowledged(sent.map(|sent| sent.elapsed()));
    }

    /// Gets the acknowledgements that are missing, as far as they come in time, and says goodbye.
    async fn leave(&mut self) {
        let _ = timeout(DRAIN, async {
            while self.client.is_connected() && self.client.in_flight() > 0 {
                let driven = self.client.drive().await;
                self.driven(driven);
            }
        })
        .await;
        if let Ok(Err(error)) = timeout(GOODBYE, self.client.disconnect()).await {
            tracing::debug!(client = %self.client_id, %error, "a simulated sensor left without goodbye");
        }
    }
}
