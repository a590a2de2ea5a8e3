use super::kept::Due;
use super::shared::Gate;
use super::stream::Stream;
use super::{connect, session};
use crate::ingest::refusal::Reason;
use rustls::ServerConfig;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// The whole life of one connection.
pub(in crate::ingest) async fn connection(
    gate: Arc<Gate>,
    tcp: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    peer: SocketAddr,
    stop: CancellationToken,
) {
    let timeout = Duration::from_millis(gate.config.connect_timeout_ms);
    let refuse = |reason, detail: String| {
        gate.refusals.record(&connect::stranger(peer), gate.refusal(reason, detail));
    };
    // Boxed, so that a session holds nothing of what was needed to let its client in.
    let greeted = Box::pin(async {
        let mut stream = match Stream::open(tcp, tls).await {
            Ok(stream) => stream,
            Err(error) => {
                refuse(Reason::Handshake, error.to_string());
                return None;
            }
        };
        let greeting = connect::greet(&gate, &mut stream, peer).await?;
        Some((stream, greeting))
    });
    let greeted = tokio::select! {
        biased;
        () = stop.cancelled() => return,
        greeted = tokio::time::timeout(timeout, greeted) => greeted,
    };
    match greeted {
        Ok(Some((stream, greeting))) => session::run(gate, stream, greeting, stop).await,
        Ok(None) => {}
        Err(_) => refuse(Reason::ConnectTimeout, format!("not let in within {timeout:?}")),
    }
}

/// What happens to sessions whose clients are away, for as long as the front runs.
pub(in crate::ingest) async fn aftermath(gate: Arc<Gate>, stop: CancellationToken) {
    loop {
        let due = tokio::select! {
            () = stop.cancelled() => return,
            due = gate.kept.due() => due,
        };
        if let Due::Will(mut waiting) = due {
            waiting.will.speak(&gate, &mut waiting.authority);
        }
    }
}
