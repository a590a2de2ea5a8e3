use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};

/// How the MQTT front listens and what it bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FrontConfig {
    /// Address and port; port 0 takes a free one, see [`Front::local_addr`](super::Front::local_addr).
    pub listen: SocketAddr,
    /// Sessions at a time.
    pub max_connections: usize,
    /// The largest packet a client may send, in bytes.
    pub max_packet_bytes: usize,
    /// Milliseconds a new connection has to be let in: for its CONNECT, and for the end of the session it replaces.
    pub connect_timeout_ms: u64,
    /// Milliseconds a client with keep-alive 0 may be silent.
    pub idle_limit_ms: u64,
    /// Milliseconds an ended session has to hand over what it holds and to flush its last answers.
    pub drain_timeout_ms: u64,
    /// Publishes of one client that may be under way at a time; reading from its socket stops at that many.
    pub in_flight: usize,
    /// Filters one client may subscribe to.
    pub max_subscriptions: usize,
    /// The zone of sensors that send a local time without one, in minutes east of UTC.
    pub sensor_zone_minutes: i32,
}

impl Default for FrontConfig {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 1883).into(),
            max_connections: 15_000,
            max_packet_bytes: 256 * 1024,
            connect_timeout_ms: 10_000,
            idle_limit_ms: 300_000,
            drain_timeout_ms: 5_000,
            in_flight: 64,
            max_subscriptions: 64,
            sensor_zone_minutes: 480,
        }
    }
}
