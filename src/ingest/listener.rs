use super::config::FrontConfig;
use super::gate::{self, Closer, Gate, Publisher};
use super::port::Ports;
use super::rate::{ByAddress, Rate};
use super::refusal::{Reason, Refusals};
use super::tls::{Tls, TlsError};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Connections that wait in the system's queue: a reconnect storm fits.
const BACKLOG: u32 = 4096;
/// Connections beyond the sessions, for those who are not let in yet or replace a session.
const SPARE: usize = 1024;
/// How long accepting rests after it failed, as it does without a free file descriptor.
const REST: Duration = Duration::from_millis(50);

/// Why the front could not listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address.
    #[error(
        "cannot listen for MQTT on {address}: {source}. Another program (a broker such as Mosquitto?) may have the port: name another with --mqtt or [mqtt] listen ([mqtt.tls] listen for TLS)"
    )]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The certificate or its key.
    #[error("MQTT cannot speak TLS: {0}. See [mqtt.tls] in the configuration")]
    Tls(#[from] TlsError),
    /// Guests on an address others can reach.
    #[error(
        "[mqtt] guests lets everybody in who has no credentials, so it is allowed on a loopback address only, and {0} is none"
    )]
    Guests(SocketAddr),
}

/// The MQTT front: listens for sensors and services.
pub struct Front {
    plain: Door,
    secure: Option<Door>,
    gate: Arc<Gate>,
}

/// A port.
struct Door {
    listener: TcpListener,
    local_addr: SocketAddr,
    tls: Option<Tls>,
}

impl Door {
    fn open(address: SocketAddr, tls: Option<Tls>) -> Result<Self, BindError> {
        let listen = || {
            let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            let listener = socket.listen(BACKLOG)?;
            let local_addr = listener.local_addr()?;
            Ok((listener, local_addr))
        };
        let (listener, local_addr) = listen().map_err(|source| BindError::Listen { address, source })?;
        Ok(Self { listener, local_addr, tls })
    }
}

impl Front {
    /// Opens the ports. Nobody is let in before [`run`](Self::run). A recorder of metrics has to be installed before.
    ///
    /// # Errors
    /// When an address cannot be listened on, a certificate cannot be used, or guests could come from elsewhere.
    pub fn bind(config: FrontConfig, ports: Ports) -> Result<Self, BindError> {
        let addresses = [Some(config.listen), config.tls.as_ref().map(|tls| tls.listen)];
        let reachable = addresses.into_iter().flatten().find(|address| !address.ip().is_loopback());
        if let Some(address) = reachable.filter(|_| config.guests) {
            return Err(BindError::Guests(address));
        }
        let secure = match &config.tls {
            Some(tls) => Some(Door::open(tls.listen, Some(Tls::load(tls)?))?),
            None => None,
        };
        let plain = Door::open(config.listen, None)?;
        Ok(Self { plain, secure, gate: Arc::new(Gate::new(config, ports)) })
    }

    /// Where it listens: the configured address with the port that was taken.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.plain.local_addr
    }

    /// Where it listens for TLS, if it does.
    #[must_use]
    pub fn tls_addr(&self) -> Option<SocketAddr> {
        self.secure.as_ref().map(|door| door.local_addr)
    }

    /// What the server publishes through.
    #[must_use]
    pub fn publisher(&self) -> Publisher {
        Publisher::of(&self.gate)
    }

    /// What ends sessions.
    #[must_use]
    pub fn closer(&self) -> Closer {
        Closer::of(&self.gate)
    }

    /// What was refused.
    #[must_use]
    pub fn refusals(&self) -> Refusals {
        self.gate.refusals().clone()
    }

    /// Serves clients until `stop`; then lets nobody in, tells everybody (v5), hands over and acknowledges what is
    /// under way, and returns when the last session has ended. With TLS, SIGHUP has the certificate read again.
    pub async fn run(self, stop: CancellationToken) {
        let Self { plain, secure, gate } = self;
        let mut hangup = secure.as_ref().and_then(|_| hangup());
        let config = gate.config();
        let rate = Rate { per_s: config.connects_per_s, burst: config.connects_burst };
        let room = Semaphore::new(config.max_connections.saturating_add(SPARE));
        let mut entrance = Entrance {
            rates: ByAddress::new(rate),
            room: Arc::new(room),
            sessions: JoinSet::new(),
            gate: gate.clone(),
            stop: stop.clone(),
        };
        entrance.sessions.spawn(gate::aftermath(gate.clone(), stop.clone()));
        loop {
            let (door, accepted) = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = entrance.sessions.join_next() => {
                    report(&gate, ended);
                    continue;
                }
                () = hung_up(&mut hangup) => {
                    if let Some(tls) = secure.as_ref().and_then(|door| door.tls.as_ref()) {
                        tls.reload();
                    }
                    continue;
                }
                accepted = plain.listener.accept() => (&plain, accepted),
                (door, accepted) = accept(secure.as_ref()) => (door, accepted),
            };
            match accepted {
                Ok((stream, peer)) => entrance.admit(door, stream, peer),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(REST).await;
                }
            }
        }
        drop((plain, secure));
        tracing::info!(sessions = gate.sessions(), "the MQTT front stops");
        while let Some(ended) = entrance.sessions.join_next().await {
            report(&gate, ended);
        }
    }
}

async fn accept(door: Option<&Door>) -> (&Door, std::io::Result<(TcpStream, SocketAddr)>) {
    match door {
        Some(door) => (door, door.listener.accept().await),
        None => std::future::pending().await,
    }
}

fn hangup() -> Option<Signal> {
    let hangup = signal(SignalKind::hangup());
    if let Err(error) = &hangup {
        tracing::warn!(%error, "SIGHUP cannot be heard: a new TLS certificate needs a restart");
    }
    hangup.ok()
}

async fn hung_up(hangup: &mut Option<Signal>) {
    if let Some(hangup) = hangup
        && hangup.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}

/// Whom connections are opened for.
struct Entrance {
    rates: ByAddress,
    room: Arc<Semaphore>,
    sessions: JoinSet<()>,
    gate: Arc<Gate>,
    stop: CancellationToken,
}

impl Entrance {
    fn admit(&mut self, door: &Door, stream: TcpStream, peer: SocketAddr) {
        let refuse = |reason, detail: &str| {
            let refusal = self.gate.refusal(reason, detail);
            self.gate.refusals().record(&format!("@{}", peer.ip()), refusal);
        };
        if !self.rates.take(peer.ip(), Instant::now()) {
            return refuse(Reason::TooFast, "more connections from this address than configured");
        }
        let Ok(permit) = self.room.clone().try_acquire_owned() else {
            return refuse(Reason::TooManyConnections, "more connections than configured");
        };
        let tls = door.tls.as_ref().map(Tls::present);
        // Without it small answers wait for the client's delayed acknowledgement; it is no reason to refuse.
        let _ = stream.set_nodelay(true);
        let (gate, stop) = (self.gate.clone(), self.stop.clone());
        self.sessions.spawn(async move {
            gate::connection(gate, stream, tls, peer, stop).await;
            drop(permit);
        });
    }
}

/// A session never panics; should one do so all the same, the others go on.
fn report(gate: &Gate, ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a session panicked");
        gate.refusals().record("@session", gate.refusal(Reason::Internal, error.to_string()));
    }
}
