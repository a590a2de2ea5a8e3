use super::config::FrontConfig;
use super::gate::{self, Closer, Gate, Publisher};
use super::port::Ports;
use super::refusal::{Reason, Refusals};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Connections that wait in the system's queue: a reconnect storm fits.
const BACKLOG: u32 = 4096;
/// Connections beyond the sessions, for those who are not let in yet or replace a session.
const SPARE: usize = 1024;
/// How long accepting rests after it failed, as it does without a free file descriptor.
const REST: Duration = Duration::from_millis(50);

/// Why the front could not listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen for MQTT on {address}: {source}")]
pub struct BindError {
    /// The configured address.
    pub address: SocketAddr,
    /// What the system said.
    pub source: std::io::Error,
}

/// The MQTT front: listens for sensors and services.
pub struct Front {
    listener: TcpListener,
    local_addr: SocketAddr,
    gate: Arc<Gate>,
}

impl Front {
    /// Opens the port. Nobody is let in before [`run`](Self::run). A recorder of metrics has to be installed before.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub fn bind(config: FrontConfig, ports: Ports) -> Result<Self, BindError> {
        let address = config.listen;
        let listen = || {
            let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            let listener = socket.listen(BACKLOG)?;
            let local_addr = listener.local_addr()?;
            Ok((listener, local_addr))
        };
        let (listener, local_addr) = listen().map_err(|source| BindError { address, source })?;
        Ok(Self { listener, local_addr, gate: Arc::new(Gate::new(config, ports)) })
    }

    /// Where it listens: the configured address with the port that was taken.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
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
    /// under way, and returns when the last session has ended.
    pub async fn run(self, stop: CancellationToken) {
        let Self { listener, gate, .. } = self;
        let room = Arc::new(Semaphore::new(gate.config().max_connections.saturating_add(SPARE)));
        let mut sessions = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = sessions.join_next() => {
                    report(&gate, ended);
                    continue;
                }
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => admit(&gate, &room, &mut sessions, stream, peer, &stop),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(REST).await;
                }
            }
        }
        drop(listener);
        tracing::info!(sessions = gate.sessions(), "the MQTT front stops");
        while let Some(ended) = sessions.join_next().await {
            report(&gate, ended);
        }
    }
}

fn admit(
    gate: &Arc<Gate>,
    room: &Arc<Semaphore>,
    sessions: &mut JoinSet<()>,
    stream: TcpStream,
    peer: SocketAddr,
    stop: &CancellationToken,
) {
    let Ok(permit) = room.clone().try_acquire_owned() else {
        let refusal = gate.refusal(Reason::TooManyConnections, "more connections than configured");
        gate.refusals().record(&format!("@{}", peer.ip()), refusal);
        return;
    };
    // Without it small answers wait for the client's delayed acknowledgement; it is no reason to refuse.
    let _ = stream.set_nodelay(true);
    let (gate, stop) = (gate.clone(), stop.clone());
    sessions.spawn(async move {
        gate::connection(gate, stream, peer, stop).await;
        drop(permit);
    });
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
