use axum::extract::ws::{CloseCode, CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A client that takes no bytes for this long is gone.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// The same of a farewell.
const FAREWELL_WITHIN: Duration = Duration::from_secs(1);
/// Who this is was not shown, is not known, or holds no longer.
const NOT_ADMITTED: CloseCode = 4401;
/// The account has too much open.
const TOO_MANY: CloseCode = 4429;

/// Why a session ends.
#[derive(Debug)]
pub(super) enum End {
    /// The client went away.
    Gone,
    /// It takes nothing any more.
    Stalled,
    /// The server stops.
    Stopping,
    /// It may not be here any more.
    Ended,
    /// It was not let in.
    Refused(String),
    /// Its account has too much open.
    TooMany(String),
}

/// The WebSocket to one client. Whatever it waits for, it ends when the server stops or the client's admission ends.
pub(super) struct Line {
    socket: WebSocket,
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Line {
    pub(super) fn new(socket: WebSocket, stop: CancellationToken) -> Self {
        Self { socket, stop, ended: CancellationToken::new() }
    }

    /// From now on it ends with this, too.
    pub(super) fn ends_with(&mut self, ended: CancellationToken) {
        self.ended = ended;
    }

    /// The client's next frame; others are not for us. May be asked again when the wait was broken off.
    pub(super) async fn frame(&mut self) -> Result<Utf8Bytes, End> {
        loop {
            let message = tokio::select! {
                biased;
                () = self.ended.cancelled() => return Err(End::Ended),
                () = self.stop.cancelled() => return Err(End::Stopping),
                message = self.socket.recv() => message,
            };
            match message {
                Some(Ok(Message::Text(text))) => return Ok(text),
                // It will not be read as JSON, and the client is told so.
                Some(Ok(Message::Binary(_))) => return Ok(Utf8Bytes::default()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
            }
        }
    }

    pub(super) async fn send(&mut self, message: Message) -> Result<(), End> {
        tokio::select! {
            biased;
            () = self.ended.cancelled() => Err(End::Ended),
            () = self.stop.cancelled() => Err(End::Stopping),
            sent = tokio::time::timeout(TAKEN_WITHIN, self.socket.send(message)) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(End::Gone),
                Err(_) => Err(End::Stalled),
            }
        }
    }

    /// Tells the client why, if it still listens.
    pub(super) async fn close(mut self, end: End) {
        let (why, code, reason) = match end {
            End::Gone => return,
            End::Stalled => return metrics::counter!("dayi_live_closed_total", "why" => "stalled").increment(1),
            End::Stopping => ("stop", close_code::AWAY, "the server stops".to_owned()),
            End::Ended => ("ended", NOT_ADMITTED, "this token or session holds no longer: sign in again".to_owned()),
            End::Refused(reason) => ("refused", NOT_ADMITTED, reason),
            End::TooMany(reason) => ("too-many", TOO_MANY, reason),
        };
        metrics::counter!("dayi_live_closed_total", "why" => why).increment(1);
        let farewell = CloseFrame { code, reason: reason.into() };
        // Who does not take it will notice all the same.
        let _ = tokio::time::timeout(FAREWELL_WITHIN, self.socket.send(Message::Close(Some(farewell)))).await;
    }
}
