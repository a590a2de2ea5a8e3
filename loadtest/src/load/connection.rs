//! One client: a sensor, or a gateway with many.

use super::counters::{LoadCounters, down, up};
use super::fleet::Line;
use super::ledger::{Ledger, Sent};
use super::orders::Orders;
use super::plan::Plan;
use super::wave::ampere;
use crate::mqtt::{Backoff, Client, ClientOptions, Login, MqttError};
use crate::seed::{hash_text, unit};
use crate::simulator::Dialect;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

/// The first wait after a connection failed, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// How long a client waits for its last acknowledgements.
const DRAIN: Duration = Duration::from_secs(60);

/// What all connections share.
pub(super) struct Shared {
    pub(super) plan: Plan,
    pub(super) counters: Arc<LoadCounters>,
    pub(super) begun: Instant,
    /// UTC milliseconds when the load began.
    pub(super) begun_ms: i64,
}

/// A publish without its acknowledgement.
struct Waiting {
    packet: u16,
    instrument: usize,
    place: usize,
    sent: Instant,
}

pub(super) struct Connection {
    client: Client,
    dialect: Dialect,
    topics: Vec<String>,
    ledgers: Vec<Ledger>,
    /// The number of its first instrument over all.
    first: usize,
    waiting: VecDeque<Waiting>,
    /// Readings that were due so far, sent or missed.
    turns: u64,
    /// When the first one is due.
    start: Instant,
    /// From one turn to the next.
    pace: Duration,
    backoff: Backoff,
    retry_at: Instant,
    storms_seen: u32,
    /// Where the server is, as far as it was told.
    server: Option<SocketAddr>,
    /// When it was told to drop its connection, until it is back.
    away_since: Option<Instant>,
    next_stall: Option<Instant>,
    stalled_until: Option<Instant>,
    orders: watch::Receiver<Orders>,
    shared: Arc<Shared>,
}

impl Connection {
    pub(super) fn new(number: usize, line: Line, orders: watch::Receiver<Orders>, shared: Arc<Shared>) -> Self {
        let plan = &shared.plan;
        let Line { credentials, instruments, dialect } = line;
        let per_connection = plan.instruments_per_connection.max(1);
        let ramped = shared.begun + plan.ramp.mul_f64(number as f64 / plan.connections.max(1) as f64);
        let pace = plan.interval / u32::try_from(per_connection).unwrap_or(1);
        let chance = hash_text(plan.seed, &credentials.client_id);
        let server = orders.borrow().server.unwrap_or_else(|| ([127, 0, 0, 1], 0).into());
        let options = ClientOptions {
            login: Some(Login { username: credentials.client_id.clone(), password: credentials.token }),
            // A gateway's last will would be about one of its instruments only.
            will: match instruments.as_slice() {
                [one] => Some(dialect.will(one, one)),
                _ => None,
            },
            window: plan.window,
            ..ClientOptions::new(credentials.client_id)
        };
        let stalls = plan.stall.filter(|stall| unit(chance.rotate_left(17)) < stall.share);
        Self {
            client: Client::new(server, options),
            dialect,
            topics: instruments.iter().map(|id| dialect.topic(id, id)).collect(),
            ledgers: instruments.into_iter().map(Ledger::new).collect(),
            first: number * per_connection,
            waiting: VecDeque::new(),
            turns: 0,
            start: ramped + pace.mul_f32(unit(chance)),
            pace,
            backoff: Backoff::new(chance, BACKOFF.0, BACKOFF.1),
            retry_at: ramped,
            storms_seen: 0,
            server: Some(server),
            away_since: None,
            next_stall: stalls.map(|stall| ramped + stall.every),
            stalled_until: None,
            orders,
            shared,
        }
    }

    /// Works until told to stop, then gets its acknowledgements and leaves.
    pub(super) async fn run(mut self) -> Vec<Ledger> {
        loop {
            let orders = *self.orders.borrow_and_update();
            if orders.stop {
                break;
            }
            self.obey(orders);
            if let Some(until) = self.stalled_until {
                tokio::select! {
                    biased;
                    _ = self.orders.changed() => {}
                    () = sleep_until(until) => self.stalled_until = None,
                }
            } else if self.client.is_connected() {
                self.work().await;
            } else if orders.server.is_some() {
                self.connect_in_time().await;
            } else {
                self.wait_for_server().await;
            }
        }
        self.leave().await;
        self.ledgers
    }

    fn obey(&mut self, orders: Orders) {
        if orders.server != self.server {
            self.server = orders.server;
            // Back at once, however often it was tried while the server was away.
            self.retry_at = self.retry_at.min(Instant::now());
            if let Some(server) = orders.server {
                self.client.set_address(server);
            }
        }
        if orders.storms != self.storms_seen {
            self.storms_seen = orders.storms;
            if self.client.is_connected() {
                self.client.drop_connection();
                down(&self.shared.counters.connected);
                self.away_since = Some(Instant::now());
                self.retry_at = Instant::now();
            }
        }
    }

    /// Until the next turn, acknowledgement or order.
    async fn work(&mut self) {
        let due = self.due();
        let next_stall = self.next_stall;
        tokio::select! {
            biased;
            _ = self.orders.changed() => {}
            driven = self.client.drive() => match driven {
                Ok(packet) => self.acknowledged(packet),
                Err(error) => self.lost(&error),
            },
            () = sleep_until(due) => self.turn(),
            () = sleep_until(next_stall.unwrap_or(due)), if next_stall.is_some() => self.stall(),
        }
    }

    fn due(&self) -> Instant {
        // No load runs for so long that this wraps.
        self.start + Duration::from_nanos(self.pace.as_nanos() as u64 * self.turns)
    }

    /// Sends the reading that is due; those that should have been sent long ago are missed: a sensor has no memory.
    fn turn(&mut self) {
        let now = Instant::now();
        let late = now.saturating_duration_since(self.due());
        let missed = (late.as_nanos() / self.pace.as_nanos().max(1)) as u64;
        self.miss(missed);
        self.publish(now);
        self.turns += 1;
    }

    fn miss(&mut self, turns: u64) {
        self.turns += turns;
        self.shared.counters.missed.fetch_add(turns, Ordering::Relaxed);
    }

    fn publish(&mut self, now: Instant) {
        let plan = &self.shared.plan;
        let instrument = (self.turns % self.ledgers.len().max(1) as u64) as usize;
        let (Some(ledger), Some(topic)) = (self.ledgers.get_mut(instrument), self.topics.get(instrument)) else {
            return;
        };
        if !self.client.has_room(plan.qos) {
            up(&self.shared.counters.missed);
            return;
        }
        let after = now.duration_since(self.shared.begun);
        let last = ledger.sent.last().map(|sent| sent.ts_ms);
        let resolution = self.dialect.resolution_ms();
        let ts_ms = match (plan.clock_step_ms, last) {
            (Some(step), Some(last)) => last + step,
            (Some(_), None) => self.shared.begun_ms,
            (None, last) => {
                let now_ms = (self.shared.begun_ms + after.as_millis() as i64) / resolution * resolution;
                last.map_or(now_ms, |last| now_ms.max(last + resolution))
            }
        };
        let milliampere = plan.wave.milliampere((self.first + instrument) as u64, ts_ms);
        let payload = self.dialect.reading(ts_ms, ampere(milliampere), ledger.sent.len() as u64 + 1);
        match self.client.publish(topic, plan.qos, false, payload) {
            Ok(packet) => {
                let place = ledger.note(Sent::new(ts_ms, milliampere, after.as_secs_f64() * 1e3));
                up(&self.shared.counters.published);
                self.waiting.extend(packet.map(|packet| Waiting { packet, instrument, place, sent: now }));
            }
            Err(error) => {
                tracing::error!(%error, topic, "a reading cannot be put into a packet");
                up(&self.shared.counters.missed);
            }
        }
    }

    fn acknowledged(&mut self, packet: u16) {
        self.backoff.reset();
        let place = self.waiting.iter().position(|waiting| waiting.packet == packet);
        let Some(waiting) = place.and_then(|place| self.waiting.remove(place)) else { return };
        if let Some(ledger) = self.ledgers.get_mut(waiting.instrument) {
            ledger.acknowledge(waiting.place);
        }
        up(&self.shared.counters.acknowledged);
        self.shared.counters.puback(waiting.sent.elapsed());
    }

    fn lost(&mut self, error: &MqttError) {
        tracing::debug!(%error, "a connection ended");
        down(&self.shared.counters.connected);
        up(&self.shared.counters.lost_connections);
        self.retry_at = Instant::now() + self.backoff.after_failure();
    }

    async fn connect_in_time(&mut self) {
        if self.retry_at > Instant::now() {
            let at = self.retry_at;
            tokio::select! {
                biased;
                _ = self.orders.changed() => {}
                () = sleep_until(at) => {}
            }
            return;
        }
        let counters = &self.shared.counters;
        match self.client.connect().await {
            Ok(()) => {
                up(&counters.connected);
                up(&counters.connects);
                if let Some(since) = self.away_since.take() {
                    counters.returned(since.elapsed());
                }
                let behind = Instant::now().saturating_duration_since(self.due());
                self.miss((behind.as_nanos() / self.pace.as_nanos().max(1)) as u64);
            }
            Err(MqttError::Refused(refusal)) if refusal.is_final() => {
                tracing::error!(%refusal, "a client is refused for good");
                up(&counters.refused);
                self.wait_for_server().await;
            }
            Err(error) => {
                tracing::debug!(%error, "a connection failed");
                up(&counters.failed_connects);
                self.retry_at = Instant::now() + self.backoff.after_failure();
            }
        }
    }

    /// Until the next order. While the server is away a client is not connected to it, whether or not it noticed.
    async fn wait_for_server(&mut self) {
        // Whoever gives orders is gone only when everything ends.
        if self.orders.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        self.retry_at = Instant::now();
    }

    fn stall(&mut self) {
        let Some(stall) = self.shared.plan.stall else { return };
        let now = Instant::now();
        up(&self.shared.counters.stalled);
        self.stalled_until = Some(now + stall.lasting);
        self.next_stall = Some(now + stall.every.max(stall.lasting));
    }

    async fn leave(&mut self) {
        let counted = self.client.is_connected();
        let drained = timeout(DRAIN, async {
            while self.client.in_flight() > 0 {
                if self.client.is_connected() {
                    match self.client.drive().await {
                        Ok(packet) => self.acknowledged(packet),
                        Err(error) => tracing::debug!(%error, "a connection ended"),
                    }
                } else if self.orders.borrow().server.is_none() || self.client.connect().await.is_err() {
                    tokio::time::sleep(BACKOFF.0).await;
                }
            }
        });
        if drained.await.is_err() {
            tracing::warn!(left = self.client.in_flight(), "a client got no acknowledgement for its last readings");
        }
        if counted {
            down(&self.shared.counters.connected);
        }
        // It leaves in any case.
        let _ = timeout(BACKOFF.1, self.client.disconnect()).await;
    }
}
