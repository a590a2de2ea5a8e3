use super::frame::{self, Told};
use futures::StreamExt;
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
    /// Connections made.
    pub connects: u64,
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
    /// Starts to listen to the server at `http`.
    #[must_use]
    pub fn start(http: SocketAddr) -> Self {
        let (server, seen) = watch::channel(Some(http));
        let heard = Arc::new(Mutex::new(Heard::default()));
        let task = tokio::spawn(listen(seen, heard.clone()));
        Self { server, heard, task }
    }

    /// Where the server is from now on; `None` while it is away.
    pub fn server_is_at(&self, server: Option<SocketAddr>) {
        self.server.send_replace(server);
    }

    /// How many changes came so far.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).changes.len()
    }

    /// How many connections were made so far.
    #[must_use]
    pub fn connects(&self) -> u64 {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).connects
    }

    /// Stops listening, and returns what was heard.
    pub async fn stop(self) -> Heard {
        self.task.abort();
        // It was just told to end.
        let _ = self.task.await;
        std::mem::take(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn listen(mut server: watch::Receiver<Option<SocketAddr>>, heard: Arc<Mutex<Heard>>) {
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
            () = hear(address, &heard) => sleep(AGAIN).await,
        }
    }
}

/// Until the connection ends.
async fn hear(address: SocketAddr, heard: &Mutex<Heard>) {
    let mut socket = match connect_async(format!("ws://{address}/api/v1/live")).await {
        Ok((socket, _)) => socket,
        Err(error) => return tracing::debug!(%error, "no live connection"),
    };
    let lock = || heard.lock().unwrap_or_else(PoisonError::into_inner);
    lock().connects += 1;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let now = Instant::now();
        match frame::read(&text) {
            Ok(frame) if frame.news => lock().changes.extend(frame.told.into_iter().map(|told| (told, now))),
            Ok(frame) => lock().shown.extend(frame.told),
            Err(error) => {
                tracing::warn!(%error, "a frame could not be understood");
                lock().strange += 1;
            }
        }
    }
}
