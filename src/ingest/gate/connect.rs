//! CONNECT: read it, check it, take the lease, answer.

use super::Gate;
use super::authorise::Authority;
use super::codec::{Frame, Malformed, Version, rumqttd_decode};
use super::encode::{self, Offer, code};
use super::kept::Kept;
use super::lease::Lease;
use super::outbox::Limits;
use super::stream::Stream;
use super::will::Will;
use crate::ingest::port::Refused;
use crate::ingest::refusal::Reason;
use bytes::BytesMut;
use rumqttd::protocol::{Connect, ConnectProperties, LastWill, LastWillProperties, Login, Packet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The largest CONNECT: what nobody has authenticated yet should cost little.
const MAX_CONNECT: usize = 64 * 1024;

/// What a CONNECT says without properties, as all of v3.1.1 do.
const NO_PROPERTIES: ConnectProperties = ConnectProperties {
    session_expiry_interval: None,
    receive_maximum: None,
    max_packet_size: None,
    topic_alias_max: None,
    request_response_info: None,
    request_problem_info: None,
    user_properties: Vec::new(),
    authentication_method: None,
    authentication_data: None,
};

static SESSIONS: AtomicU64 = AtomicU64::new(1);

/// A client that was let in.
pub(super) struct Greeting {
    pub(super) session: u64,
    pub(super) version: Version,
    pub(super) client: Arc<str>,
    pub(super) authority: Authority,
    pub(super) will: Option<Will>,
    /// How long the client may be silent.
    pub(super) patience: Duration,
    pub(super) limits: Limits,
    /// How long the session is kept without a connection, in seconds.
    pub(super) expiry_s: u32,
    /// What there was of it before this connection, or a new one.
    pub(super) kept: Kept,
    pub(super) lease: Lease,
    /// What the client sent behind its CONNECT.
    pub(super) buffer: BytesMut,
    /// The CONNACK, to be sent.
    pub(super) out: BytesMut,
}

/// The name that what a stranger did is kept under.
pub(super) fn stranger(peer: SocketAddr) -> String {
    format!("@{}", peer.ip())
}

/// Why a client is not let in, and what each version is told; `None` is told nothing.
struct Denied {
    client: Option<String>,
    reason: Reason,
    detail: String,
    answer: Option<(Version, u8)>,
}

/// Lets a client in, or answers why not and returns `None`.
pub(super) async fn greet(gate: &Arc<Gate>, stream: &mut Stream, peer: SocketAddr) -> Option<Greeting> {
    let mut buffer = BytesMut::new();
    let frame = match first_packet(stream, &mut buffer).await {
        Ok(Some(frame)) => frame,
        Ok(None) => return None,
        Err(malformed) => return deny(gate, stream, peer, malformed.into()).await,
    };
    let packet = buffer.split_to(frame.total);
    let admitted = match read(frame, packet) {
        Ok(hello) => admit(gate, hello, buffer).await,
        Err(denied) => Err(denied),
    };
    match admitted {
        Ok(greeting) => Some(greeting),
        Err(denied) => deny(gate, stream, peer, denied).await,
    }
}

async fn deny(gate: &Gate, stream: &mut Stream, peer: SocketAddr, denied: Denied) -> Option<Greeting> {
    let mut denied = denied;
    let is_login = matches!(denied.reason, Reason::UnknownClient | Reason::BadCredentials);
    if is_login && !gate.may_fail() {
        // Not kept by the client's name: whoever guesses names would fill the memory of refusals with them.
        denied.client = None;
        denied.reason = Reason::TooFast;
        denied.detail = "more failed logins than configured".into();
        let code = |version| if version == Version::V4 { 3 } else { code::CONNECTION_RATE_EXCEEDED };
        denied.answer = denied.answer.map(|(version, _)| (version, code(version)));
    }
    let client = denied.client.filter(|client| !client.is_empty()).unwrap_or_else(|| stranger(peer));
    gate.refusals.record(&client, gate.refusal(denied.reason, denied.detail).from(peer.ip()));
    if let Some((version, code)) = denied.answer {
        let mut out = BytesMut::new();
        encode::refused(&mut out, version, code);
        // A few bytes on a fresh connection fit its buffer; a client that is gone needs no answer.
        let _ = stream.ready(false, true).await.and_then(|()| stream.try_write(&out));
    }
    None
}

async fn first_packet(stream: &mut Stream, buffer: &mut BytesMut) -> Result<Option<Frame>, Malformed> {
    loop {
        if let Some(first) = buffer.first().filter(|first| **first != 0x10) {
            return Err(Malformed::NoConnect(*first));
        }
        if let Some(frame) = Frame::find(buffer, MAX_CONNECT)? {
            return Ok(Some(frame));
        }
        buffer.reserve(512);
        match stream.ready(true, false).await.and_then(|()| stream.try_read_buf(buffer)) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return Ok(None),
        }
    }
}

struct Hello {
    version: Version,
    connect: Connect,
    properties: Option<ConnectProperties>,
    will: Option<(LastWill, Option<LastWillProperties>)>,
    login: Option<Login>,
}

fn read(frame: Frame, packet: BytesMut) -> Result<Hello, Denied> {
    let silent = |reason, detail: &str| Denied { client: None, reason, detail: detail.into(), answer: None };
    let malformed = |detail: &str| silent(Reason::Garbage, detail);
    let body = &packet[frame.header..];
    let (name, level, flags) = match body {
        [0, 4, b'M', b'Q', b'T', b'T', level, flags, ..] => ("MQTT", *level, *flags),
        [0, 6, b'M', b'Q', b'I', b's', b'd', b'p', level, flags, ..] => ("MQIsdp", *level, *flags),
        _ => return Err(malformed("a CONNECT that does not say MQTT")),
    };
    let version = match (name, level) {
        ("MQTT", 4) => Version::V4,
        ("MQTT", 5) => Version::V5,
        _ => {
            let detail = format!("{name} level {level}; 4 (3.1.1) and 5 are spoken");
            return Err(Denied { answer: Some((Version::V4, 1)), ..silent(Reason::Version, &detail) });
        }
    };
    let password_alone = flags & 0b1100_0000 == 0b0100_0000;
    if flags & 1 != 0 || version == Version::V4 && password_alone {
        return Err(malformed("impossible CONNECT flags"));
    }
    match rumqttd_decode(version, frame, packet) {
        Ok(Packet::Connect(connect, properties, will, will_properties, login)) => {
            let will = will.map(|will| (will, will_properties));
            Ok(Hello { version, connect, properties, will, login })
        }
        Ok(_) => Err(malformed("not a CONNECT")),
        Err(error) => {
            let answer = (version == Version::V5).then_some((version, code::MALFORMED_PACKET));
            Err(Denied { answer, ..malformed(&error.to_string()) })
        }
    }
}

async fn admit(gate: &Arc<Gate>, hello: Hello, buffer: BytesMut) -> Result<Greeting, Denied> {
    let Hello { version, connect, properties, will, login } = hello;
    let properties = properties.unwrap_or(NO_PROPERTIES);
    let denied = |reason, detail: &str, v4: u8, v5: u8| Denied {
        client: Some(connect.client_id.clone()),
        reason,
        detail: detail.into(),
        answer: Some((version, if version == Version::V4 { v4 } else { v5 })),
    };
    let unnamed = connect.client_id.is_empty();
    if connect.client_id.contains('\0') || unnamed && version == Version::V4 && !connect.clean_session {
        return Err(denied(Reason::Protocol, "an impossible client id", 2, code::CLIENT_ID_NOT_VALID));
    }
    if properties.authentication_method.is_some() {
        return Err(denied(Reason::Protocol, "extended authentication", 5, code::BAD_AUTHENTICATION_METHOD));
    }
    if properties.receive_maximum == Some(0) || properties.max_packet_size == Some(0) {
        return Err(denied(Reason::Protocol, "a maximum of 0", 5, code::PROTOCOL_ERROR));
    }
    let given = unnamed.then(|| format!("auto-{}", ulid::Ulid::new()));
    let id = given.as_deref().unwrap_or(&connect.client_id);
    let (client, authority) = identify(gate, id, login.as_ref()).map_err(|refused| match refused {
        Refused::UnknownClient => denied(Reason::UnknownClient, &refused.to_string(), 5, code::NOT_AUTHORIZED),
        Refused::BadCredentials => denied(Reason::BadCredentials, &refused.to_string(), 5, code::BAD_CREDENTIALS),
    })?;
    let lease = gate.leases.acquire(&client).await;
    if gate.sessions() > gate.config.max_connections {
        return Err(denied(Reason::TooManyConnections, "as many sessions as configured", 3, code::SERVER_BUSY));
    }
    let kept = resume(gate, &client, connect.clean_session);
    let session_present = kept.is_some();
    let new = || Kept { number: SESSIONS.fetch_add(1, Ordering::Relaxed), ..Kept::default() };
    let kept = kept.unwrap_or_else(new);
    let will =
        will.and_then(|(will, properties)| Will::checked(gate, &client, kept.number, &authority, will, properties));
    let (patience, server_keep_alive) = patience(gate, version, connect.keep_alive);
    let asked_s = match version {
        Version::V4 if connect.clean_session => 0,
        Version::V4 => u32::MAX,
        Version::V5 => properties.session_expiry_interval.unwrap_or(0),
    };
    let expiry_s = asked_s.min(gate.config.max_session_expiry_s);
    let mut out = BytesMut::new();
    let offer = Offer {
        session_present,
        session_expiry: (expiry_s < asked_s).then_some(expiry_s),
        topic_alias_maximum: gate.config.topic_aliases,
        receive_maximum: u16::try_from(gate.config.in_flight).unwrap_or(u16::MAX).max(1),
        max_packet: u32::try_from(gate.config.max_packet_bytes).unwrap_or(u32::MAX),
        assigned_client_id: given.as_deref(),
        server_keep_alive,
    };
    encode::accepted(&mut out, version, &offer);
    let limits = Limits {
        receive_maximum: properties.receive_maximum,
        max_packet: properties.max_packet_size,
        topic_aliases: properties.topic_alias_max.unwrap_or(0).min(gate.config.topic_aliases),
    };
    let session = kept.number;
    Ok(Greeting { session, version, client, authority, will, patience, limits, expiry_s, kept, lease, buffer, out })
}

/// Who the client is and what it may do.
fn identify(gate: &Gate, id: &str, login: Option<&Login>) -> Result<(Arc<str>, Authority), Refused> {
    let username = login.map(|login| login.username.as_str()).filter(|username| !username.is_empty());
    let password = login.map(|login| login.password.as_bytes()).filter(|password| !password.is_empty());
    match gate.ports.directory.authenticate(id, username, password) {
        Ok(identity) => Ok((identity.client_id, Authority::new(identity.rights))),
        // A name of its own, so that a guest cannot take anybody's session over.
        Err(Refused::UnknownClient) if gate.config.guests && username.is_none() && password.is_none() => {
            let refused = gate.config.guests_refused_filters.clone().into();
            Ok((format!("guest:{id}").into(), Authority::Guest { refused }))
        }
        Err(refused) => Err(refused),
    }
}

/// What was kept of the client's session, unless it wants a new one. A will that waits is spoken when its session ends
/// here, and forgotten when it goes on (MQTT 5, 3.1.3.2.2).
fn resume(gate: &Gate, client: &str, clean_start: bool) -> Option<Kept> {
    let (kept, waiting) = gate.kept.take(client)?;
    if !clean_start {
        return Some(kept);
    }
    if let Some(mut waiting) = waiting {
        waiting.will.speak(gate, &mut waiting.authority);
    }
    None
}

/// How long the client may be silent, and what it has to be told about that (MQTT 5, 3.1.2.10 and 3.2.2.3.14).
fn patience(gate: &Gate, version: Version, keep_alive_s: u16) -> (Duration, Option<u16>) {
    let most = gate.config.max_keep_alive_s.max(1);
    let one_and_a_half = |seconds: u16| Duration::from_millis(u64::from(seconds) * 1500);
    match version {
        Version::V5 if keep_alive_s == 0 || keep_alive_s > most => (one_and_a_half(most), Some(most)),
        Version::V4 if keep_alive_s == 0 => (Duration::from_millis(gate.config.idle_limit_ms), None),
        _ => (one_and_a_half(keep_alive_s), None),
    }
}

impl From<Malformed> for Denied {
    fn from(malformed: Malformed) -> Self {
        let reason = if let Malformed::TooLarge(_) = malformed { Reason::TooLarge } else { Reason::Garbage };
        Self { client: None, reason, detail: malformed.to_string(), answer: None }
    }
}
