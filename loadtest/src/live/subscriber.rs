use super::frame::{self, Kind, Told};
use crate::mqtt::Secret;
use futures::{SinkExt, StreamExt};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

/// How long a subscriber that lost its server waits before it asks again.
const AGAIN: Duration = Duration::from_millis(50);

/// What a subscriber heard.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Every change, with the moment at which it came.
    pub changes: Vec<(Told, Instant)>,
    /// Every state that a snapshot showed.
    pub shown: Vec<Told>,
    /// Pages of snapshots that came.
    pub snapshots: u64,
    /// Frames that could not be understood.
    pub strange: u64,
}

/// A page that looks at everything. It comes back when its server does.
#[derive(Debug)]
pub struct Subscriber {
    server: watch::Sender<Option<SocketAddr>>,
    heard: Arc<Mutex<Heard>>,
    task: JoinHandle<()>,
}

impl Subscriber {
    /// Starts to listen to the server at `http` as whoever has the token.
    #[must_use]
    pub fn start(http: SocketAddr, token: Secret) -> Self {
        let (server, seen) = watch::channel(Some(http));
        let heard = Arc::new(Mutex::new(Heard::default()));
        let task = tokio::spawn(listen(seen, token, heard.clone()));
        Self { server, heard, task }
    }

    /// Where the server is from now on; `None` while it is away.
    pub fn server_is_at(&self, server: Option<SocketAddr>) {
        self.server.send_replace(server);
    }

    /// How many pages of snapshots came so far.
    #[must_use]
    pub fn snapshots(&self) -> u64 {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).snapshots
    }

    /// Returns when more pages of snapshots came than `before`, or after `patience`; whether they did.
    pub async fn more_snapshots_than(&self, before: u64, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        while self.snapshots() <= before {
            if Instant::now() > until {
                return false;
            }
            sleep(AGAIN).await;
        }
        true
    }

    /// Stops listening, and returns what was heard.
    pub async fn stop(self) -> Heard {
        self.task.abort();
        // It was just told to end.
        let _ = self.task.await;
        std::mem::take(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn listen(mut server: watch::Receiver<Option<SocketAddr>>, token: Secret, heard: Arc<Mutex<Heard>>) {
    loop {
        let address = *server.borrow_and_update();
        let Some(address) = address else {
            if server.changed().await.is_err() {
                return;
            }
            continue;
        };
        tokio::select! {
            biased;
            _ = server.changed() => {}
            () = hear(address, &token, &heard) => sleep(AGAIN).await,
        }
    }
}

/// Until the connection ends.
async fn hear(address: SocketAddr, token: &Secret, heard: &Mutex<Heard>) {
    let mut socket = match connect_async(format!("ws://{address}/api/v1/live")).await {
        Ok((socket, _)) => socket,
        Err(error) => return tracing::debug!(%error, "no live connection"),
    };
    for frame in frame::first_frames(token) {
        if socket.send(Message::text(frame)).await.is_err() {
            return;
        }
    }
    let lock = || heard.lock().unwrap_or_else(PoisonError::into_inner);
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let now = Instant::now();
        match frame::read(&text) {
            Ok(frame) => match frame.kind {
                Kind::News => lock().changes.extend(frame.told.into_iter().map(|told| (told, now))),
                Kind::Snapshot => {
                    let mut heard = lock();
                    heard.snapshots += 1;
                    heard.shown.extend(frame.told);
                }
                Kind::Other => {}
            },
            Err(error) => {
                tracing::warn!(%error, "a frame could not be understood");
                lock().strange += 1;
            }
        }
    }
}
