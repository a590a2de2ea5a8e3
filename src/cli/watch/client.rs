use super::told::Told;
use crate::cli::command::{Failure, Outcome};
use crate::domain::{Clock, SystemClock};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// The server speaks at least every 5 s.
const SILENCE: Duration = Duration::from_secs(12);
/// Before a second attempt, and before any.
const AGAIN_FIRST: Duration = Duration::from_millis(500);
const AGAIN_MOST: Duration = Duration::from_secs(15);
/// The server does not let us in.
const NOT_ADMITTED: u16 = 4401;

/// Why a connection ended.
enum End {
    /// It may be tried again.
    Broken(String),
    /// It may not.
    Final(Failure),
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        Self::Final(error.into())
    }
}

/// Keeps a subscription over breaks.
pub(super) struct Client {
    url: String,
    token: String,
    wanted: Value,
    told: Told,
    /// Where to go on: the epoch, and everything up to the offset is told.
    held: Option<(String, u64)>,
    /// When the last frame came, if one came.
    heard_ms: Option<i64>,
    /// Attempts since the last frame.
    attempts: u32,
}

impl Client {
    pub(super) fn new(url: String, token: String, wanted: Value, told: Told) -> Self {
        Self { url, token, wanted, told, held: None, heard_ms: None, attempts: 0 }
    }

    /// Until the server does not let it in, or nobody reads what it writes.
    pub(super) async fn run(&mut self) -> Outcome {
        loop {
            match self.connection().await {
                End::Final(failure) if is_closed_pipe(&failure) => return Ok(()),
                End::Final(failure) => return Err(failure),
                End::Broken(why) => {
                    let wait = again(self.attempts, rand::random());
                    self.attempts += 1;
                    eprintln!("no connection to {}: {why}; tried again in {:.1} s", self.url, wait.as_secs_f64());
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn connection(&mut self) -> End {
        match self.follow().await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn follow(&mut self) -> Result<std::convert::Infallible, End> {
        let broken = |error: WsError| End::Broken(error.to_string());
        let connecting = tokio::time::timeout(SILENCE, connect_async(&self.url)).await;
        let connected = connecting.map_err(|_| End::Broken("it does not answer".into()))?;
        let (mut socket, _) = connected.map_err(|error| match error {
            WsError::Url(_) | WsError::HttpFormat(_) => End::Final(error.into()),
            error => broken(error),
        })?;
        let mut subscribe = json!({"type": "subscribe", "where": self.wanted});
        if let Some((epoch, offset)) = &self.held {
            subscribe["resume"] = json!({"epoch": epoch, "offset": offset});
        }
        for frame in [json!({"type": "auth", "token": self.token}), subscribe] {
            socket.send(Message::text(frame.to_string())).await.map_err(broken)?;
        }
        let mut away_since = self.heard_ms;
        loop {
            let message = tokio::time::timeout(SILENCE, socket.next()).await;
            let message = message.map_err(|_| End::Broken("it fell silent".into()))?;
            match message {
                Some(Ok(Message::Text(text))) => {
                    let frame = serde_json::from_str(&text).map_err(|error| End::Broken(error.to_string()))?;
                    self.frame(&frame, &mut away_since)?;
                }
                Some(Ok(Message::Close(frame))) => return Err(closed(frame)),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(broken(error)),
                None => return Err(End::Broken("the connection ended".into())),
            }
        }
    }

    fn frame(&mut self, frame: &Value, away_since: &mut Option<i64>) -> Result<(), End> {
        let now_ms = SystemClock.now_ms();
        let number = |name: &str| frame[name].as_u64();
        match frame["type"].as_str() {
            Some("subscribed") => {
                let recovered = frame["recovered"] == true;
                if let Some(from_ms) = away_since.take() {
                    self.told.away(from_ms, now_ms, recovered)?;
                }
                self.attempts = 0;
            }
            Some("snapshot") => {
                self.told.page(frame, self.held.is_some())?;
                if number("page").map(|page| page + 1) == number("pages") {
                    let epoch = frame["epoch"].as_str().unwrap_or_default().to_owned();
                    self.held = Some((epoch, number("offset").unwrap_or_default()));
                }
            }
            Some("delta") => {
                let Some((_, held)) = &mut self.held else {
                    return Err(End::Broken("a delta without a snapshot".into()));
                };
                if number("after").is_none_or(|after| after > *held) {
                    return Err(End::Broken("changes are missing".into()));
                }
                *held = number("offset").unwrap_or(*held).max(*held);
                for change in frame["changes"].as_array().into_iter().flatten() {
                    self.told.change(change)?;
                }
                if let Some(count) = number("coalesced") {
                    self.told.left_out(count)?;
                }
            }
            Some("heartbeat") => {
                if let (Some((_, held)), Some(offset)) = (&mut self.held, number("offset")) {
                    *held = offset.max(*held);
                }
            }
            // Only what it was asked for on the command line can be wrong.
            Some("error") => {
                return Err(End::Final(frame["detail"].as_str().unwrap_or("the server refuses this").into()));
            }
            _ => {}
        }
        self.heard_ms = Some(now_ms);
        Ok(())
    }
}

fn closed(frame: Option<CloseFrame>) -> End {
    match frame {
        Some(frame) if u16::from(frame.code) == NOT_ADMITTED => {
            End::Final(format!("the server does not let this token in: {}", frame.reason).into())
        }
        Some(frame) if !frame.reason.is_empty() => End::Broken(frame.reason.to_string()),
        _ => End::Broken("the connection was closed".into()),
    }
}

/// What reads our output has had enough, as `head` does.
fn is_closed_pipe(failure: &Failure) -> bool {
    failure.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Doubling, and half of it by chance, so that not all come back at once.
fn again(attempts: u32, chance: f64) -> Duration {
    let full = AGAIN_FIRST.saturating_mul(1 << attempts.min(10)).min(AGAIN_MOST);
    full.mul_f64(0.5 + chance / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_less_and_less_often() {
        assert_eq!(again(0, 0.0), Duration::from_millis(250));
        assert_eq!(again(1, 1.0), Duration::from_secs(1));
        assert_eq!(again(1_000, 1.0), AGAIN_MOST);
    }
}
