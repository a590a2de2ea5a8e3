//! The loop of one connection. It never waits for one thing alone, so a slow client, a slow instrument, a newcomer with
//! the same id and the end of the server are each seen at once.

use super::Gate;
use super::alias::Aliases;
use super::authorise::Authority;
use super::codec::{self, Incoming, Malformed, Step, Version};
use super::connect::Greeting;
use super::encode::{self, code};
use super::kept::Kept;
use super::lease::Lease;
use super::outbox::Outbox;
use super::publish::Inbox;
use super::stream::Stream;
use super::subscribe::Subscriptions;
use crate::ingest::refusal::Reason;
use bytes::{Buf, BytesMut};
use std::io::ErrorKind::WouldBlock;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Answers that wait for the client, in bytes, before nothing more is done for it.
pub(super) const HIGH_WATER: usize = 64 * 1024;
const SMALL_READ: usize = 1024;
const LARGE_READ: usize = 64 * 1024;
/// How long an ended connection is listened to, so that the client reads why before its socket is reset.
const LINGER: Duration = Duration::from_secs(1);

/// One client's session.
pub(super) struct Session {
    pub(super) gate: Arc<Gate>,
    pub(super) number: u64,
    pub(super) version: Version,
    pub(super) client: Arc<str>,
    pub(super) authority: Authority,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) subscriptions: Option<Box<Subscriptions>>,
    pub(super) aliases: Aliases,
    pub(super) out: BytesMut,
    patience: Duration,
    /// Seconds the session is kept when its connection has ended.
    pub(super) expiry_s: u32,
}

/// Why a session ended.
#[derive(Debug)]
pub(super) enum End {
    /// The client said DISCONNECT.
    Disconnected { with_will: bool },
    /// The connection broke.
    Lost,
    /// The client was silent for too long.
    Silent,
    /// The client sent what is no packet.
    Malformed(Malformed),
    /// The client broke the protocol.
    Breach { code: u8, detail: &'static str },
    /// The client did what it may not; already counted.
    Refused(u8),
    /// A newcomer has the same client id.
    TakenOver,
    /// The client's rights have changed.
    Closed,
    /// The server stops.
    Stopping,
    /// A part of the server that the session needs is not there.
    Unavailable,
}

impl End {
    pub(super) fn breach(code: u8, detail: &'static str) -> Self {
        Self::Breach { code, detail }
    }

    /// What a v5 client is told.
    fn code(&self) -> Option<u8> {
        match self {
            Self::Disconnected { .. } | Self::Lost => None,
            Self::Silent => Some(code::KEEP_ALIVE_TIMEOUT),
            Self::Malformed(Malformed::TooLarge(_)) => Some(code::PACKET_TOO_LARGE),
            Self::Malformed(Malformed::ConnectAgain) => Some(code::PROTOCOL_ERROR),
            Self::Malformed(_) => Some(code::MALFORMED_PACKET),
            Self::Breach { code, .. } | Self::Refused(code) => Some(*code),
            Self::TakenOver => Some(code::SESSION_TAKEN_OVER),
            Self::Closed => Some(code::ADMINISTRATIVE_ACTION),
            Self::Stopping => Some(code::SERVER_SHUTTING_DOWN),
            Self::Unavailable => Some(code::SERVER_UNAVAILABLE),
        }
    }

    /// Whether the client's will is spoken: not when it took its leave, nor when it is we who go.
    fn speaks_will(&self) -> bool {
        !matches!(self, Self::Disconnected { with_will: false } | Self::Stopping)
    }
}

/// Serves a client from its CONNACK to the end.
pub(super) async fn run(gate: Arc<Gate>, mut stream: Stream, greeting: Greeting, stop: CancellationToken) {
    let _counted = Counted::new();
    let Greeting {
        session,
        version,
        client,
        authority,
        will,
        patience,
        limits,
        expiry_s,
        kept,
        lease,
        buffer,
        out,
        ..
    } = greeting;
    tracing::debug!(client = &*client, session, ?version, "connected");
    let Kept { number, mut subscriptions, pending, unreleased } = kept;
    if let Some(subscriptions) = &mut subscriptions {
        subscriptions.resume(&authority);
    }
    let mut inbox = Inbox::default();
    inbox.resume(unreleased);
    let outbox = Outbox::new(version, limits, expiry_s > 0, pending);
    let aliases = Aliases::default();
    let mut session = Session {
        gate,
        number,
        version,
        client,
        authority,
        inbox,
        outbox,
        subscriptions,
        aliases,
        out,
        patience,
        expiry_s,
    };
    let end = session.serve(&mut stream, &lease, &stop, buffer).await;
    tracing::debug!(client = &*session.client, ?end, "ended");
    session.count(&end);
    session.finish(&mut stream, &end).await;
    let tells = end.code().is_some() && version == Version::V5;
    session.leave(will.filter(|_| end.speaks_will()));
    drop(lease);
    if tells {
        tokio::select! {
            () = stream.close() => {}
            () = tokio::time::sleep(LINGER) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// One connection in the metrics, for as long as it lives.
struct Counted(metrics::Gauge);

impl Counted {
    fn new() -> Self {
        let connections = metrics::gauge!("dayi_mqtt_connections");
        connections.increment(1);
        Self(connections)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

impl Session {
    async fn serve(
        &mut self,
        stream: &mut Stream,
        lease: &Lease,
        stop: &CancellationToken,
        mut buffer: BytesMut,
    ) -> End {
        let mut last_read = Instant::now();
        let mut alarm = pin!(tokio::time::sleep(self.patience));
        let mut chunk = SMALL_READ;
        loop {
            let left = match self.take_packets(&mut buffer) {
                Ok(left) => left,
                Err(end) => return end,
            };
            self.deliver();
            if self.write(stream).is_err() {
                return End::Lost;
            }
            let has_room = self.inbox.has_room(self.gate.config().in_flight);
            let keeps_up = self.out.len() < HIGH_WATER;
            if left && has_room && keeps_up {
                // What was taken was answered at once: nothing would wake us for the rest.
                continue;
            }
            let gives = keeps_up && self.outbox.has_room();
            let has_more = gives && self.subscriptions.as_ref().is_some_and(|own| own.has_some());
            let reads = has_room && keeps_up;
            tokio::select! {
                biased;
                () = lease.evicted() => return if lease.is_closed() { End::Closed } else { End::TakenOver },
                () = stop.cancelled() => return End::Stopping,
                () = self.authority.ended() => return End::Closed,
                Some(done) = self.inbox.next(), if !self.inbox.is_empty() => {
                    if let Err(end) = self.acknowledge(done) {
                        return end;
                    }
                }
                ready = stream.ready(reads, !self.out.is_empty()) => {
                    if ready.is_err() {
                        return End::Lost;
                    }
                    if reads {
                        buffer.reserve(chunk);
                        match stream.try_read_buf(&mut buffer) {
                            Ok(0) => return End::Lost,
                            Ok(read) => {
                                last_read = Instant::now();
                                chunk = if read >= chunk { (chunk * 2).min(LARGE_READ) } else { read.clamp(SMALL_READ, chunk) };
                            }
                            Err(error) if error.kind() == WouldBlock => {}
                            Err(_) => return End::Lost,
                        }
                    }
                }
                () = arrived(self.subscriptions.as_deref()), if gives => {}
                // More is there already; everything else had its turn.
                () = tokio::task::yield_now(), if has_more => {}
                () = &mut alarm => {
                    // While it is us who do not read, the client cannot be heard.
                    let silent_since = if has_room { last_read } else { Instant::now() };
                    let deadline = silent_since + self.patience;
                    if deadline <= Instant::now() {
                        return End::Silent;
                    }
                    alarm.as_mut().reset(deadline);
                }
            }
        }
    }

    /// Works through the packets that are there, as far as the client's window goes; whether more may be there.
    fn take_packets(&mut self, buffer: &mut BytesMut) -> Result<bool, End> {
        if buffer.is_empty() {
            return Ok(false);
        }
        let (max, window) = (self.gate.config().max_packet_bytes, self.gate.config().in_flight);
        let received_ms = self.gate.ports.clock.now_ms();
        let mut end = Ok(true);
        while self.inbox.has_room(window) && self.out.len() < HIGH_WATER {
            end = match codec::next(self.version, buffer, max) {
                Ok(Some(packet)) => self.take(packet, received_ms).map(|()| true),
                Ok(None) => Ok(false),
                Err(malformed) => Err(End::Malformed(malformed)),
            };
            if !matches!(end, Ok(true)) {
                break;
            }
        }
        self.seal();
        if buffer.is_empty() {
            // An idle client costs no buffer.
            *buffer = BytesMut::new();
        }
        end
    }

    fn take(&mut self, packet: Incoming, received_ms: i64) -> Result<(), End> {
        match packet {
            Incoming::Publish(published) => self.publish(published, received_ms)?,
            Incoming::Ack { step: Step::PubRel, pkid, .. } => {
                let code = if self.inbox.release(pkid) { code::SUCCESS } else { code::PACKET_ID_NOT_FOUND };
                encode::ack(&mut self.out, self.version, encode::PUBCOMP, pkid, code);
            }
            Incoming::Ack { step, pkid, failed } => self.outbox.acknowledged(&mut self.out, step, pkid, failed),
            Incoming::Subscribe { pkid, filters, id } => {
                // What the client published before is none of what it hears from now on.
                self.seal();
                self.subscribe(pkid, filters, id)?;
            }
            Incoming::Unsubscribe { pkid, filters } => self.unsubscribe(pkid, &filters),
            Incoming::Ping => encode::pong(&mut self.out),
            Incoming::Disconnect { with_will, expiry } => return Err(self.disconnected(with_will, expiry)),
        }
        Ok(())
    }

    /// Writes what the socket takes without waiting.
    fn write(&mut self, stream: &mut Stream) -> std::io::Result<()> {
        while !self.out.is_empty() {
            match stream.try_write(&self.out) {
                Ok(0) => return Err(std::io::ErrorKind::WriteZero.into()),
                Ok(written) => self.out.advance(written),
                Err(error) if error.kind() == WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.out = BytesMut::new();
        Ok(())
    }

    /// Waits for what is being handed over, answers it, and takes leave; all of it within the drain time.
    async fn finish(&mut self, stream: &mut Stream, end: &End) {
        let deadline = Instant::now() + self.gate.drain_timeout();
        let drained = tokio::time::timeout_at(deadline, async {
            while let Some(done) = self.inbox.next().await {
                if self.acknowledge(done).is_err() {
                    break;
                }
            }
        });
        if drained.await.is_err() {
            tracing::warn!(client = &*self.client, "readings were still waiting when their session had to end");
        }
        if matches!(end, End::Lost) {
            return;
        }
        if let Some(code) = end.code() {
            encode::disconnect(&mut self.out, self.version, code);
        }
        let flushed = async {
            while self.write(stream).is_ok() && !self.out.is_empty() {
                if stream.ready(false, true).await.is_err() {
                    return;
                }
            }
            let _ = stream.flush().await;
        };
        // An old connection that a newcomer replaces is often half-open: what fits its socket has to do.
        let deadline = if matches!(end, End::TakenOver) { Instant::now() } else { deadline };
        let _ = tokio::time::timeout_at(deadline, flushed).await;
    }

    fn count(&self, end: &End) {
        let (reason, detail) = match end {
            End::Malformed(malformed @ Malformed::TooLarge(_)) => (Reason::TooLarge, malformed.to_string()),
            End::Malformed(malformed @ Malformed::ConnectAgain) => (Reason::Protocol, malformed.to_string()),
            End::Malformed(malformed) => (Reason::Garbage, malformed.to_string()),
            End::Breach { detail, .. } => (Reason::Protocol, (*detail).to_owned()),
            _ => return,
        };
        self.gate.refusals.record(&self.client, self.gate.refusal(reason, detail));
    }
}

async fn arrived(subscriptions: Option<&Subscriptions>) {
    match subscriptions {
        Some(subscriptions) => subscriptions.arrived().await,
        None => std::future::pending().await,
    }
}
