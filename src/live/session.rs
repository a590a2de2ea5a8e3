use super::frame::{ClientFrame, PROTOCOL, ServerFrame, text};
use super::hub::{HubHandle, Shared};
use crate::domain::{Clock, InstrumentId};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// A frame follows at least this often.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// A client that takes no bytes for this long is gone.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// Instruments a client may watch at a time.
const MOST_WATCHED: usize = 8;
/// Readings of one watched instrument that may wait for a slow client.
const READINGS_WAITING: usize = 64;

type Watched = mpsc::Receiver<(i64, f32)>;

/// Why a session ends.
enum End {
    /// The client went away or cannot be written to.
    ClientGone,
    /// The server stops.
    Stopping,
}

/// One connected page.
pub(super) struct Session {
    socket: WebSocket,
    hub: HubHandle,
    clock: Arc<dyn Clock>,
    offset: u64,
    watched: VecDeque<(InstrumentId, Watched)>,
}

impl Session {
    pub(super) fn new(socket: WebSocket, hub: HubHandle, clock: Arc<dyn Clock>) -> Self {
        Self { socket, hub, clock, offset: 0, watched: VecDeque::new() }
    }

    /// Serves the client until it or the server goes.
    pub(super) async fn run(mut self) {
        metrics::gauge!("dayi_live_sessions").increment(1.0);
        if let Err(End::Stopping) = self.serve().await {
            let farewell = CloseFrame { code: close_code::AWAY, reason: "the server stops".into() };
            let _ = self.send(Message::Close(Some(farewell))).await;
        }
        metrics::gauge!("dayi_live_sessions").decrement(1.0);
    }

    async fn serve(&mut self) -> Result<(), End> {
        let epoch = self.hub.epoch.clone();
        let hello = ServerFrame::Hello { protocol: PROTOCOL, epoch: &epoch, server_time: self.clock.now_ms() };
        self.send_text(text(&hello)).await?;
        let mut frames = self.send_snapshot().await?;
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.reset();
        let stop = self.hub.stop.clone();
        loop {
            tokio::select! {
                () = stop.cancelled() => return Err(End::Stopping),
                frame = frames.recv() => match frame {
                    Ok(Shared { offset, text }) => {
                        self.send_text(text).await?;
                        self.offset = offset;
                        heartbeat.reset();
                    }
                    Err(broadcast::error::RecvError::Lagged(skipped)) => {
                        metrics::counter!("dayi_live_resyncs_total", "why" => "slow").increment(1);
                        tracing::debug!(skipped, "a slow live session gets a new snapshot");
                        frames = self.send_snapshot().await?;
                    }
                    Err(broadcast::error::RecvError::Closed) => return Err(End::Stopping),
                },
                (instrument, readings) = next_readings(&mut self.watched) => {
                    let frame = ServerFrame::Reading { id: instrument.as_str(), readings: &readings };
                    self.send_text(text(&frame)).await?;
                }
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Text(message))) => {
                        if self.client_frame(&message).await? {
                            frames = self.send_snapshot().await?;
                        }
                    }
                    Some(Ok(Message::Binary(_))) => self.complain("frames are JSON text".into()).await?,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::ClientGone),
                },
                _ = heartbeat.tick() => {
                    let frame = ServerFrame::Heartbeat { offset: self.offset, server_time: self.clock.now_ms() };
                    self.send_text(text(&frame)).await?;
                }
            }
        }
    }

    /// Does what the client asks; whether it asked for a new snapshot.
    async fn client_frame(&mut self, message: &str) -> Result<bool, End> {
        match serde_json::from_str(message) {
            Ok(ClientFrame::Resync) => return Ok(true),
            Ok(ClientFrame::Watch { instrument }) => self.watch(&instrument).await?,
            Ok(ClientFrame::Unwatch { instrument }) => self.watched.retain(|(id, _)| id.as_str() != instrument),
            Err(error) => self.complain(error.to_string()).await?,
        }
        Ok(false)
    }

    async fn watch(&mut self, instrument: &str) -> Result<(), End> {
        let (sender, readings) = mpsc::channel(READINGS_WAITING);
        let id = instrument.parse::<InstrumentId>().ok();
        let Some(id) = id.filter(|id| !self.watched.iter().any(|(watched, _)| watched == id)) else {
            return Ok(());
        };
        if !self.hub.fleet.watch(&id, sender).await {
            return self.complain(format!("there is no instrument {instrument:?}")).await;
        }
        if self.watched.len() == MOST_WATCHED {
            self.watched.pop_front();
        }
        self.watched.push_back((id, readings));
        Ok(())
    }

    async fn send_snapshot(&mut self) -> Result<broadcast::Receiver<Shared>, End> {
        let snapshot = self.hub.snapshot().await.ok_or(End::Stopping)?;
        for page in snapshot.pages {
            self.send_text(page).await?;
        }
        self.offset = snapshot.offset;
        Ok(snapshot.after)
    }

    async fn complain(&mut self, detail: String) -> Result<(), End> {
        self.send_text(text(&ServerFrame::Error { code: "bad-frame", detail })).await
    }

    async fn send_text(&mut self, text: Utf8Bytes) -> Result<(), End> {
        self.send(Message::Text(text)).await
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match tokio::time::timeout(SEND_TIMEOUT, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::ClientGone),
        }
    }
}

/// The next readings of any watched instrument, all that wait in one go.
async fn next_readings(watched: &mut VecDeque<(InstrumentId, Watched)>) -> (InstrumentId, Vec<(i64, f32)>) {
    std::future::poll_fn(|context| {
        for (instrument, readings) in watched.iter_mut() {
            if let std::task::Poll::Ready(Some(first)) = readings.poll_recv(context) {
                let mut all = vec![first];
                while let Ok(next) = readings.try_recv() {
                    all.push(next);
                }
                return std::task::Poll::Ready((instrument.clone(), all));
            }
        }
        std::task::Poll::Pending
    })
    .await
}
