//! CONNECT: read it, check it, take the lease, answer.

use super::Gate;
use super::authorise::Authority;
use super::codec::{Frame, Malformed, Version, rumqttd_decode};
use super::encode::{self, Offer, code};
use super::lease::Lease;
use super::will::Will;
use crate::ingest::port::Refused;
use crate::ingest::refusal::Reason;
use bytes::BytesMut;
use rumqttd::protocol::{Connect, ConnectProperties, LastWill, LastWillProperties, Login, Packet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;

/// The largest CONNECT: what nobody has authenticated yet should cost little.
const MAX_CONNECT: usize = 64 * 1024;

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
    pub(super) receive_maximum: Option<u16>,
    pub(super) max_packet: Option<u32>,
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
pub(super) async fn greet(gate: &Arc<Gate>, stream: &TcpStream, peer: SocketAddr) -> Option<Greeting> {
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

async fn deny(gate: &Gate, stream: &TcpStream, peer: SocketAddr, denied: Denied) -> Option<Greeting> {
    let client = denied.client.filter(|client| !client.is_empty()).unwrap_or_else(|| stranger(peer));
    gate.refusals.record(&client, gate.refusal(denied.reason, denied.detail).from(peer.ip()));
    if let Some((version, code)) = denied.answer {
        let mut out = BytesMut::new();
        encode::refused(&mut out, version, code);
        // A few bytes on a fresh connection fit its buffer; a client that is gone needs no answer.
        let _ = stream.writable().await.and_then(|()| stream.try_write(&out));
    }
    None
}

async fn first_packet(stream: &TcpStream, buffer: &mut BytesMut) -> Result<Option<Frame>, Malformed> {
    loop {
        if let Some(first) = buffer.first().filter(|first| **first != 0x10) {
            return Err(Malformed::NoConnect(*first));
        }
        if let Some(frame) = Frame::find(buffer, MAX_CONNECT)? {
            return Ok(Some(frame));
        }
        buffer.reserve(512);
        match stream.readable().await.and_then(|()| stream.try_read_buf(buffer)) {
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
    if properties.as_ref().is_some_and(|properties| properties.authentication_method.is_some()) {
        return Err(denied(Reason::Protocol, "extended authentication", 5, code::BAD_AUTHENTICATION_METHOD));
    }
    let username = login.as_ref().map(|login| login.username.as_str()).filter(|username| !username.is_empty());
    let password = login.as_ref().map(|login| login.password.as_bytes()).filter(|password| !password.is_empty());
    let identity = gate.ports.directory.authenticate(&connect.client_id, username, password);
    let identity = identity.map_err(|refused| match refused {
        Refused::UnknownClient => denied(Reason::UnknownClient, &refused.to_string(), 5, code::NOT_AUTHORIZED),
        Refused::BadCredentials => denied(Reason::BadCredentials, &refused.to_string(), 5, code::BAD_CREDENTIALS),
    })?;
    let session = SESSIONS.fetch_add(1, Ordering::Relaxed);
    let given = unnamed.then(|| format!("auto-{session}"));
    let client = match &given {
        Some(given) if identity.client_id.is_empty() => given.as_str().into(),
        _ => identity.client_id,
    };
    let authority = Authority::new(identity.rights);
    let lease = gate.leases.acquire(&client).await;
    if gate.sessions() > gate.config.max_connections {
        return Err(denied(Reason::TooManyConnections, "as many sessions as configured", 3, code::SERVER_BUSY));
    }
    let will = will.and_then(|(will, properties)| Will::checked(gate, &client, session, &authority, will, properties));
    let (patience, server_keep_alive) = patience(gate, connect.keep_alive);
    let mut out = BytesMut::new();
    let offer = Offer {
        receive_maximum: u16::try_from(gate.config.in_flight).unwrap_or(u16::MAX).max(1),
        max_packet: u32::try_from(gate.config.max_packet_bytes).unwrap_or(u32::MAX),
        assigned_client_id: given.as_deref(),
        server_keep_alive,
    };
    encode::accepted(&mut out, version, &offer);
    let (receive_maximum, max_packet) =
        properties.map_or((None, None), |properties| (properties.receive_maximum, properties.max_packet_size));
    Ok(Greeting {
        session,
        version,
        client,
        authority,
        will,
        patience,
        receive_maximum,
        max_packet,
        lease,
        buffer,
        out,
    })
}

/// How long the client may be silent, and what it has to be told about that.
fn patience(gate: &Gate, keep_alive_s: u16) -> (Duration, Option<u16>) {
    if keep_alive_s > 0 {
        return (Duration::from_millis(u64::from(keep_alive_s) * 1500), None);
    }
    let limit = Duration::from_millis(gate.config.idle_limit_ms);
    (limit, Some(u16::try_from(limit.as_secs() * 2 / 3).unwrap_or(u16::MAX).max(1)))
}

impl From<Malformed> for Denied {
    fn from(malformed: Malformed) -> Self {
        let reason = if let Malformed::TooLarge(_) = malformed { Reason::TooLarge } else { Reason::Garbage };
        Self { client: None, reason, detail: malformed.to_string(), answer: None }
    }
}
