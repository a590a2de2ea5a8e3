use crate::platform::config::TlsConfig;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};

/// How the MQTT front listens and what it bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FrontConfig {
    /// Address and port; port 0 takes a free one, see [`Front::local_addr`](super::Front::local_addr).
    pub listen: SocketAddr,
    /// A second port that speaks TLS.
    pub tls: Option<TlsConfig>,
    /// Connections an address may open in a second, and at once after a rest.
    pub connects_per_s: u32,
    /// The latter.
    pub connects_burst: u32,
    /// Logins that may fail in a second, of all addresses together, and at once after a rest; more are told nothing else.
    pub failed_logins_per_s: u32,
    /// The latter.
    pub failed_logins_burst: u32,
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
    /// The longest keep-alive, in seconds: a v5 client that asks for a longer one or for none is given this.
    pub max_keep_alive_s: u16,
    /// Topic aliases a v5 client may use, and at most as many are used towards it.
    pub topic_aliases: u16,
    /// Seconds a session is kept for a client that is away, at most; 0 keeps none.
    pub max_session_expiry_s: u32,
    /// Sessions kept for clients that are away; the one nearest to its end makes room.
    pub max_sessions_kept: usize,
    /// Messages that wait for one subscriber; the oldest give way.
    pub queue_messages: usize,
    /// The same in bytes.
    pub queue_bytes: usize,
    /// What waits for all subscribers together, in bytes.
    pub queues_bytes: usize,
    /// Topics whose retained message is kept.
    pub retained_messages: usize,
    /// The same in bytes.
    pub retained_bytes: usize,
    /// Whether strangers without credentials may use topics outside `dayi/`; only on a loopback address.
    pub guests: bool,
    /// Filters refused to guests.
    pub guests_refused_filters: Vec<String>,
    /// The zone of sensors that send a local time without one, in minutes east of UTC.
    pub sensor_zone_minutes: i32,
}

impl Default for FrontConfig {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 1883).into(),
            tls: None,
            connects_per_s: 1_000,
            connects_burst: 10_000,
            failed_logins_per_s: 100,
            failed_logins_burst: 1_000,
            max_connections: 15_000,
            max_packet_bytes: 256 * 1024,
            connect_timeout_ms: 10_000,
            idle_limit_ms: 300_000,
            drain_timeout_ms: 5_000,
            in_flight: 64,
            max_subscriptions: 64,
            max_keep_alive_s: 60,
            topic_aliases: 16,
            max_session_expiry_s: 86_400,
            max_sessions_kept: 20_000,
            queue_messages: 10_000,
            queue_bytes: 8 << 20,
            queues_bytes: 256 << 20,
            retained_messages: 10_000,
            retained_bytes: 16 << 20,
            guests: false,
            guests_refused_filters: vec!["nosubscribe".into(), "test/nosubscribe".into()],
            sensor_zone_minutes: 480,
        }
    }
}
