//! One task a connection: who is it, may it do that, and what becomes of it.
//!
//! `connect` lets a client in and `lease` keeps it to one session; `session` is the loop that reads, hands over, and
//! answers; `publish` takes messages in, `subscribe` and `outbox` give messages out, `will` speaks for those who left
//! without a word. `codec` and `encode` are the bytes, `authorise` and `topic` the rules, `exchange` and `post` the
//! ways from one client to another.

mod authorise;
mod codec;
mod connect;
mod encode;
mod exchange;
mod lease;
mod outbox;
mod post;
mod publish;
mod publisher;
mod session;
mod subscribe;
mod topic;
mod will;

pub use publisher::Publisher;

use super::config::FrontConfig;
use super::port::Ports;
use super::refusal::{Reason, Refusal, Refusals};
use exchange::Exchange;
use jiff::tz::Offset;
use lease::Leases;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// What all sessions share.
pub(super) struct Gate {
    config: FrontConfig,
    ports: Ports,
    refusals: Refusals,
    leases: Leases,
    exchange: Arc<Exchange>,
    zone: Offset,
    received: metrics::Counter,
}

impl Gate {
    pub(super) fn new(config: FrontConfig, ports: Ports) -> Self {
        let zone = Offset::from_seconds(config.sensor_zone_minutes.saturating_mul(60)).unwrap_or(Offset::UTC);
        let received = metrics::counter!("dayi_readings_received_total");
        let (refusals, leases, exchange) = Default::default();
        Self { config, ports, refusals, leases, exchange, zone, received }
    }

    pub(super) fn config(&self) -> &FrontConfig {
        &self.config
    }

    pub(super) fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    pub(super) fn sessions(&self) -> usize {
        self.leases.len()
    }

    /// A refusal of now.
    pub(super) fn refusal(&self, reason: Reason, detail: impl Into<String>) -> Refusal {
        Refusal::new(self.ports.clock.now_ms(), reason, detail)
    }

    fn drain_timeout(&self) -> Duration {
        Duration::from_millis(self.config.drain_timeout_ms)
    }
}

/// The whole life of one connection.
pub(super) async fn connection(gate: Arc<Gate>, stream: TcpStream, peer: SocketAddr, stop: CancellationToken) {
    let timeout = Duration::from_millis(gate.config.connect_timeout_ms);
    let greeting = tokio::select! {
        biased;
        () = stop.cancelled() => return,
        greeting = tokio::time::timeout(timeout, connect::greet(&gate, &stream, peer)) => greeting,
    };
    match greeting {
        Ok(Some(greeting)) => session::run(gate, stream, greeting, stop).await,
        Ok(None) => {}
        Err(_) => {
            let refusal = gate.refusal(Reason::ConnectTimeout, format!("not let in within {timeout:?}"));
            gate.refusals.record(&connect::stranger(peer), refusal);
        }
    }
}
