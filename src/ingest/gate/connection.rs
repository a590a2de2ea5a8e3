use super::shared::Gate;
use super::{connect, session};
use crate::ingest::refusal::Reason;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// The whole life of one connection.
pub(in crate::ingest) async fn connection(
    gate: Arc<Gate>,
    stream: TcpStream,
    peer: SocketAddr,
    stop: CancellationToken,
) {
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
